//! `PATCH /v1/clients/{client_id}`: updates the given fields.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::command::{AskedUpdate, ClientCommand, Levels, ServedKeys};
use shared::domain::id::ClientId;
use shared::domain::text::{Name, Notes};
use shared::domain::time::TokenLifetime;

use super::ClientJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::answer;
use crate::http::body::{JsonBody, permanent, present, present_and_unique};
use crate::http::path::PathId;

/// The fields to change; omitted fields keep their values.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct UpdateClient {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Name")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Notes")]
    notes: Option<Notes>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "TokenLifetime")]
    token_lifetime_seconds: Option<TokenLifetime>,
    /// All grants; replaces the current ones.
    #[serde(default, deserialize_with = "present_and_unique")]
    #[schemars(with = "Levels")]
    grants: Option<Levels>,
    /// All resources that it serves; replaces the current ones.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ServedKeys")]
    serves: Option<ServedKeys>,
    #[serde(default, deserialize_with = "permanent", rename = "client_id")]
    #[schemars(skip)]
    _client_id: (),
    #[serde(default, deserialize_with = "permanent", rename = "organization")]
    #[schemars(skip)]
    _organization: (),
    #[serde(default, deserialize_with = "permanent", rename = "key")]
    #[schemars(skip)]
    _key: (),
    #[serde(default, deserialize_with = "permanent", rename = "environment")]
    #[schemars(skip)]
    _environment: (),
    #[serde(default, deserialize_with = "permanent", rename = "expires_at")]
    #[schemars(skip)]
    _expires_at: (),
}

/// Updates a client.
pub(crate) async fn update(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(client_id): PathId<ClientId>,
    JsonBody(asked): JsonBody<UpdateClient>,
) -> Result<Response, ApiError> {
    let update = AskedUpdate {
        name: asked.name,
        notes: asked.notes,
        token_lifetime: asked.token_lifetime_seconds,
        grants: asked.grants,
        serves: asked.serves,
    };
    let submitted = submit(&app, &caller, &if_match, client_id, ClientCommand::Update(update)).await?;
    answer(&app, &caller, submitted, |done| Ok(ClientJson::of(&done.after, caller.context.at).answer()))
}
