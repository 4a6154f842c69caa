//! `POST /v1/clients/{client_id}/secrets`: one more secret, shown this once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::client::NewSecret;
use shared::domain::id::ClientId;
use shared::domain::text::Label;

use super::{Generated, RevealedJson, TOKEN_PATH};
use crate::Management;
use crate::body::{AskedExpiry, JsonBody, present};
use crate::caller::Caller;
use crate::clients::{change, load};
use crate::error::ApiError;
use crate::organizations;
use crate::path::At;
use crate::precondition::{IfMatch, etag};

/// A secret as it is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct AddSecret {
    #[serde(default)]
    label: Label,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Timestamp")]
    not_before: Option<Timestamp>,
    /// Null is never, nothing is what the organization's settings say.
    #[serde(default)]
    expires_at: AskedExpiry,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AddedSecret")]
pub(crate) struct AddedJson<'a> {
    #[serde(flatten)]
    secret: RevealedJson<'a>,
    client_id: ClientId,
    token_endpoint: String,
}

/// Adds a secret beside those there are.
pub(crate) async fn add(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
    JsonBody(asked): JsonBody<AddSecret>,
) -> Result<impl IntoResponse, ApiError> {
    let client = load(&app, &caller, &client_id).await?.client;
    let settings = organizations::load(&app, &caller, &client.organization).await?.settings;
    let new = NewSecret { label: asked.label, not_before: asked.not_before, expiry: asked.expires_at.0 };
    let Generated { plaintext, minted } = Generated::new(&app, &client_id, settings.custody).await?;
    let now = caller.arrival.at;
    let after = change(&app, &caller, &client_id, &if_match, |client| {
        client.add_secret(new.clone(), &settings, minted.clone(), now).map(Some)
    })
    .await?;
    let location = app.issuer.url(&format!("/v1/clients/{client_id}/secrets"));
    let headers = [(header::LOCATION, location), (header::ETAG, etag(after.client.version))];
    let added = AddedJson {
        secret: RevealedJson::of(&after, &plaintext, now)?,
        client_id,
        token_endpoint: app.issuer.url(TOKEN_PATH),
    };
    Ok((StatusCode::CREATED, headers, Json(added)).into_response())
}
