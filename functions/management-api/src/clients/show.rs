//! `GET /v1/clients/{client_id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::id::ClientId;

use super::{ClientJson, load};
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;

/// Shows one client.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    At(client_id): At<ClientId>,
) -> Result<Response, ApiError> {
    let registration = load(&app, &caller, &client_id).await?;
    Ok(ClientJson::of(&registration, caller.arrival.at).answer())
}
