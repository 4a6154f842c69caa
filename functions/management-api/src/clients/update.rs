//! `PATCH /v1/clients/{client_id}`: the fields that may change, those alone that are given.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::client::ClientUpdate;
use shared::domain::id::ClientId;
use shared::domain::text::{Name, Notes};
use shared::domain::time::TokenLifetime;

use super::assignment::{Levels, Serves, resolve};
use super::{ClientJson, change, load};
use crate::Management;
use crate::body::{JsonBody, permanent, present};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;

/// What is to change; what is left out stays.
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
    /// All grants, as a whole.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Levels")]
    grants: Option<Levels>,
    /// All resources that it serves, as a whole.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Serves")]
    serves: Option<Serves>,
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

/// Changes a client.
pub(crate) async fn update(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
    JsonBody(asked): JsonBody<UpdateClient>,
) -> Result<impl IntoResponse, ApiError> {
    load(&app, &caller, &client_id).await?;
    let (grants, serves) = resolve(&app, &caller, asked.grants.as_ref(), asked.serves.as_ref()).await?;
    let update = ClientUpdate {
        name: asked.name,
        notes: asked.notes,
        token_lifetime: asked.token_lifetime_seconds,
        grants,
        serves,
    };
    let now = caller.arrival.at;
    let after = change(&app, &caller, &client_id, &if_match, |client| client.update(update.clone(), now)).await?;
    Ok(ClientJson::of(&after, now).answer())
}
