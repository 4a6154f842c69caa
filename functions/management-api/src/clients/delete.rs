//! `DELETE /v1/clients/{client_id}`: for good.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use shared::domain::id::ClientId;

use super::change;
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;

/// Deletes a client with its secrets; its client_id stays taken.
pub(crate) async fn delete(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(client_id): At<ClientId>,
) -> Result<StatusCode, ApiError> {
    let now = caller.arrival.at;
    change(&app, &caller, &client_id, &if_match, |client| client.delete(now).map(Some)).await?;
    Ok(StatusCode::NO_CONTENT)
}
