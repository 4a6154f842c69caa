//! Path parameters: typed ids. A malformed id is not found.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde::de::value::{Error, SeqDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer as _};

use crate::app::caller::Caller;
use crate::app::error::ApiError;

/// Name of the path parameter for a client.
pub(crate) const CLIENT_ID: &str = "client_id";
/// Alias for the calling machine's own client_id; no client_id starts with `@`.
pub(crate) const ME: &str = "@me";

/// The parameters of the path, in order.
pub(crate) struct PathId<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let raw = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("path"))?;
        let own = parts.extensions.get::<Caller>().and_then(Caller::client_id);
        let named = raw.iter().map(|(name, value)| match own {
            Some(own) if name == CLIENT_ID && value == ME => own.to_string(),
            _ => value.to_owned(),
        });
        ids(named.collect()).map(Self).map_err(|_| ApiError::NotFound("path"))
    }
}

/// Parses one id, or a tuple of several.
fn ids<T: DeserializeOwned>(mut texts: Vec<String>) -> Result<T, Error> {
    match texts.pop() {
        Some(only) if texts.is_empty() => T::deserialize(only.into_deserializer()),
        last => T::deserialize(SeqDeserializer::new(texts.into_iter().chain(last))),
    }
}
