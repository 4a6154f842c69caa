//! `POST /v1/invitations`: a link by mail, with which somebody makes an account.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::administrator::{Email, Privilege, Role};
use shared::domain::id::OrganizationKey;
use shared::domain::invitation::{Invitation, Invite};
use shared::domain::text::Name;

use super::{Link, Mailed, committed, made, mail};
use crate::Management;
use crate::administrators::{AskedPrivileges, people_of, refused};
use crate::body::{JsonBody, present};
use crate::caller::Person;
use crate::error::ApiError;
use crate::session::throttle::count_mail;

/// Who is invited. Exactly one of `role` and `privileges` is given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schemars(rename = "Invite")]
pub(crate) struct AskedInvitation {
    email: Email,
    name: Name,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Role")]
    role: Option<Role>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "BTreeSet<Privilege>")]
    privileges: Option<BTreeSet<Privilege>>,
    /// Where they get the privileges; an operator who names none invites an operator.
    organization: Option<OrganizationKey>,
}

/// Invites somebody. The answer is the same whether the address has an account elsewhere or not.
pub(crate) async fn create(
    State(app): State<Arc<Management>>,
    person: Person,
    JsonBody(asked): JsonBody<AskedInvitation>,
) -> Result<impl IntoResponse, ApiError> {
    let AskedInvitation { email, name, role, privileges, organization } = asked;
    let privileges = AskedPrivileges { role, privileges }.read()?;
    let privileges = privileges.ok_or_else(|| ApiError::invalid("role", "is missing, or `privileges` instead"))?;
    let organization = people_of(&app, &person.caller(), organization).await?.map(|organization| organization.key);
    let command = Invite { email, name, organization, privileges };
    let (invitation, mailed) = carry_out(&app, &person, command).await?;
    Ok(made(&app, &invitation, mailed, person.arrival.at))
}

/// Carries the command out.
pub(crate) async fn carry_out(
    app: &Management,
    person: &Person,
    command: Invite,
) -> Result<(Invitation, Mailed), ApiError> {
    let now = person.arrival.at;
    let colleague = app.administrators.by_email(&command.email).await?;
    if colleague.is_some_and(|colleague| colleague.organization == command.organization) {
        let detail = format!("{} is an administrator here already.", command.email);
        return Err(ApiError::AlreadyExists(detail));
    }
    let link = Link::new();
    let (email, organization) = (command.email.clone(), command.organization.clone());
    let granted = (&person.actor(), &person.administrator.privileges);
    let change = match command.decide(link.named(), granted, now) {
        Ok(change) => change,
        Err(error) => return Err(refused(app, &person.caller(), error).await),
    };
    count_mail(app, organization.as_ref(), &email, now).await?;
    app.administrators.commit_invitation(&change, &app.trail, &person.attribution()).await?;
    let mailed = mail(app, &change.after, &link, now).await?;
    Ok((committed(change), mailed))
}
