//! `POST /v1/administrators/{administrator_id}/reset`: mails a link for choosing a new password and authenticator.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;
use shared::domain::invitation::ResetAdministrator;

use crate::app::Management;
use crate::app::administrators::load;
use crate::app::caller::Person;
use crate::app::commands::{PersonChange, wait_for_approval};
use crate::app::error::ApiError;
use crate::app::invitations::{self, Link};
use crate::app::throttle::count_mail;
use crate::change_requests::accepted;
use crate::http::path::PathId;
use crate::invitations::made;

/// Mails a reset link to an administrator who lost their authenticator or password. Nothing changes until it is used.
pub(crate) async fn reset(
    State(app): State<Arc<Management>>,
    person: Person,
    PathId(id): PathId<AdministratorId>,
) -> Result<Response, ApiError> {
    let administrator = load(&app, &person.caller(), &id).await?;
    let now = person.context.at;
    let change = PersonChange {
        organization: administrator.organization.as_ref(),
        email: &administrator.email,
        command: PersonCommand::Reset(ResetAdministrator { administrator: id }),
        diff: &[],
        version: Some(administrator.version),
        managers: None,
    };
    if let Some(request) = wait_for_approval(&app, &person.caller(), change).await? {
        return Ok(accepted(&app, &person.caller(), &request));
    }
    count_mail(&app, administrator.organization.as_ref(), &administrator.email, now).await?;
    let link = Link::new();
    let change = administrator.ask_reset(link.named(), &person.actor(), now);
    app.administrators.commit_invitation(&change, &app.trail, &person.attribution()).await?;
    let mailed = invitations::mail(&app, &change.after, &link, now).await;
    Ok(made(&app, &invitations::committed(change), mailed, now))
}
