//! `POST /v1/clients/{client_id}/secrets/{secret_id}/regenerate`: creates a successor, and ends the old secret.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::client::registration::Registration;
use shared::domain::client::secrets::Regeneration;
use shared::domain::command::ClientCommand;
use shared::domain::id::{ClientId, SecretId};
use shared::domain::text::Label;
use shared::domain::time::Overlap;

use super::{RevealedJson, TOKEN_PATH, created};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::answer;
use crate::http::body::{JsonBody, present};
use crate::http::path::PathId;

/// Options of a regeneration; the organization's settings apply by default.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "an object")]
pub(crate) struct RegenerateSecret {
    /// The overlap during which the old secret still works, in seconds.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Overlap")]
    pub(super) overlap_seconds: Option<Overlap>,
    /// The label of the new secret; the old secret's by default.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Label")]
    pub(super) label: Option<Label>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegeneratedSecret")]
pub(crate) struct RegeneratedJson<'a> {
    #[serde(flatten)]
    secret: RevealedJson<'a>,
    client_id: ClientId,
    token_endpoint: String,
    previous: PreviousJson,
}

/// The regenerated secret and its new expiry.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PreviousSecret")]
pub(crate) struct PreviousJson {
    id: SecretId,
    expires_at: Option<Timestamp>,
}

impl PreviousJson {
    /// Returns the old secret if the client still has it.
    pub(crate) fn of(client: &Registration, id: &SecretId) -> Option<Self> {
        client.secret(id).map(|secret| Self { id: secret.id.clone(), expires_at: secret.expires_at })
    }
}

/// Creates a new secret, contained only in this response, to replace an old one, which works until the end of the
/// overlap.
pub(crate) async fn regenerate(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId((client_id, secret_id)): PathId<(ClientId, SecretId)>,
    asked: Option<JsonBody<RegenerateSecret>>,
) -> Result<Response, ApiError> {
    let RegenerateSecret { overlap_seconds, label } = asked.map(|JsonBody(asked)| asked).unwrap_or_default();
    let asked = Regeneration { label, overlap: overlap_seconds };
    let command = ClientCommand::RegenerateSecret { secret_id: secret_id.clone(), asked };
    let submitted = submit(&app, &caller, &if_match, client_id.clone(), command).await?;
    answer(&app, &caller, submitted, |done| {
        let previous = PreviousJson::of(&done.after, &secret_id).ok_or(ApiError::NotFound("secret"))?;
        let location = app.issuer.url(&format!("/v1/clients/{client_id}/secrets"));
        let token_endpoint = app.issuer.url(TOKEN_PATH);
        created(&done, location, caller.context.at, |secret| RegeneratedJson {
            secret,
            client_id,
            token_endpoint,
            previous,
        })
    })
}
