//! Extraction of a POST request: headers, source and a bounded form.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use shared::http::{BodyError, Source, read_body};

use crate::error::TokenError;
use crate::form::Form;

/// The longest body, in bytes. A request with every parameter at its limit needs far less.
const BODY_LIMIT: usize = 16 * 1024;

/// A POST with a form.
pub struct FormRequest {
    /// The headers.
    pub headers: HeaderMap,
    /// The address of the caller; none where it is unknown.
    pub source: Option<Source>,
    body: Bytes,
}

impl FormRequest {
    /// Parses the parameters.
    ///
    /// # Errors
    /// `invalid_request` where the body is not a valid form.
    pub fn form(&self) -> Result<Form<'_>, TokenError> {
        Form::parse(&self.body)
    }
}

impl<S: Sync> FromRequest<S> for FormRequest {
    type Rejection = TokenError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, TokenError> {
        let (parts, body) = request.into_parts();
        let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|length| length > BODY_LIMIT) {
            return Err(TokenError::TooLarge);
        }
        let body = read_body(body, BODY_LIMIT).await.map_err(|error| match error {
            BodyError::TooLong => TokenError::TooLarge,
            BodyError::Broken(_) => TokenError::InvalidRequest("The body ended early or is not framed as HTTP says."),
        })?;
        let mut types = parts.headers.get_all(header::CONTENT_TYPE).iter();
        let media_type = types.next().and_then(|value| value.to_str().ok()).unwrap_or("");
        let essence = media_type.split(';').next().unwrap_or("").trim();
        if types.next().is_some() || !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(TokenError::InvalidRequest("The Content-Type is not application/x-www-form-urlencoded."));
        }
        Ok(Self { source: parts.extensions.get::<Source>().copied(), headers: parts.headers, body })
    }
}
