//! `POST /v1/clients/{client_id}/enable` and `/disable`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::command::ClientCommand;
use shared::domain::id::ClientId;

use super::ClientJson;
use crate::Management;
use crate::caller::Caller;
use crate::commands::submit;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;

/// Lets a client get tokens.
pub(crate) async fn enable(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
) -> Result<Response, ApiError> {
    let submitted = submit(&app, &caller, &if_match, client_id, ClientCommand::Enable).await?;
    submitted.answer(|done| Ok(ClientJson::of(&done.after, caller.arrival.at).answer()))
}

/// Lets a client get no more tokens.
pub(crate) async fn disable(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
) -> Result<Response, ApiError> {
    let submitted = submit(&app, &caller, &if_match, client_id, ClientCommand::Disable).await?;
    submitted.answer(|done| Ok(ClientJson::of(&done.after, caller.arrival.at).answer()))
}
