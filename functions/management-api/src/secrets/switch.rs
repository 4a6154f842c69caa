//! `POST /v1/clients/{client_id}/secrets/{secret_id}/deactivate` and `/reactivate`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::command::ClientCommand;
use shared::domain::id::{ClientId, SecretId};

use super::SecretJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::answer;
use crate::http::path::PathId;

/// Deactivates a secret.
pub(crate) async fn deactivate(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId((client_id, secret_id)): PathId<(ClientId, SecretId)>,
) -> Result<Response, ApiError> {
    let command = ClientCommand::DeactivateSecret { secret_id: secret_id.clone() };
    let submitted = submit(&app, &caller, &if_match, client_id, command).await?;
    answer(&app, &caller, submitted, |done| SecretJson::answer(&done.after, &secret_id, caller.context.at))
}

/// Reactivates a secret.
pub(crate) async fn reactivate(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId((client_id, secret_id)): PathId<(ClientId, SecretId)>,
) -> Result<Response, ApiError> {
    let command = ClientCommand::ReactivateSecret { secret_id: secret_id.clone() };
    let submitted = submit(&app, &caller, &if_match, client_id, command).await?;
    answer(&app, &caller, submitted, |done| SecretJson::answer(&done.after, &secret_id, caller.context.at))
}
