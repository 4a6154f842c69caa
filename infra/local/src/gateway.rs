//! What API Gateway's HTTP API does to a request before a function sees it, as far as code could depend on it.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode};
use shared::http::Source;

/// The largest body, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// The largest total of header names and values, in bytes.
const HEADER_LIMIT: usize = 10_240;

/// Surrounds the merged routers of the functions.
pub fn surround(router: Router) -> Router {
    router.layer(middleware::from_fn(pass))
}

/// Buffers the body, so that an answer never meets a caller who is still sending; joins repeated headers by a comma;
/// notes the caller's address.
async fn pass(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let header_bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if header_bytes > HEADER_LIMIT {
        return refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
    }
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    parts.headers = joined(&parts.headers);
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        let source = Source(peer.ip());
        parts.extensions.insert(source);
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn refuse(status: StatusCode, message: &'static str) -> Response {
    (status, axum::Json(serde_json::json!({ "message": message }))).into_response()
}

fn joined(headers: &HeaderMap) -> HeaderMap {
    let mut joined = HeaderMap::with_capacity(headers.keys_len());
    for name in headers.keys() {
        let mut values = headers.get_all(name).iter();
        let first = values.next().cloned().unwrap_or(HeaderValue::from_static(""));
        let value = values.fold(first, |value, next| {
            let both = [value.as_bytes(), b",", next.as_bytes()].concat();
            HeaderValue::from_bytes(&both).unwrap_or(value)
        });
        joined.insert(name, value);
    }
    joined
}
