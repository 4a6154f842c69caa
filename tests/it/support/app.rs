//! A deployment for one test.

use countersign::aws::Storage;
use countersign::configuration::Configuration;
use countersign::serve::{Limits, serve};
use countersign::stack::Stack;
use jiff::Timestamp;
use management_api::rate::RequestRate;
use reqwest::{Method, RequestBuilder, header};
use shared::clock::Clock;
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;
use tokio::net::TcpListener;

use crate::support::answer::{Answer, send};
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

impl App {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Configuration)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let clock = Clock::fixed_at(START.parse().unwrap());
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
}
