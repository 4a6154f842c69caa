//! `DELETE /v1/clients/{client_id}`: permanent.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use shared::domain::command::ClientCommand;
use shared::domain::id::ClientId;

use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::answer;
use crate::http::path::PathId;

/// Deletes a client with its secrets; its client_id cannot be used again.
pub(crate) async fn delete(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(client_id): PathId<ClientId>,
) -> Result<Response, ApiError> {
    let submitted = submit(&app, &caller, &if_match, client_id, ClientCommand::Delete).await?;
    answer(&app, &caller, submitted, |_| Ok(StatusCode::NO_CONTENT.into_response()))
}
