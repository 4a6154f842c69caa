//! `DELETE /v1/invitations/{invitation_id}`: the link works no more.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use shared::domain::id::InvitationId;

use super::load;
use crate::Management;
use crate::caller::Person;
use crate::error::ApiError;
use crate::path::At;
use crate::tries::{Tries, went_through};

/// Takes an invitation back.
pub(crate) async fn withdraw(
    State(app): State<Arc<Management>>,
    person: Person,
    At(id): At<InvitationId>,
) -> Result<StatusCode, ApiError> {
    let caller = person.caller();
    let mut tries = Tries::default();
    loop {
        tries.next().await?;
        let change = load(&app, &caller, &id).await?.withdraw(person.arrival.at)?;
        if went_through(app.administrators.commit_invitation(&change, &app.trail, &caller.attribution()).await)? {
            return Ok(StatusCode::NO_CONTENT);
        }
    }
}
