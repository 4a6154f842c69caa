//! `POST /v1/clients/{client_id}/enable` and `/disable`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::id::ClientId;

use super::{ClientJson, change};
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;

/// Lets a client get tokens.
pub(crate) async fn enable(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
) -> Result<impl IntoResponse, ApiError> {
    switch(&app, &caller, &if_match, &client_id, true).await
}

/// Lets a client get no more tokens.
pub(crate) async fn disable(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
) -> Result<impl IntoResponse, ApiError> {
    switch(&app, &caller, &if_match, &client_id, false).await
}

async fn switch(
    app: &Management,
    caller: &Caller,
    if_match: &IfMatch,
    client_id: &ClientId,
    enabled: bool,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let now = caller.arrival.at;
    let after = change(app, caller, client_id, if_match, |client| client.set_enabled(enabled, now)).await?;
    Ok(ClientJson::of(&after, now).answer())
}
