//! Secrets as they are answered.

use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::client::registration::Registration;
use shared::domain::id::SecretId;
use shared::domain::secret::{Secret, SecretPlaintext, SecretStanding, SecretState};

use crate::app::commands::Done;
use crate::app::error::ApiError;
use crate::app::precondition::etag;
use crate::http::idempotency::SecretShown;

/// A secret without its plaintext.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Secret")]
pub(crate) struct SecretJson {
    id: SecretId,
    label: String,
    /// How the secret begins.
    hint: String,
    /// What it is good for right now.
    #[schemars(extend("enum" = SecretStanding::ALL.map(SecretStanding::as_str)))]
    status: &'static str,
    created_at: Timestamp,
    not_before: Timestamp,
    /// Null is never.
    expires_at: Option<Timestamp>,
    /// Exact to an hour; null is never.
    last_used_at: Option<Timestamp>,
    last_used_network: Option<String>,
    /// The secret that a regeneration made in its place.
    replaced_by: Option<SecretId>,
    /// Whether a sealed copy is kept, which can be revealed where the organization's custody is `revealable`.
    sealed_copy: bool,
}

/// A deleted secret that can be restored.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeletedSecret")]
pub(crate) struct DeletedJson {
    #[serde(flatten)]
    described: SecretJson,
    deleted_at: Timestamp,
    restorable_until: Timestamp,
}

/// A secret in the one answer that shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RevealedSecret")]
pub(crate) struct RevealedJson<'a> {
    #[serde(flatten)]
    described: SecretJson,
    secret: &'a str,
}

/// The part of a secret that may be shown: a secret begins with its id.
pub(crate) fn hint(id: &SecretId) -> String {
    format!("{id}…")
}

impl SecretJson {
    /// A secret, as it is at `now`.
    pub(crate) fn of(secret: &Secret, now: Timestamp) -> Self {
        let used = secret.last_used.as_ref();
        Self {
            id: secret.id.clone(),
            label: secret.label.to_string(),
            hint: hint(&secret.id),
            status: secret.standing(now).as_str(),
            created_at: secret.created_at,
            not_before: secret.not_before,
            expires_at: secret.expires_at,
            last_used_at: used.map(|used| used.at),
            last_used_network: used.map(|used| used.network.clone()),
            replaced_by: secret.replaced_by.clone(),
            sealed_copy: secret.sealed.is_some(),
        }
    }

    /// One secret of a client.
    pub(crate) fn among(registration: &Registration, id: &SecretId, now: Timestamp) -> Result<Self, ApiError> {
        registration.secret(id).map(|secret| Self::of(secret, now)).ok_or(ApiError::NotFound("secret"))
    }

    /// The answer that shows one secret of a client.
    pub(crate) fn answer(registration: &Registration, id: &SecretId, now: Timestamp) -> Result<Response, ApiError> {
        let headers = [(header::ETAG, etag(registration.client.version))];
        Ok((headers, Json(Self::among(registration, id, now)?)).into_response())
    }
}

impl DeletedJson {
    /// A secret, as it is at `now`, where it is deleted.
    pub(crate) fn of(secret: &Secret, now: Timestamp) -> Option<Self> {
        let SecretState::Deleted { at, .. } = secret.state else { return None };
        let restorable_until = secret.restorable_until()?;
        Some(Self { described: SecretJson::of(secret, now), deleted_at: at, restorable_until })
    }
}

impl<'a> RevealedJson<'a> {
    /// A secret of a client that was just made or revealed.
    pub(crate) fn of(
        registration: &Registration,
        plaintext: &'a SecretPlaintext,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let described = SecretJson::among(registration, plaintext.id(), now)?;
        Ok(Self { described, secret: plaintext.expose() })
    }
}

/// Answers 201 with a secret that a command created and that no later response contains: `body` puts it in its place.
pub(crate) fn created<'a, T: Serialize>(
    done: &'a Done,
    location: String,
    now: Timestamp,
    body: impl FnOnce(RevealedJson<'a>) -> T,
) -> Result<Response, ApiError> {
    let Done { after, plaintext } = done;
    let plaintext = plaintext.as_ref().ok_or(ApiError::NotFound("secret"))?;
    let client = &after.client;
    let shown = SecretShown { client_id: client.client_id.to_string(), secret_id: plaintext.id().to_string() };
    let headers = [(header::LOCATION, location), (header::ETAG, etag(client.version))];
    let body = Json(body(RevealedJson::of(after, plaintext, now)?));
    Ok((StatusCode::CREATED, headers, Extension(shown), body).into_response())
}
