//! `POST /v1/clients/{client_id}/secrets/{secret_id}/restore`: a deletion undone.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::command::ClientCommand;
use shared::domain::id::{ClientId, SecretId};

use super::SecretJson;
use crate::Management;
use crate::caller::Caller;
use crate::commands::submit;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;

/// Brings a deleted secret back as it was.
pub(crate) async fn restore(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At((client_id, secret_id)): At<(ClientId, SecretId)>,
) -> Result<Response, ApiError> {
    let command = ClientCommand::RestoreSecret { secret_id: secret_id.clone() };
    let submitted = submit(&app, &caller, &if_match, client_id, command).await?;
    submitted.answer(|done| SecretJson::answer(&done.after, &secret_id, caller.arrival.at))
}
