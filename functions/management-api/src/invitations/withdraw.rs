//! `DELETE /v1/invitations/{invitation_id}`: the link no longer works.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use shared::domain::id::InvitationId;

use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::app::invitations::load;
use crate::app::retry::retry_on_conflict;
use crate::http::path::PathId;

/// Withdraws an invitation.
pub(crate) async fn withdraw(
    State(app): State<Arc<Management>>,
    person: Person,
    PathId(id): PathId<InvitationId>,
) -> Result<StatusCode, ApiError> {
    let caller = person.caller();
    retry_on_conflict!(async {
        let change = load(&app, &caller, &id).await?.withdraw(person.context.at)?;
        app.administrators.commit_invitation(&change, &app.trail, &caller.attribution()).await?;
        Ok(StatusCode::NO_CONTENT)
    })
}
