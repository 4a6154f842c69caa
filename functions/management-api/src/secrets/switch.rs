//! `POST /v1/clients/{client_id}/secrets/{secret_id}/deactivate` and `/reactivate`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use shared::domain::id::{ClientId, SecretId};

use super::SecretJson;
use crate::Management;
use crate::caller::Caller;
use crate::clients::change;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::{IfMatch, etag};

/// Switches a secret off.
pub(crate) async fn deactivate(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(ids): At<(ClientId, SecretId)>,
) -> Result<impl IntoResponse, ApiError> {
    switch(&app, &caller, &if_match, &ids, false).await
}

/// Switches a secret on again.
pub(crate) async fn reactivate(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(ids): At<(ClientId, SecretId)>,
) -> Result<impl IntoResponse, ApiError> {
    switch(&app, &caller, &if_match, &ids, true).await
}

async fn switch(
    app: &Management,
    caller: &Caller,
    if_match: &IfMatch,
    (client_id, secret_id): &(ClientId, SecretId),
    active: bool,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let now = caller.arrival.at;
    let decide = |client: &shared::domain::client::Registration| client.set_secret_active(secret_id, active, now);
    let after = change(app, caller, client_id, if_match, decide).await?;
    let headers = [(header::ETAG, etag(after.client.version))];
    Ok((headers, Json(SecretJson::among(&after, secret_id, now)?)))
}
