//! `DELETE /v1/administrators/{administrator_id}/sessions`: signs somebody out everywhere.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use shared::domain::id::AdministratorId;
use shared::store::CommitError;

use super::load;
use crate::Management;
use crate::caller::Person;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::TRIES;

/// Ends every session of an administrator.
pub(crate) async fn end_sessions(
    State(app): State<Arc<Management>>,
    person: Person,
    At(id): At<AdministratorId>,
) -> Result<StatusCode, ApiError> {
    let caller = person.caller();
    for _ in 0..TRIES {
        let change = load(&app, &caller, &id).await?.end_sessions(None);
        match app.administrators.commit(&change, &app.trail, &caller.attribution()).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::Conflict)
}
