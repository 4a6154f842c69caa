//! `POST /v1/clients/{client_id}/secrets`: adds a secret, contained only in this response.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::client::secrets::NewSecret;
use shared::domain::command::ClientCommand;
use shared::domain::id::ClientId;
use shared::domain::text::Label;

use super::{RevealedJson, TOKEN_PATH, created};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::answer;
use crate::http::body::{JsonBody, RequestedExpiry, present};
use crate::http::path::PathId;

/// A new secret.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct AddSecret {
    #[serde(default)]
    label: Label,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Timestamp")]
    not_before: Option<Timestamp>,
    /// The expiry: null for never; by default after the organization's `secret_lifetime_days`.
    #[serde(default)]
    expires_at: RequestedExpiry,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AddedSecret")]
pub(crate) struct AddedJson<'a> {
    #[serde(flatten)]
    secret: RevealedJson<'a>,
    client_id: ClientId,
    token_endpoint: String,
}

/// Adds a further secret to a client.
pub(crate) async fn add(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(client_id): PathId<ClientId>,
    JsonBody(asked): JsonBody<AddSecret>,
) -> Result<Response, ApiError> {
    let new = NewSecret { label: asked.label, not_before: asked.not_before, expiry: asked.expires_at.0 };
    let submitted = submit(&app, &caller, &if_match, client_id.clone(), ClientCommand::AddSecret(new)).await?;
    answer(&app, &caller, submitted, |done| {
        let location = app.issuer.url(&format!("/v1/clients/{client_id}/secrets"));
        let token_endpoint = app.issuer.url(TOKEN_PATH);
        created(&done, location, caller.context.at, |secret| AddedJson { secret, client_id, token_endpoint })
    })
}
