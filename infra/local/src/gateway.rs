//! What API Gateway's HTTP API does to a request before a function sees it, as far as code could depend on it.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use shared::http::{Source, is_over_limit};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// The largest total of header names and values, in bytes.
const HEADER_LIMIT: usize = 10_240;

/// Surrounds the merged routers of the functions.
pub fn surround(router: Router) -> Router {
    router.layer(middleware::from_fn(pass))
}

/// Buffers the body, so that an answer never meets a caller who is still sending; joins repeated headers by a comma, and
/// cookies as the runtime's adapter joins what it is handed one by one; notes the caller's address.
async fn pass(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let header_bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if header_bytes > HEADER_LIMIT {
        return refuse(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large");
    }
    let body = match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => body,
        Err(error) if is_over_limit(&error) => {
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        }
        Err(_) => return refuse(StatusCode::BAD_REQUEST, "Bad Request"),
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
        let separator = if name == header::COOKIE { "; " } else { "," };
        let first = values.next().cloned().unwrap_or(HeaderValue::from_static(""));
        let value = values.fold(first, |value, next| {
            let both = [value.as_bytes(), separator.as_bytes(), next.as_bytes()].concat();
            HeaderValue::from_bytes(&both).unwrap_or(value)
        });
        joined.insert(name, value);
    }
    joined
}
