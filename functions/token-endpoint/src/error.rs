//! Errors of the endpoint and their responses (RFC 6749 section 5.2).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use shared::domain::grant::NarrowError;
use shared::keys::hashing::HashError;
use shared::keys::signing::SignError;
use shared::store::StoreError;
use shared::telemetry::chain;

/// A request that is refused, or that failed.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.parts().2)]
pub enum TokenError {
    /// "The request is missing a required parameter, includes an unsupported parameter value, repeats a parameter,
    /// includes multiple credentials, … or is otherwise malformed." (RFC 6749 section 5.2)
    InvalidRequest(&'static str),
    /// The body is longer than its limit.
    TooLarge,
    /// The endpoint does not support the HTTP method.
    MethodNotAllowed {
        /// The supported methods.
        allow: &'static str,
    },
    /// "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported
    /// authentication method)." (RFC 6749 section 5.2)
    InvalidClient(ClientFailure),
    /// "The authenticated client is not authorized to use this authorization grant type." (RFC 6749 section 5.2)
    UnauthorizedClient,
    /// "The authorization grant type is not supported by the authorization server." (RFC 6749 section 5.2)
    UnsupportedGrantType,
    /// "The requested scope is invalid, unknown, malformed, or exceeds the scope granted." (RFC 6749 section 5.2)
    InvalidScope(&'static str),
    /// "The requested resource is invalid, missing, unknown, or malformed." (RFC 8707 section 2)
    InvalidTarget,
    /// This client failed to authenticate too often from this source.
    TooManyFailures {
        /// Seconds until it may try again.
        retry_after_seconds: i64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The secret could not be verified.
    #[error(transparent)]
    Verification(#[from] HashError),
    /// The signing keys could not be read for too long.
    #[error("the signing keys are unavailable")]
    KeysUnavailable,
    /// The token could not be signed.
    #[error(transparent)]
    Signing(#[from] SignError),
}

/// Reasons for which a client is not authenticated. Only expiry, of which the right secret is a condition, is told apart
/// from [`Failed`](Self::Failed).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFailure {
    /// No credentials.
    Missing,
    /// The `Authorization` header has another scheme than Basic.
    NotBasic,
    /// A client assertion (RFC 7521), which is not supported.
    Assertion,
    /// Unknown, disabled or deleted client, or wrong secret: the response does not tell which.
    Failed,
    /// The secret is right, but has expired.
    SecretExpired,
    /// The secret is right, but the client has expired.
    ClientExpired,
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: &'static str,
}

impl TokenError {
    /// Status, error code and description. The descriptions are fixed, so that they stay within the characters that
    /// RFC 6749 section 5.2 allows, whatever the request contains.
    #[must_use]
    pub fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidRequest(reason) => (StatusCode::BAD_REQUEST, "invalid_request", reason),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", "The request body has more than 16 KiB.")
            }
            Self::MethodNotAllowed { .. } => {
                (StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "The endpoint does not take this method.")
            }
            Self::InvalidClient(failure) => (StatusCode::UNAUTHORIZED, "invalid_client", failure.description()),
            Self::UnauthorizedClient => {
                (StatusCode::BAD_REQUEST, "unauthorized_client", "Nothing is granted to this client.")
            }
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "The grant type is not client_credentials.")
            }
            Self::InvalidScope(reason) => (StatusCode::BAD_REQUEST, "invalid_scope", reason),
            Self::InvalidTarget => {
                (StatusCode::BAD_REQUEST, "invalid_target", "A requested resource is not granted to this client.")
            }
            Self::TooManyFailures { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "This client failed to authenticate too often from this address. Try again later.",
            ),
            Self::Store(StoreError::Unavailable { .. })
            | Self::Verification(HashError::Interrupted)
            | Self::KeysUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "Try again in a few seconds.")
            }
            Self::Store(StoreError::Corrupt(_))
            | Self::Verification(HashError::CorruptVerifier | HashError::Refused)
            | Self::Signing(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The request could not be answered.")
            }
        }
    }
}

impl ClientFailure {
    fn description(self) -> &'static str {
        match self {
            Self::Missing => "Client authentication is missing: use client_secret_basic or client_secret_post.",
            Self::NotBasic => {
                "The Authorization header is not Basic: use client_secret_basic, or client_secret_post without the header."
            }
            Self::Assertion => "A client_assertion is not supported: use client_secret_basic or client_secret_post.",
            Self::Failed => "Client authentication failed.",
            Self::SecretExpired => "The client secret has expired.",
            Self::ClientExpired => "The client has expired.",
        }
    }
}

impl From<NarrowError> for TokenError {
    fn from(error: NarrowError) -> Self {
        match error {
            NarrowError::Scope => Self::InvalidScope("A requested scope is not granted to this client."),
            NarrowError::Target => Self::InvalidTarget,
        }
    }
}

impl IntoResponse for TokenError {
    /// Renders the response and writes its log line, within the span that names the request.
    fn into_response(self) -> Response {
        let (status, error, reason) = self.parts();
        let mut response = (status, Json(Body { error, error_description: reason })).into_response();
        let headers = response.headers_mut();
        no_store(headers);
        match self {
            // RFC 9110 section 15.5.2: a 401 always says how to authenticate
            Self::InvalidClient(_) => {
                let challenge = HeaderValue::from_static("Basic realm=\"token\", charset=\"UTF-8\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::TooManyFailures { retry_after_seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
            }
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            Self::Store(_) | Self::Verification(_) | Self::KeysUnavailable | Self::Signing(_) => {
                if status == StatusCode::SERVICE_UNAVAILABLE {
                    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                }
                tracing::error!(outcome = "refused", status = status.as_u16(), error, reason, cause = chain(&self));
                return response;
            }
            Self::InvalidRequest(_)
            | Self::TooLarge
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope(_)
            | Self::InvalidTarget => {}
        }
        tracing::info!(outcome = "refused", status = status.as_u16(), error, reason);
        response
    }
}

/// Forbids caching of a response (RFC 6749 section 5.1).
pub fn no_store(headers: &mut http::HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

/// Refuses every method but POST.
pub async fn only_post() -> TokenError {
    TokenError::MethodNotAllowed { allow: "POST" }
}

/// Refuses every method but GET and HEAD.
pub async fn only_get() -> TokenError {
    TokenError::MethodNotAllowed { allow: "GET, HEAD" }
}
