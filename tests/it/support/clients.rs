//! Clients with a secret, created straight in the store, and the token endpoint as they call it.

use std::collections::BTreeMap;

use countersign::demo;
use jiff::Timestamp;
use shared::domain::client::change::NewClient;
use shared::domain::client::registration::{Registration, RegistrationChange};
use shared::domain::client::secrets::NewSecret;
use shared::domain::client::{Environment, Served};
use shared::domain::event::{Actor, Attribution};
use shared::domain::grant::Grants;
use shared::domain::id::{ClientId, ClientKey, OrganizationKey, RequestId, ResourceKey, SecretId};
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::resource::AccessLevel;
use shared::domain::secret::SecretPlaintext;
use shared::domain::text::{Name, Notes};
use shared::domain::time::{Expiry, TokenLifetime};
use shared::entropy;
use shared::keys::hashing::HashParameters;

use crate::support::answer::{Answer, send};
use crate::support::app::{App, INTROSPECT, TOKEN};
use serde_json::Value;

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

impl App {
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
            Registration::create(new, prefix, &organization, &OrganizationSettings::default(), secret, self.now())
                .unwrap();
        self.commit(&change).await;
        TestClient { id: change.after.client.client_id.to_string(), secret: plaintext.expose().to_owned() }
    }

    /// Another secret of a client.
    pub async fn add_secret(&self, client: &TestClient, new: NewSecret) -> TestClient {
        let registration = self.registration(client).await;
        let (plaintext, verifier) = self.new_secret().await;
        let change =
            registration.add_secret(new, &OrganizationSettings::default(), (&plaintext, verifier), self.now()).unwrap();
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
    /// The client in the answer to its creation, with its first secret.
    pub fn created(answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { id: text(&answer["client_id"]), secret: text(&answer["secret"]["secret"]) }
    }

    pub fn path(&self) -> String {
        format!("/v1/clients/{}", self.id)
    }

    pub fn secret_path(&self) -> String {
        format!("{}/secrets/{}", self.path(), self.secret_id())
    }

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
