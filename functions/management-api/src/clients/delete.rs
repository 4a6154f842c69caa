//! `DELETE /v1/clients/{client_id}`: for good.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use shared::domain::command::ClientCommand;
use shared::domain::id::ClientId;

use crate::Management;
use crate::caller::Caller;
use crate::commands::submit;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;

/// Deletes a client with its secrets; its client_id stays taken.
pub(crate) async fn delete(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
) -> Result<Response, ApiError> {
    let submitted = submit(&app, &caller, &if_match, client_id, ClientCommand::Delete).await?;
    submitted.answer(|_| Ok(StatusCode::NO_CONTENT.into_response()))
}
