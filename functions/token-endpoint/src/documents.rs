//! Public documents: metadata (RFC 8414) and keys (RFC 7517). They need no store.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use shared::http::Issuer;
use shared::keys::jwks::entity_tag;

use crate::client_authentication::AuthenticationMethod;
use crate::endpoint::TokenEndpoint;
use crate::error::TokenError;
use crate::grant_type::GrantType;
use crate::{introspection, revocation, token};

/// The path of the keys below the issuer.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// The path that OpenID Connect Discovery appends to the issuer.
pub const OPENID_PATH: &str = "/.well-known/openid-configuration";
/// The path that RFC 8414 section 3.1 inserts before the issuer's own.
pub const OAUTH_PATH: &str = "/.well-known/oauth-authorization-server";

/// Documents may be cached for five minutes. A key is published far longer before it signs.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The path of the metadata of RFC 8414, which is not below the issuer's own.
pub(crate) fn oauth_path(issuer: &Issuer) -> String {
    format!("{OAUTH_PATH}{}", issuer.path())
}

/// The URL of the metadata of RFC 8414.
#[must_use]
pub fn oauth_url(issuer: &Issuer) -> String {
    format!("{}{}", issuer.origin(), oauth_path(issuer))
}

pub(crate) async fn metadata(
    State(endpoint): State<Arc<TokenEndpoint>>,
    headers: HeaderMap,
) -> Result<Response, TokenError> {
    let issuer = &endpoint.issuer;
    let keys = endpoint.keys.at(endpoint.clock.now()).await.ok_or(TokenError::KeysUnavailable)?;
    let methods = AuthenticationMethod::ALL;
    let metadata = json!({
        "issuer": issuer.as_str(),
        "token_endpoint": issuer.url(token::PATH),
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint": issuer.url(introspection::PATH),
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": issuer.url(revocation::PATH),
        "revocation_endpoint_auth_methods_supported": methods,
        "jwks_uri": issuer.url(JWKS_PATH),
        "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
        "response_types_supported": [],
        // OpenID Connect Discovery 1.0 section 3 requires both, and libraries that find an issuer's keys by it stop
        // without them, although nobody gets an ID token here; RFC 8414 section 2 leaves room for them
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": keys.algorithms,
    });
    let json = Bytes::from(metadata.to_string());
    let etag = etag_header(&entity_tag(&json));
    Ok(document(&headers, &json, etag, "application/json"))
}

pub(crate) async fn jwks(
    State(endpoint): State<Arc<TokenEndpoint>>,
    headers: HeaderMap,
) -> Result<Response, TokenError> {
    let keys = endpoint.keys.at(endpoint.clock.now()).await.ok_or(TokenError::KeysUnavailable)?;
    Ok(document(&headers, keys.jwks.json(), etag_header(keys.jwks.etag()), "application/jwk-set+json"))
}

fn etag_header(etag: &str) -> HeaderValue {
    HeaderValue::from_str(etag).unwrap_or(HeaderValue::from_static("\"\""))
}

fn document(headers: &HeaderMap, json: &Bytes, etag: HeaderValue, media_type: &'static str) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|known| {
        known
            .split(',')
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || etag.as_bytes() == tag.as_bytes())
    });
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], json.clone()).into_response()
    };
    let answered = response.headers_mut();
    answered.insert(header::ETAG, etag);
    answered.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    // pages of every origin may read the documents
    answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
