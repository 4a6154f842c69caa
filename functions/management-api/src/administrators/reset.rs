//! `POST /v1/administrators/{administrator_id}/reset`: a link to choose password and authenticator anew.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;
use shared::domain::invitation::ResetAdministrator;

use super::load;
use crate::Management;
use crate::caller::Person;
use crate::commands::{Asked, waiting};
use crate::error::ApiError;
use crate::invitations::{self, Link};
use crate::path::At;
use crate::session::throttle::count_mail;

/// Mails somebody who lost authenticator or password a link. Until it is used nothing changes.
pub(crate) async fn reset(
    State(app): State<Arc<Management>>,
    person: Person,
    At(id): At<AdministratorId>,
) -> Result<Response, ApiError> {
    let administrator = load(&app, &person.caller(), &id).await?;
    let now = person.arrival.at;
    let asked = Asked {
        organization: administrator.organization.as_ref(),
        email: &administrator.email,
        command: PersonCommand::Reset(ResetAdministrator { administrator: id }),
        diff: &[],
        version: Some(administrator.version),
        managers: None,
    };
    if let Some(answer) = waiting(&app, &person.caller(), asked).await? {
        return Ok(answer);
    }
    count_mail(&app, administrator.organization.as_ref(), &administrator.email, now).await?;
    let link = Link::new();
    let change = administrator.ask_reset(link.named(), &person.actor(), now);
    app.administrators.commit_invitation(&change, &app.trail, &person.attribution()).await?;
    let mailed = invitations::mail(&app, &change.after, &link, now).await;
    Ok(invitations::made(&app, &invitations::committed(change), mailed, now))
}
