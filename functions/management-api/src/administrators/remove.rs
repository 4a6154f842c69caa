//! `DELETE /v1/administrators/{administrator_id}`: removes an account.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use shared::domain::administrator::change::RemoveAdministrator;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;

use super::change::change;
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::commands::Submitted;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::accepted;
use crate::http::path::PathId;

/// Removes an administrator, which also ends their sessions.
pub(crate) async fn remove(
    State(app): State<Arc<Management>>,
    person: Person,
    if_match: IfMatch,
    PathId(id): PathId<AdministratorId>,
) -> Result<Response, ApiError> {
    let command = PersonCommand::Remove(RemoveAdministrator { administrator: id.clone() });
    let outcome =
        change(&app, &person, &if_match, (&id, &command), |before, managers| Ok(Some(before.remove(managers)?)));
    match outcome.await? {
        Submitted::Done(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Submitted::Waiting(request) => Ok(accepted(&app, &person.caller(), &request)),
    }
}
