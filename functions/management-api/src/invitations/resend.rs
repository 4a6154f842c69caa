//! `POST /v1/invitations/{invitation_id}/resend`: replaces the link.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shared::domain::id::InvitationId;
use shared::domain::invitation::ResendError;

use super::InvitationJson;
use crate::app::Management;
use crate::app::administrators::refused;
use crate::app::caller::Person;
use crate::app::commands::has_changes_approved;
use crate::app::error::ApiError;
use crate::app::error::PeopleError;
use crate::app::invitations::{Link, committed, load, mail};
use crate::app::retry::retry_on_conflict;
use crate::app::throttle::count_mail;
use crate::http::path::PathId;

/// Mails a new link, which works for seven days; the previous link no longer works. From then on, the invitation
/// depends on the privileges of the person who resent it.
pub(crate) async fn resend(
    State(app): State<Arc<Management>>,
    person: Person,
    PathId(id): PathId<InvitationId>,
) -> Result<Json<InvitationJson>, ApiError> {
    let (caller, now) = (person.caller(), person.context.at);
    let link = Link::to(&id);
    let mut counted = false;
    retry_on_conflict!(async {
        let before = load(&app, &caller, &id).await?;
        if !before.approved && has_changes_approved(&app, before.organization.as_ref()).await? {
            return Err(ApiError::People(PeopleError::NotApproved));
        }
        let change = match before.resend(link.digest(), (&person.actor(), &person.administrator.privileges), now) {
            Ok(change) => change,
            Err(ResendError::NotPending(reason)) => return Err(reason.into()),
            Err(ResendError::Grant(reason)) => return Err(refused(&app, &caller, reason).await),
        };
        if !counted {
            count_mail(&app, before.organization.as_ref(), &before.email, now).await?;
            counted = true;
        }
        app.administrators.commit_invitation(&change, &app.trail, &caller.attribution()).await?;
        let mailed = mail(&app, &change.after, &link, now).await;
        Ok(Json(InvitationJson::of(&committed(change), Some(mailed), now)))
    })
}
