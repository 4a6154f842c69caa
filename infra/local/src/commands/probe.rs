//! Public responses of a deployment: over HTTP, or inside this process if it is not serving.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use http::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use tower::ServiceExt as _;

use super::Failure;
use super::deployment::Deployment;

/// Maximum size of a document that is read, in bytes.
const LIMIT: usize = 1_000_000;
/// Time limit for a response.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Time according to the clock of the responding machine.
    pub(super) date: Option<Timestamp>,
    pub(super) body: Bytes,
}

impl Deployment {
    /// Gets a document.
    pub(super) async fn get(&self, url: &str) -> Result<Answer, Failure> {
        let answer = if let Some(stack) = self.local() {
            let path = url.strip_prefix(stack.issuer.origin()).unwrap_or(url);
            stack.router().oneshot(Request::get(path).body(Body::empty())?).await?
        } else {
            let https = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots()?;
            let client = Client::builder(TokioExecutor::new()).build(https.https_or_http().enable_http1().build());
            let sent = tokio::time::timeout(PATIENCE, client.request(Request::get(url).body(Body::empty())?)).await;
            let answer = sent.map_err(|_| format!("{url} does not answer within 10 seconds"))?;
            answer.map_err(|e| format!("{url} is not reached: {}", shared::telemetry::chain(&e)))?.map(Body::new)
        };
        let date = answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
        let status = answer.status();
        Ok(Answer { status, date, body: to_bytes(answer.into_body(), LIMIT).await? })
    }
}
