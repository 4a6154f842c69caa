//! `POST /v1/clients/{client_id}/secrets/{secret_id}/restore`: a deletion undone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use shared::domain::id::{ClientId, SecretId};

use super::SecretJson;
use crate::Management;
use crate::caller::Caller;
use crate::clients::{change, load};
use crate::error::ApiError;
use crate::organizations;
use crate::path::At;
use crate::precondition::{IfMatch, etag};

/// Brings a deleted secret back as it was.
pub(crate) async fn restore(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At((client_id, secret_id)): At<(ClientId, SecretId)>,
) -> Result<impl IntoResponse, ApiError> {
    let client = load(&app, &caller, &client_id).await?.client;
    let settings = organizations::load(&app, &caller, &client.organization).await?.settings;
    let now = caller.arrival.at;
    let restored = |client: &shared::domain::client::Registration| client.restore_secret(&secret_id, &settings, now);
    let after = change(&app, &caller, &client_id, &if_match, restored).await?;
    let headers = [(header::ETAG, etag(after.client.version))];
    Ok((headers, Json(SecretJson::among(&after, &secret_id, now)?)))
}
