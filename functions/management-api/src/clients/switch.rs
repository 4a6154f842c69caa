//! `POST /v1/clients/{client_id}/enable` and `/disable`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::command::ClientCommand;
use shared::domain::id::ClientId;

use super::ClientJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::answer;
use crate::http::path::PathId;

/// Enables a client.
pub(crate) async fn enable(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(client_id): PathId<ClientId>,
) -> Result<Response, ApiError> {
    let submitted = submit(&app, &caller, &if_match, client_id, ClientCommand::Enable).await?;
    answer(&app, &caller, submitted, |done| Ok(ClientJson::of(&done.after, caller.context.at).answer()))
}

/// Disables a client.
pub(crate) async fn disable(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(client_id): PathId<ClientId>,
) -> Result<Response, ApiError> {
    let submitted = submit(&app, &caller, &if_match, client_id, ClientCommand::Disable).await?;
    answer(&app, &caller, submitted, |done| Ok(ClientJson::of(&done.after, caller.context.at).answer()))
}
