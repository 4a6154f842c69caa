//! Response headers with a meaning specific to the operation.

use serde_json::{Map, Value, json};

/// A response header, in addition to those of every response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseHeader {
    /// The version of the object, for `If-Match` (RFC 9110 section 8.8.3).
    ETag,
    /// The URL of the new object (RFC 9110 section 10.2.2).
    Location,
    /// The next page (RFC 8288), if any.
    Link,
    /// The session, or its end (RFC 6265).
    SetCookie,
    /// The authentication schemes (RFC 9110 section 11.6.1).
    WwwAuthenticate,
    /// The seconds to wait (RFC 9110 section 10.2.3).
    RetryAfter,
    /// The request id.
    RequestId,
}

impl ResponseHeader {
    const ALL: [Self; 7] = [
        Self::ETag,
        Self::Location,
        Self::Link,
        Self::SetCookie,
        Self::WwwAuthenticate,
        Self::RetryAfter,
        Self::RequestId,
    ];

    /// Returns the name of the header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ETag => "ETag",
            Self::Location => "Location",
            Self::Link => "Link",
            Self::SetCookie => "Set-Cookie",
            Self::WwwAuthenticate => "WWW-Authenticate",
            Self::RetryAfter => "Retry-After",
            Self::RequestId => "X-Request-Id",
        }
    }

    /// Checks whether every response of its kind has the header.
    fn is_always_there(self) -> bool {
        !matches!(self, Self::Link | Self::SetCookie | Self::WwwAuthenticate)
    }

    fn description(self) -> &'static str {
        match self {
            Self::ETag => "The current version, for `If-Match`.",
            Self::Location => "The URL of the new object.",
            Self::Link => "The URL of the next page as `rel=\"next\"`, if any.",
            Self::SetCookie => "Sets or clears the session cookie.",
            Self::WwwAuthenticate => "The supported authentication schemes, or what is missing.",
            Self::RetryAfter => "The seconds to wait before trying again.",
            Self::RequestId => "The request id, as in the log and the audit trail.",
        }
    }
}

/// Returns all headers, for the document's components.
pub(super) fn components() -> Value {
    let described = ResponseHeader::ALL.into_iter().map(|sent| {
        let schema = if sent == ResponseHeader::RetryAfter {
            json!({ "type": "integer", "minimum": 0 })
        } else {
            json!({ "type": "string" })
        };
        let header = json!({
            "description": sent.description(), "required": sent.is_always_there(), "schema": schema,
        });
        (sent.name().to_owned(), header)
    });
    Value::Object(described.collect())
}

/// Returns references to these headers, and to the request id, which every response has.
pub(super) fn references(sent: impl IntoIterator<Item = ResponseHeader>) -> Value {
    let all = sent.into_iter().chain([ResponseHeader::RequestId]);
    let named =
        all.map(|sent| (sent.name().to_owned(), json!({ "$ref": format!("#/components/headers/{}", sent.name()) })));
    Value::Object(named.collect::<Map<_, _>>())
}
