//! Secrets in the API.

use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::client::registration::Registration;
use shared::domain::id::SecretId;
use shared::domain::secret::{Secret, SecretPlaintext, SecretState, SecretStatus};

use crate::app::commands::Done;
use crate::app::error::ApiError;
use crate::app::precondition::etag;
use crate::http::idempotency::SecretShown;

/// A secret, without its value.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Secret")]
pub(crate) struct SecretJson {
    id: SecretId,
    /// A name to tell the secrets of a client apart.
    label: String,
    /// The beginning of the secret, which is not confidential.
    hint: String,
    /// The current status.
    #[schemars(extend("enum" = SecretStatus::ALL.map(SecretStatus::as_str)))]
    status: &'static str,
    created_at: Timestamp,
    /// The secret does not work before this time.
    not_before: Timestamp,
    /// The expiry; null if it never expires.
    expires_at: Option<Timestamp>,
    /// The last use, exact to an hour; null if never used.
    last_used_at: Option<Timestamp>,
    /// The network of the last use: an IPv4 /24 or IPv6 /48; null if never used.
    last_used_network: Option<String>,
    /// The successor from a regeneration; null if there is none.
    replaced_by: Option<SecretId>,
    /// True if an encrypted copy is kept. It can be revealed while the setting `custody` is `revealable`.
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

/// A secret with its value.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RevealedSecret")]
pub(crate) struct RevealedJson<'a> {
    #[serde(flatten)]
    described: SecretJson,
    /// The secret itself.
    secret: &'a str,
}

/// Returns the part of a secret that is not confidential: a secret begins with its id.
pub(crate) fn hint(id: &SecretId) -> String {
    format!("{id}…")
}

impl SecretJson {
    /// Builds the representation of a secret at `now`.
    pub(crate) fn of(secret: &Secret, now: Timestamp) -> Self {
        let used = secret.last_used.as_ref();
        Self {
            id: secret.id.clone(),
            label: secret.label.to_string(),
            hint: hint(&secret.id),
            status: secret.status(now).as_str(),
            created_at: secret.created_at,
            not_before: secret.not_before,
            expires_at: secret.expires_at,
            last_used_at: used.map(|used| used.at),
            last_used_network: used.map(|used| used.network.clone()),
            replaced_by: secret.replaced_by.clone(),
            sealed_copy: secret.sealed.is_some(),
        }
    }

    /// Returns one secret of a client.
    pub(crate) fn among(registration: &Registration, id: &SecretId, now: Timestamp) -> Result<Self, ApiError> {
        registration.secret(id).map(|secret| Self::of(secret, now)).ok_or(ApiError::NotFound("secret"))
    }

    /// Returns the response with one secret of a client.
    pub(crate) fn answer(registration: &Registration, id: &SecretId, now: Timestamp) -> Result<Response, ApiError> {
        let headers = [(header::ETAG, etag(registration.client.version))];
        Ok((headers, Json(Self::among(registration, id, now)?)).into_response())
    }
}

impl DeletedJson {
    /// Builds the representation of a secret at `now` if it is deleted.
    pub(crate) fn of(secret: &Secret, now: Timestamp) -> Option<Self> {
        let SecretState::Deleted { at, .. } = secret.state else { return None };
        let restorable_until = secret.restorable_until()?;
        Some(Self { described: SecretJson::of(secret, now), deleted_at: at, restorable_until })
    }
}

impl<'a> RevealedJson<'a> {
    /// Builds the representation of a secret that was just created or revealed.
    pub(crate) fn of(
        registration: &Registration,
        plaintext: &'a SecretPlaintext,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let described = SecretJson::among(registration, plaintext.id(), now)?;
        Ok(Self { described, secret: plaintext.expose() })
    }
}

/// Returns 201 with a new secret that no later response contains: `body` wraps its representation.
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
