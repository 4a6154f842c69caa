//! What an issuer answers wherever it runs: these tests ask a deployment that is there already.
//!
//! ```text
//! COUNTERSIGN_URL=https://id.example.com COUNTERSIGN_CLIENT_ID=... COUNTERSIGN_CLIENT_SECRET=... \
//!     cargo test -p tests --test it remote
//! ```
//!
//! Without `COUNTERSIGN_URL` they ask a local stack. Nothing is changed but that tokens are issued and one is revoked.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Once;

use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::jwk::{JwkSet, PublicKeyUse};
use jsonwebtoken::{DecodingKey, Validation};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use shared::clock::Clock;
use shared::domain::secret::SecretPlaintext;
use shared::entropy;
use shared::http::Issuer;

use crate::support::answer::Answer;
use crate::support::app::{App, INTROSPECT, JWKS, REVOKE, TOKEN};
use crate::support::clients::TestClient;

const URL: &str = "COUNTERSIGN_URL";
const CLIENT_ID: &str = "COUNTERSIGN_CLIENT_ID";
const CLIENT_SECRET: &str = "COUNTERSIGN_CLIENT_SECRET";

type Https = Client<HttpsConnector<HttpConnector>, Full<axum::body::Bytes>>;

/// An issuer that somebody else may have deployed.
struct Remote {
    issuer: Issuer,
    client: Option<TestClient>,
    http: Https,
    /// Where there is no other, the issuer itself.
    _local: Option<App>,
}

/// A variable, where it says something.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.is_empty())
}

/// What is known of a client of the deployment; a note where nothing is.
fn client_of_deployment() -> Option<TestClient> {
    static SAID: Once = Once::new();
    match (variable(CLIENT_ID), variable(CLIENT_SECRET)) {
        (Some(id), Some(secret)) => Some(TestClient { id, secret }),
        (None, None) => {
            let note = format!("skipped: what needs a client of {URL}; {CLIENT_ID} and {CLIENT_SECRET} are not set");
            // past the test runner, which keeps what is printed in a test that passes
            SAID.call_once(|| drop(writeln!(std::io::stderr(), "{note}")));
            None
        }
        (id, _) => panic!("{} is not set", if id.is_none() { CLIENT_ID } else { CLIENT_SECRET }),
    }
}

impl Remote {
    async fn reach() -> Self {
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())
            .expect("the system has root certificates")
            .https_or_http()
            .enable_http1();
        let http = Client::builder(TokioExecutor::new()).build(tls.build());
        if let Some(url) = variable(URL) {
            let issuer = Issuer::parse(&url).unwrap_or_else(|e| panic!("{URL}: {e}"));
            return Self { issuer, client: client_of_deployment(), http, _local: None };
        }
        // as a deployment elsewhere, it goes by the system's clock
        let app = App::with(|configuration| configuration.clock = Clock::System).await;
        let client = Some(app.demo_client());
        Self { issuer: Issuer::parse(&app.base).unwrap(), client, http, _local: Some(app) }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new().request(method, self.issuer.url(path))
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    async fn get_url(&self, url: &str) -> Answer {
        self.send(reqwest::Client::new().get(url)).await
    }

    /// Sends a request over HTTPS, which `reqwest` is not built with here.
    async fn send(&self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default().to_vec();
        let mut sent = http::Request::builder().method(request.method()).uri(request.url().as_str());
        sent.headers_mut().unwrap().extend(request.headers().clone());
        let response = self.http.request(sent.body(Full::from(body)).unwrap()).await;
        let response = response.unwrap_or_else(|e| panic!("{} does not answer: {e:?}", request.url()));
        let (head, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: head.status, headers: head.headers, text }
    }

    fn form(&self, path: &str, body: &str) -> RequestBuilder {
        let form = self.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        form.body(body.to_owned())
    }

    async fn as_client(&self, client: &TestClient, path: &str, body: &str) -> Answer {
        self.send(self.form(path, body).basic_auth(&client.id, Some(&client.secret))).await
    }

    async fn token(&self, client: &TestClient) -> Answer {
        self.as_client(client, TOKEN, "grant_type=client_credentials").await
    }
}

/// Checks that an answer of the token URL is never kept by anybody.
fn assert_not_cached(answer: &Answer) {
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"), "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
}

#[tokio::test]
async fn both_metadata_paths_say_the_same_of_this_issuer() {
    let remote = Remote::reach().await;
    let path = remote.issuer.path();
    let oauth = format!("{}/.well-known/oauth-authorization-server{path}", remote.issuer.origin());
    let oauth = remote.get_url(&oauth).await;
    let openid = remote.get("/.well-known/openid-configuration").await;
    assert_eq!((oauth.status.as_u16(), openid.status.as_u16()), (200, 200), "{oauth:?}\n{openid:?}");
    assert_eq!(oauth.json(), openid.json());
    let metadata = oauth.json();
    assert_eq!(metadata["issuer"], remote.issuer.as_str(), "the issuer is not the URL that it was asked at");
    for (name, path) in [
        ("token_endpoint", TOKEN),
        ("introspection_endpoint", INTROSPECT),
        ("revocation_endpoint", REVOKE),
        ("jwks_uri", JWKS),
    ] {
        assert_eq!(metadata[name], remote.issuer.url(path), "{name}");
    }
}

#[tokio::test]
async fn published_keys_sign_and_show_nothing_private() {
    let remote = Remote::reach().await;
    let answer = remote.get(JWKS).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("cache-control").contains("max-age="), "{answer:?}");
    let keys: JwkSet = serde_json::from_value(answer.json()).unwrap();
    assert!(keys.keys.len() >= 2, "the current key and the next one are published");
    let kids: BTreeSet<_> = keys.keys.iter().map(|key| key.common.key_id.clone().unwrap()).collect();
    assert_eq!(kids.len(), keys.keys.len());
    assert!(keys.keys.iter().all(|key| key.common.public_key_use == Some(PublicKeyUse::Signature)));
    for key in answer.json()["keys"].as_array().unwrap() {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private} is published");
        }
    }
    let tag = answer.header("etag").to_owned();
    let known = remote.send(remote.request(Method::GET, JWKS).header("if-none-match", tag)).await;
    assert_eq!((known.status.as_u16(), known.text.as_str()), (304, ""));
}

#[tokio::test]
async fn a_client_gets_a_token_that_the_published_keys_verify() {
    let remote = Remote::reach().await;
    let Some(client) = remote.client.clone() else { return };
    let answer = remote.token(&client).await;
    let token = answer.token();
    assert_not_cached(&answer);
    assert_eq!(answer.json()["token_type"], "Bearer");

    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let keys: JwkSet = serde_json::from_value(remote.get(JWKS).await.json()).unwrap();
    let key = keys.find(&header.kid.unwrap()).expect("the key that signed is published");
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[remote.issuer.as_str()]);
    validation.validate_aud = false;
    let claims: Value = jsonwebtoken::decode(&token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims;
    assert_eq!((&claims["client_id"], &claims["sub"]), (&client.id.clone().into(), &client.id.clone().into()));
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(answer.json()["expires_in"], lifetime);
    assert_eq!(answer.json()["scope"], claims["scope"]);
}

#[tokio::test]
async fn a_client_looks_at_its_own_token_and_ends_it() {
    let remote = Remote::reach().await;
    let Some(client) = remote.client.clone() else { return };
    let token = remote.token(&client).await.token();
    let body = format!("token={token}");
    let shown = remote.as_client(&client, INTROSPECT, &body).await;
    assert_not_cached(&shown);
    assert_eq!((&shown.json()["active"], &shown.json()["client_id"]), (&true.into(), &client.id.clone().into()));
    let other = remote.as_client(&client, INTROSPECT, "token=other").await.json();
    assert_eq!(other, serde_json::json!({ "active": false }));

    assert_eq!(remote.as_client(&client, REVOKE, &body).await.status, 200);
    let shown = remote.as_client(&client, INTROSPECT, &body).await.json();
    assert_eq!(shown, serde_json::json!({ "active": false }), "it was revoked");
}

#[tokio::test]
async fn who_is_not_a_client_is_refused_and_told_how_to_try() {
    let remote = Remote::reach().await;
    let nobody = TestClient {
        id: "nobody-nowhere-nothing".to_owned(),
        secret: SecretPlaintext::generate(&mut entropy::os_rng()).expose().to_owned(),
    };
    for path in [TOKEN, INTROSPECT, REVOKE] {
        let refused = remote.as_client(&nobody, path, "grant_type=client_credentials&token=x").await;
        assert_eq!(refused.refused(), (401, "invalid_client".to_owned()), "{path}");
        assert!(refused.header("www-authenticate").starts_with("Basic "), "{path}: {refused:?}");
        assert_not_cached(&refused);
        let nameless = remote.send(remote.form(path, "grant_type=client_credentials&token=x")).await;
        assert_eq!(nameless.refused().0, 401, "{path}: {nameless:?}");
    }
    let Some(client) = remote.client.clone() else { return };
    let refused = remote.token(&TestClient { secret: nobody.secret, ..client }).await;
    assert_eq!(refused.refused(), (401, "invalid_client".to_owned()), "a client with another's secret");
}

#[tokio::test]
async fn a_malformed_token_request_is_refused_in_the_form_of_the_rfc() {
    let remote = Remote::reach().await;
    let wrong_method = remote.get(TOKEN).await;
    assert_eq!((wrong_method.status.as_u16(), wrong_method.header("allow")), (405, "POST"));
    let json = remote.request(Method::POST, TOKEN).header("content-type", "application/json").body("{}");
    let json = remote.send(json).await;
    assert!(json.status.is_client_error() && json.json()["error"].is_string(), "{json:?}");
    let twice = remote.send(remote.form(TOKEN, "grant_type=client_credentials&grant_type=client_credentials")).await;
    assert_eq!(twice.refused(), (400, "invalid_request".to_owned()));
    let Some(client) = remote.client.clone() else { return };
    for (body, error) in [
        ("", "invalid_request"),
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
        ("grant_type=client_credentials&scope=no-such-scope", "invalid_scope"),
    ] {
        let refused = remote.as_client(&client, TOKEN, body).await;
        assert_eq!(refused.refused(), (400, error.to_owned()), "{body}");
        assert_not_cached(&refused);
    }
}

#[tokio::test]
async fn the_management_api_wants_a_session_and_says_so_as_a_problem() {
    let remote = Remote::reach().await;
    for (method, path) in [
        (Method::GET, "/v1/session"),
        (Method::GET, "/v1/clients"),
        (Method::POST, "/v1/organizations"),
        (Method::GET, "/v1/audit"),
    ] {
        let refused = remote.send(remote.request(method, path).header("origin", remote.issuer.origin())).await;
        assert_eq!(refused.status, 401, "{path}: {refused:?}");
        assert_eq!(refused.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(refused.header("cache-control"), "no-store", "{path}");
        let problem = refused.json();
        assert_eq!(problem["status"], 401, "{path}");
        assert_eq!(problem["request_id"], refused.header("x-request-id"), "{path}");
        let explained = remote.get_url(problem["type"].as_str().unwrap()).await;
        assert_eq!(explained.status, 200, "the type of a problem is the address of its explanation: {problem}");
        let (_, section) = problem["type"].as_str().unwrap().split_once('#').unwrap();
        assert!(explained.text.contains(&format!("id=\"{section}\"")), "{problem}");
    }
    assert_eq!(remote.get("/nothing/here").await.status, 404);
}

#[tokio::test]
async fn pages_and_answers_carry_the_headers_that_browsers_heed() {
    let remote = Remote::reach().await;
    for path in ["/docs", "/docs/errors", "/openapi.json", "/v1/session"] {
        let answer = remote.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}: {answer:?}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}: {answer:?}");
    }
    let description = remote.get("/openapi.json").await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
}

#[tokio::test]
async fn the_clock_of_the_issuer_is_right() {
    let remote = Remote::reach().await;
    let Some(client) = remote.client.clone() else { return };
    let (_, claims) = crate::support::encoding::parts(&remote.token(&client).await.token());
    let apart = claims["iat"].as_i64().unwrap() - Clock::System.now().as_second();
    assert!(apart.abs() <= 60, "{apart} seconds apart");
}
