//! `POST /v1/clients/@me/secrets/regenerate`: creates a successor to one of the calling machine's own secrets.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::client::registration::Registration;
use shared::domain::id::SecretId;
use shared::domain::text::Label;
use shared::domain::time::Overlap;

use super::regenerate;
use super::regenerate::RegenerateSecret;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::clients::load;
use crate::app::error::ApiError;
use crate::app::error::Denied;
use crate::app::precondition::IfMatch;
use crate::http::body::{JsonBody, present};
use crate::http::path::PathId;

/// Options of a machine's regeneration; without a body, its newest secret is regenerated with the organization's
/// settings.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "an object")]
pub(crate) struct RegenerateOwnSecret {
    /// The secret to regenerate; by default the newest live one.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "SecretId")]
    secret_id: Option<SecretId>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Overlap")]
    overlap_seconds: Option<Overlap>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Label")]
    label: Option<Label>,
}

/// Creates a new secret for the calling machine, to replace one of its own. A machine that lost the response repeats
/// the request, and gets a successor to the secret that it lost.
pub(crate) async fn regenerate_own(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    asked: Option<JsonBody<RegenerateOwnSecret>>,
) -> Result<Response, ApiError> {
    let RegenerateOwnSecret { secret_id, overlap_seconds, label } =
        asked.map(|JsonBody(asked)| asked).unwrap_or_default();
    let client_id = caller.client_id().ok_or(Denied::MachinesOnly)?.clone();
    let secret_id = match secret_id {
        Some(named) => named,
        None => {
            newest(&load(&app, &caller, &client_id).await?, caller.context.at).ok_or(ApiError::NotFound("secret"))?
        }
    };
    let asked = RegenerateSecret { overlap_seconds, label };
    regenerate(State(app), caller, if_match, PathId((client_id, secret_id)), Some(JsonBody(asked))).await
}

/// Returns the newest of the client's secrets that are live and have no successor.
fn newest(registration: &Registration, now: Timestamp) -> Option<SecretId> {
    let lasting = registration.secrets.iter().filter(|secret| secret.is_lasting(now));
    lasting.max_by_key(|secret| secret.created_at).map(|secret| secret.id.clone())
}
