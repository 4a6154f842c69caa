//! `DELETE /v1/administrators/{administrator_id}`: the end of an account.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use shared::domain::administrator::change::RemoveAdministrator;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;

use super::change::{Outcome, change};
use crate::Management;
use crate::caller::Person;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;

/// Removes an administrator, and ends their sessions with that.
pub(crate) async fn remove(
    State(app): State<Arc<Management>>,
    person: Person,
    if_match: IfMatch,
    At(id): At<AdministratorId>,
) -> Result<Response, ApiError> {
    let command = PersonCommand::Remove(RemoveAdministrator { administrator: id.clone() });
    let outcome =
        change(&app, &person, &if_match, (&id, &command), |before, managers| Ok(Some(before.remove(managers)?)));
    match outcome.await? {
        Outcome::Done(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Outcome::Waiting(answer) => Ok(answer),
    }
}
