//! `POST /v1/clients/{client_id}/secrets/{secret_id}/regenerate`: a successor, and an end for the old secret.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::client::Regeneration;
use shared::domain::id::{ClientId, SecretId};
use shared::domain::text::Label;
use shared::domain::time::Overlap;

use super::{Generated, RevealedJson, TOKEN_PATH};
use crate::Management;
use crate::body::{JsonBody, present};
use crate::caller::Caller;
use crate::clients::{change, load};
use crate::error::ApiError;
use crate::organizations;
use crate::path::At;
use crate::precondition::{IfMatch, etag};

/// A regeneration as it is asked for; without a body, as the organization's settings have it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "an object")]
pub(crate) struct RegenerateSecret {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Overlap")]
    overlap_seconds: Option<Overlap>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Label")]
    label: Option<Label>,
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

/// The old secret, and when it stops.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PreviousSecret")]
struct PreviousJson {
    id: SecretId,
    expires_at: Option<Timestamp>,
}

/// Makes a new secret, shown this once, in place of an old one, which works for the overlap and no longer.
pub(crate) async fn regenerate(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At((client_id, secret_id)): At<(ClientId, SecretId)>,
    asked: Option<JsonBody<RegenerateSecret>>,
) -> Result<Response, ApiError> {
    let RegenerateSecret { overlap_seconds, label } = asked.map(|JsonBody(asked)| asked).unwrap_or_default();
    let asked = Regeneration { label, overlap: overlap_seconds };
    let client = load(&app, &caller, &client_id).await?.client;
    let settings = organizations::load(&app, &caller, &client.organization).await?.settings;
    let Generated { plaintext, minted } = Generated::new(&app, &client_id, settings.custody).await?;
    let now = caller.arrival.at;
    let after = change(&app, &caller, &client_id, &if_match, |client| {
        client.regenerate_secret(&secret_id, asked.clone(), &settings, minted.clone(), now).map(Some)
    })
    .await?;
    let previous = after.secret(&secret_id).ok_or(ApiError::NotFound("secret"))?;
    let location = app.issuer.url(&format!("/v1/clients/{client_id}/secrets"));
    let headers = [(header::LOCATION, location), (header::ETAG, etag(after.client.version))];
    let regenerated = RegeneratedJson {
        secret: RevealedJson::of(&after, &plaintext, now)?,
        client_id,
        token_endpoint: app.issuer.url(TOKEN_PATH),
        previous: PreviousJson { id: secret_id, expires_at: previous.expires_at },
    };
    Ok((StatusCode::CREATED, headers, Json(regenerated)).into_response())
}
