//! Every way in which the endpoint refuses, and how each is answered (RFC 6749 section 5.2).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use shared::domain::grant::NarrowError;
use shared::store::StoreError;

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// "The request is missing a required parameter, includes an unsupported parameter value, repeats a parameter,
    /// includes multiple credentials, … or is otherwise malformed." (RFC 6749 section 5.2)
    InvalidRequest(&'static str),
    /// The body is larger than any request needs.
    TooLarge,
    /// Another method than the endpoint's.
    MethodNotAllowed {
        /// The endpoint's.
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
    /// This client failed too often from this source.
    TooManyFailures {
        /// When it may try again, in seconds.
        retry_after_seconds: i64,
    },
    /// The storage or the keys are out of reach for now.
    Unavailable,
    /// Something stored is not as it should be.
    Internal,
}

/// Why a client was not authenticated. Only one who presented the right secret learns more than "failed".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFailure {
    /// No credentials.
    Missing,
    /// An `Authorization` header of another scheme, whatever stands in the body.
    NotBasic,
    /// A client assertion (RFC 7521), which is not supported.
    Assertion,
    /// Unknown client, disabled, deleted, wrong secret: nobody can tell which.
    Failed,
    /// The right secret, but it has expired.
    SecretExpired,
    /// The right secret, but the client has expired.
    ClientExpired,
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: &'static str,
}

impl TokenError {
    /// Status, error code and description. The texts are fixed, so that they stay in `%x20-21 / %x23-5B / %x5D-7E`
    /// whatever the request holds.
    #[must_use]
    pub fn parts(self) -> (StatusCode, &'static str, &'static str) {
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
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "Try again in a few seconds.")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The request could not be answered."),
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

impl From<StoreError> for TokenError {
    /// Also writes the one log line that the failure gets.
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the storage failed");
        match error {
            StoreError::Unavailable { .. } => Self::Unavailable,
            StoreError::Corrupt(_) => Self::Internal,
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, error, error_description) = self.parts();
        let mut response = (status, Json(Body { error, error_description })).into_response();
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
            Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            Self::InvalidRequest(_)
            | Self::TooLarge
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope(_)
            | Self::InvalidTarget
            | Self::Internal => {}
        }
        tracing::info!(outcome = "refused", status = status.as_u16(), error, reason = error_description);
        response
    }
}

/// Marks an answer as one that nobody may keep (RFC 6749 section 5.1).
pub fn no_store(headers: &mut http::HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

/// Answers a method that an endpoint for POST does not take.
pub async fn only_post() -> TokenError {
    TokenError::MethodNotAllowed { allow: "POST" }
}

/// Answers a method that a document does not take.
pub async fn only_get() -> TokenError {
    TokenError::MethodNotAllowed { allow: "GET, HEAD" }
}
