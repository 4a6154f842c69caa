//! Errors of the management API as RFC 9457 problem details.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::id::RequestId;

/// The media type of a problem (RFC 9457 section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An invalid field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The path of the field in the body, such as `grants.banking`, or its name in the query.
    pub field: String,
    /// The error, as a sentence for people.
    pub message: String,
}

/// A problem response. `type` is the URL of its section in docs/ERRORS.md.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// The name of the problem type: the anchor in docs/ERRORS.md.
    pub kind: &'static str,
    /// The summary, the same for every problem of the type.
    pub title: &'static str,
    /// The explanation of this occurrence.
    pub detail: String,
    /// The invalid fields.
    pub errors: Vec<FieldError>,
    /// Further members of this problem type (RFC 9457 section 3.2).
    pub extensions: Map<String, Value>,
    /// Additional headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    request_id: &'a RequestId,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    extensions: &'a Map<String, Value>,
}

impl Problem {
    /// Creates a problem without fields, extensions and headers.
    #[must_use]
    pub fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let (errors, extensions, headers) = (Vec::new(), Map::new(), Vec::new());
        Self { status, kind, title, detail: detail.into(), errors, extensions, headers }
    }

    /// Renders the response. `documentation` is the URL of the page of errors.
    #[must_use]
    pub fn into_response(self, documentation: &str, request_id: &RequestId) -> Response {
        let body = Body {
            r#type: format!("{documentation}#{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            request_id,
            errors: &self.errors,
            extensions: &self.extensions,
        };
        let mut response = (self.status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}
