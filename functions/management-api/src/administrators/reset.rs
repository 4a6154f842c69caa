//! `POST /v1/administrators/{administrator_id}/reset`: a link to choose password and authenticator anew.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;
use shared::domain::invitation::{Invitation, ResetAdministrator};

use super::load;
use crate::Management;
use crate::caller::Person;
use crate::commands::{Asked, Outcome, waiting};
use crate::error::ApiError;
use crate::invitations::{self, Link, Mailed};
use crate::path::At;
use crate::session::throttle::count_mail;

/// Mails somebody who lost authenticator or password a link. Until it is used nothing changes.
pub(crate) async fn reset(
    State(app): State<Arc<Management>>,
    person: Person,
    At(administrator): At<AdministratorId>,
) -> Result<Response, ApiError> {
    match carry_out(&app, &person, &ResetAdministrator { administrator }).await? {
        Outcome::Done((made, mailed)) => Ok(invitations::made(&app, &made, mailed, person.arrival.at)),
        Outcome::Waiting(answer) => Ok(answer),
    }
}

/// Carries the command out.
pub(crate) async fn carry_out(
    app: &Management,
    person: &Person,
    command: &ResetAdministrator,
) -> Result<Outcome<(Invitation, Mailed)>, ApiError> {
    let administrator = load(app, &person.caller(), &command.administrator).await?;
    let now = person.arrival.at;
    let asked = Asked {
        organization: administrator.organization.as_ref(),
        email: &administrator.email,
        command: PersonCommand::Reset(command.clone()),
        diff: &[],
        version: Some(administrator.version),
        managers: None,
    };
    if let Some(answer) = waiting(app, &person.caller(), asked).await? {
        return Ok(Outcome::Waiting(answer));
    }
    count_mail(app, administrator.organization.as_ref(), &administrator.email, now).await?;
    let link = Link::new();
    let change = administrator.ask_reset(link.named(), &person.actor(), now);
    app.administrators.commit_invitation(&change, &app.trail, &person.attribution()).await?;
    let mailed = invitations::mail(app, &change.after, &link, now).await?;
    Ok(Outcome::Done((invitations::committed(change), mailed)))
}
