//! `DELETE /v1/invitations/{invitation_id}`: the link works no more.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use shared::domain::id::InvitationId;
use shared::store::CommitError;

use super::load;
use crate::Management;
use crate::caller::Person;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::TRIES;

/// Takes an invitation back.
pub(crate) async fn withdraw(
    State(app): State<Arc<Management>>,
    person: Person,
    At(id): At<InvitationId>,
) -> Result<StatusCode, ApiError> {
    let caller = person.caller();
    for _ in 0..TRIES {
        let change = load(&app, &caller, &id).await?.withdraw(person.arrival.at)?;
        match app.administrators.commit_invitation(&change, &app.trail, &caller.attribution()).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::Conflict)
}
