//! A protected API to try tokens on: `GET /demo/whoami` says who calls (RFC 6750, RFC 9068 section 4).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde_json::json;
use token_endpoint::TokenEndpoint;

use crate::demo::credentials::BANKING;

/// The path below the issuer.
pub const PATH: &str = "/demo/whoami";

/// The scope that a caller needs.
const SCOPE: &str = "banking/read";

const INVALID_TOKEN: &str = "Bearer realm=\"demo\", error=\"invalid_token\"";

pub(crate) async fn handle(State(endpoint): State<Arc<TokenEndpoint>>, uri: Uri, headers: HeaderMap) -> Response {
    let in_query = uri.query().unwrap_or("").split('&').any(|pair| pair.split('=').next() == Some("access_token"));
    if in_query {
        let challenge = "Bearer error=\"invalid_request\", error_description=\"A token in the query is refused.\"";
        return refuse(StatusCode::BAD_REQUEST, challenge);
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (scheme, token) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        // RFC 6750 section 3.1: without credentials, no error code
        return refuse(StatusCode::UNAUTHORIZED, "Bearer realm=\"demo\"");
    }
    let now = endpoint.clock.now();
    let claims = match endpoint.verified_claims(token.trim(), now).await {
        Ok(claims) => claims,
        Err(error) => return error.into_response(),
    };
    let audience = format!("https://{BANKING}.example");
    // RFC 9068 section 4: a token for somebody else is as invalid here as one that nobody signed
    let Some(claims) = claims.filter(|claims| claims.aud.iter().any(|aud| aud.as_str() == audience)) else {
        return refuse(StatusCode::UNAUTHORIZED, INVALID_TOKEN);
    };
    // what a resource server elsewhere asks by introspection
    match endpoint.stands(&claims, now).await {
        Ok(true) => {}
        Ok(false) => return refuse(StatusCode::UNAUTHORIZED, INVALID_TOKEN),
        Err(error) => return error.into_response(),
    }
    if !claims.scope.split(' ').any(|scope| scope == SCOPE) {
        let challenge = "Bearer realm=\"demo\", error=\"insufficient_scope\", scope=\"banking/read\"";
        return refuse(StatusCode::FORBIDDEN, challenge);
    }
    let answer = json!({
        "client_id": claims.client_id, "organization": claims.org, "environment": claims.env, "scope": claims.scope,
        "audience": claims.aud, "token_expires_at": jiff::Timestamp::from_second(claims.exp).ok(),
    });
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)).into_response()
}

fn refuse(status: StatusCode, challenge: &'static str) -> Response {
    (status, [(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]).into_response()
}
