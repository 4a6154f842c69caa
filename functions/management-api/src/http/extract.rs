//! Extractors: the caller and the context that the gate left on a request, and `If-Match`.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;

use crate::app::caller::{Caller, Identity, Person};
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::error::Denied;
use crate::app::precondition::IfMatch;

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or(ApiError::Ungated)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or(ApiError::Ungated)
    }
}

impl<S: Sync> FromRequestParts<S> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller { identity, context } = Caller::from_request_parts(parts, state).await?;
        match identity {
            Identity::Person { administrator, session } => Ok(Self { administrator, session, context }),
            Identity::Machine(_) => Err(Denied::PeopleOnly.into()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        // a value that is not text matches no version, so it must not pass for an absent one
        let tags = parts.headers.get_all(header::IF_MATCH).iter().map(|tag| tag.to_str().unwrap_or("unreadable"));
        let tags: Vec<_> = tags.collect();
        Ok(Self::of((!tags.is_empty()).then(|| tags.join(","))))
    }
}
