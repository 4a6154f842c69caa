//! `GET /v1/clients/{client_id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::id::ClientId;

use super::ClientJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::clients::load;
use crate::app::error::ApiError;
use crate::http::path::PathId;

/// Shows one client.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(client_id): PathId<ClientId>,
) -> Result<Response, ApiError> {
    let registration = load(&app, &caller, &client_id).await?;
    Ok(ClientJson::of(&registration, caller.context.at).answer())
}
