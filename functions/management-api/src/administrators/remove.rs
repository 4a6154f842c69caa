//! `DELETE /v1/administrators/{administrator_id}`: the end of an account.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use shared::domain::administrator::change::RemoveAdministrator;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;
use shared::store::CommitError;

use super::load;
use crate::Management;
use crate::caller::Person;
use crate::commands::{Asked, Outcome, waiting};
use crate::error::ApiError;
use crate::path::At;
use crate::people_error::PeopleError;
use crate::precondition::{IfMatch, TRIES};

/// Removes an administrator, and ends their sessions with that.
pub(crate) async fn remove(
    State(app): State<Arc<Management>>,
    person: Person,
    if_match: IfMatch,
    At(administrator): At<AdministratorId>,
) -> Result<Response, ApiError> {
    match carry_out(&app, &person, &if_match, &RemoveAdministrator { administrator }).await? {
        Outcome::Done(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Outcome::Waiting(answer) => Ok(answer),
    }
}

/// Carries the command out. It is tried again where somebody else was quicker.
pub(crate) async fn carry_out(
    app: &Management,
    person: &Person,
    if_match: &IfMatch,
    command: &RemoveAdministrator,
) -> Result<Outcome<()>, ApiError> {
    let caller = person.caller();
    for _ in 0..TRIES {
        let before = load(app, &caller, &command.administrator).await?;
        if_match.check(before.version)?;
        let managers = app.administrators.managers(before.organization.as_ref()).await?;
        let change = before.remove(&managers).map_err(|_| ApiError::People(PeopleError::LastAdministrator))?;
        let asked = Asked {
            organization: before.organization.as_ref(),
            email: &before.email,
            command: PersonCommand::Remove(command.clone()),
            diff: &change.event.changes,
            version: Some(before.version),
            managers: change.managers.as_ref(),
        };
        if let Some(answer) = waiting(app, &caller, asked).await? {
            return Ok(Outcome::Waiting(answer));
        }
        match app.administrators.commit(&change, &app.trail, &caller.attribution()).await {
            Ok(()) => return Ok(Outcome::Done(())),
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::Conflict)
}
