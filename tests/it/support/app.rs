//! A deployment for one test.

use std::collections::BTreeMap;

use countersign::aws::Storage;
use countersign::demo;
use countersign::serve::{Limits, serve};
use countersign::stack::{Configuration, Stack};
use jiff::Timestamp;
use management_api::rate::RequestRate;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::Value;
use shared::clock::Clock;
use shared::domain::client::Environment;
use shared::domain::client::Served;
use shared::domain::client::change::NewClient;
use shared::domain::client::registration::{Registration, RegistrationChange};
use shared::domain::client::secrets::NewSecret;
use shared::domain::event::{Actor, Attribution};
use shared::domain::grant::Grants;
use shared::domain::id::{ClientId, ClientKey, OrganizationKey, RequestId, ResourceKey, SecretId};
use shared::domain::organization::Settings;
use shared::domain::resource::AccessLevel;
use shared::domain::secret::SecretPlaintext;
use shared::domain::text::{Name, Notes};
use shared::domain::time::{Expiry, TokenLifetime};
use shared::entropy;
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::hashing::HashParameters;
use tokio::net::TcpListener;

use crate::support::rights::Recorder;

/// When every test begins.
pub const START: &str = "2026-03-01T12:00:00Z";

pub const TOKEN: &str = "/oauth2/token";
pub const INTROSPECT: &str = "/oauth2/introspect";
pub const REVOKE: &str = "/oauth2/revoke";
pub const WHOAMI: &str = "/demo/whoami";
pub const JWKS: &str = "/.well-known/jwks.json";

pub struct App {
    pub stack: Stack,
    pub clock: Clock,
    pub http: reqwest::Client,
    /// Where the deployment listens, with the issuer's path.
    pub base: String,
    /// Where it listens, without a path.
    pub origin: String,
    _recorder: Recorder,
}

/// A client with one secret.
#[derive(Clone)]
pub struct TestClient {
    pub id: String,
    pub secret: String,
}

/// What differs from the usual client of a test: banking and reporting to change, no expiry.
pub struct ClientOptions {
    pub grants: Vec<(&'static str, AccessLevel)>,
    pub serves: Vec<&'static str>,
    pub expires_at: Option<Timestamp>,
    pub token_lifetime: Option<i64>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            grants: vec![("banking", AccessLevel::Change), ("reporting", AccessLevel::View)],
            serves: Vec::new(),
            expires_at: None,
            token_lifetime: None,
        }
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {:?} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Status and `error` of a refusal.
    #[track_caller]
    pub fn refused(&self) -> (u16, String) {
        let error = self.json()["error"].as_str().unwrap_or_else(|| panic!("no error in {}", self.text)).to_owned();
        (self.status.as_u16(), error)
    }

    /// The access token of a success.
    #[track_caller]
    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["access_token"].as_str().unwrap().to_owned()
    }
}

impl App {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Configuration)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = Clock::standing_at(START.parse().unwrap());
        let mut configuration = Configuration {
            storage: Storage::Memory,
            issuer: Issuer::parse(&origin).unwrap(),
            signing_algorithm: SigningAlgorithm::Es256,
            tolerate_duplicate_credentials: false,
            // whoever drives a test is quick, and its clock stands still
            request_rate: RequestRate { burst: u16::MAX, per_second: u16::MAX },
            clock: clock.clone(),
        };
        change(&mut configuration);
        let stack = Stack::start(configuration).await.unwrap();
        tokio::spawn(serve(listener, stack.router(), Limits::DEFAULT, std::future::pending()));
        let base = format!("{origin}{}", stack.issuer.path());
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let recorder = Recorder(stack.aws.calls().clone());
        Self { stack, clock, http, base, origin, _recorder: recorder }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// A form to an endpoint, as it is, without credentials.
    pub async fn form(&self, path: &str, body: &str) -> Answer {
        send(self.raw(path, body)).await
    }

    pub fn raw(&self, path: &str, body: &str) -> RequestBuilder {
        self.request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.to_owned())
    }

    /// A form with the client's Basic credentials.
    pub async fn as_client(&self, client: &TestClient, path: &str, body: &str) -> Answer {
        send(self.raw(path, body).basic_auth(&client.id, Some(&client.secret))).await
    }

    /// A token request with the client's Basic credentials and what is beside the grant type.
    pub async fn token(&self, client: &TestClient, more: &str) -> Answer {
        self.as_client(client, TOKEN, &format!("grant_type=client_credentials&{more}")).await
    }

    pub async fn introspect(&self, client: &TestClient, token: &str) -> Answer {
        self.as_client(client, INTROSPECT, &format!("token={token}")).await
    }

    /// The demo's first client.
    pub fn demo_client(&self) -> TestClient {
        TestClient { id: demo::client_id(&self.stack), secret: self.stack.demo.as_ref().unwrap().client_secret.clone() }
    }

    pub async fn client(&self, key: &str) -> TestClient {
        self.client_with(key, ClientOptions::default()).await
    }

    pub async fn client_with(&self, key: &str, options: ClientOptions) -> TestClient {
        let catalogue = self.stack.organizations.catalogue().await.unwrap();
        let catalogue = catalogue.with_built_in(self.stack.issuer.as_str());
        let resource = |key: &str| ResourceKey::parse(key).unwrap();
        let levels: BTreeMap<_, _> = options.grants.iter().map(|(key, level)| (resource(key), *level)).collect();
        let serves: Served = options
            .serves
            .iter()
            .map(|key| (resource(key), catalogue.resources[&resource(key)].audience.clone()))
            .collect();
        let (plaintext, verifier) = self.new_secret().await;
        let new = NewClient {
            key: ClientKey::parse(key).unwrap(),
            name: Name::parse(key).unwrap(),
            notes: Notes::default(),
            enabled: true,
            suspended: false,
            environment: Environment::Sandbox,
            token_lifetime: options.token_lifetime.map(|seconds| TokenLifetime::new(seconds).unwrap()),
            expiry: options.expires_at.map_or(Expiry::Never, Expiry::At),
            grants: Grants::resolve(&levels, &catalogue).unwrap(),
            serves,
        };
        let prefix = &self.stack.client_id_prefix;
        let organization = OrganizationKey::parse(demo::ORGANIZATION).unwrap();
        let secret = (&plaintext, verifier);
        let change =
            Registration::create(new, prefix, &organization, &Settings::default(), secret, self.now()).unwrap();
        self.commit(&change).await;
        TestClient { id: change.after.client.client_id.to_string(), secret: plaintext.expose().to_owned() }
    }

    /// Another secret of a client.
    pub async fn add_secret(&self, client: &TestClient, new: NewSecret) -> TestClient {
        let registration = self.registration(client).await;
        let (plaintext, verifier) = self.new_secret().await;
        let change = registration.add_secret(new, &Settings::default(), (&plaintext, verifier), self.now()).unwrap();
        self.commit(&change).await;
        TestClient { id: client.id.clone(), secret: plaintext.expose().to_owned() }
    }

    pub async fn registration(&self, client: &TestClient) -> Registration {
        self.stack.clients.registration(&client.client_id()).await.unwrap().unwrap()
    }

    pub async fn commit(&self, change: &RegistrationChange) {
        let by = Attribution {
            actor: Actor::System,
            source: None,
            request_id: RequestId::random(&mut entropy::os_rng()),
            at: self.now(),
        };
        self.stack.clients.commit(change, &self.stack.trail, &by).await.unwrap();
    }

    pub async fn set_enabled(&self, client: &TestClient, enabled: bool) {
        let change = self.registration(client).await.set_enabled(enabled, self.now()).unwrap().unwrap();
        self.commit(&change).await;
    }

    pub async fn set_secret_active(&self, client: &TestClient, active: bool) {
        let registration = self.registration(client).await;
        let change = registration.set_secret_active(&client.secret_id(), active, self.now()).unwrap().unwrap();
        self.commit(&change).await;
    }

    pub async fn delete_secret(&self, client: &TestClient) {
        let change = self.registration(client).await.delete_secret(&client.secret_id(), true, self.now()).unwrap();
        self.commit(&change).await;
    }

    pub async fn delete(&self, client: &TestClient) {
        let change = self.registration(client).await.delete(self.now()).unwrap();
        self.commit(&change).await;
    }

    async fn new_secret(&self) -> (SecretPlaintext, shared::domain::secret::Verifier) {
        let plaintext = SecretPlaintext::generate(&mut entropy::os_rng());
        let verifier = self.stack.hasher.hash(plaintext.expose(), HashParameters::SECRET_DEFAULT).await.unwrap();
        (plaintext, verifier)
    }
}

impl TestClient {
    pub fn client_id(&self) -> ClientId {
        ClientId::parse(self.id.as_str()).unwrap()
    }

    pub fn secret_id(&self) -> SecretId {
        SecretPlaintext::parse(&self.secret).ok().unwrap().id().clone()
    }

    /// The same client with a secret of the right form that is not its own, under the same secret id.
    pub fn with_wrong_secret(&self) -> Self {
        let mut secret = self.secret.clone();
        let at = "cs_".len() + 12 + 1;
        let other = if secret.as_bytes()[at] == b'x' { "y" } else { "x" };
        secret.replace_range(at..=at, other);
        Self { id: self.id.clone(), secret: with_checksum(&secret) }
    }

    pub fn with_id(&self, id: &str) -> Self {
        Self { id: id.to_owned(), secret: self.secret.clone() }
    }
}

/// A secret whose checksum is made right: CRC-32 in six base-62 digits, as anybody could compute it.
fn with_checksum(secret: &str) -> String {
    let head = &secret[..secret.len() - 6];
    let mut rest = crc32fast::hash(head.as_bytes()) as usize;
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = alphabet[rest % 62];
        rest /= 62;
    }
    format!("{head}{}", std::str::from_utf8(&digits).unwrap())
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

/// The two JSON parts of a JWT, unverified.
pub fn parts(token: &str) -> (Value, Value) {
    use base64::Engine as _;
    let part = |at: usize| {
        let text = token.split('.').nth(at).unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    (part(0), part(1))
}

/// Percent-encodes every byte that is not a letter or a digit, as some OAuth libraries do.
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
