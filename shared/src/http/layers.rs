//! Layers around every router: request id, log span, and a response for panics.

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use super::{lambda, trace};
use crate::domain::id::RequestId;
use crate::entropy;
use crate::telemetry::metrics;

/// The response header with the request id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds the layers: each request gets a [`RequestId`] in its extensions, a span in the log and a header in the response.
/// A panic is answered with 500 where panics unwind; a Lambda artefact aborts, and the platform restarts it.
pub fn surround(router: Router, function: &'static str) -> Router {
    router
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn(move |request: Request, next: Next| identify(function, request, next)))
}

async fn identify(function: &'static str, mut request: Request, next: Next) -> Response {
    let id = RequestId::random(&mut entropy::os_rng());
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!(
        "request",
        function,
        request_id = %id,
        gateway_request_id = lambda::gateway_request_id(request.extensions()),
        trace_id = trace::trace_id(request.headers()),
        method = %request.method(),
        path = request.uri().path(),
        // filled in where a request fails after it was known whose it is
        client_id = tracing::field::Empty,
        organization = tracing::field::Empty
    );
    let mut response = metrics::measured(function, id.as_str(), next.run(request).instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn answer_panic(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
