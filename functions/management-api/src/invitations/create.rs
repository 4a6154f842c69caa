//! `POST /v1/invitations`: mails a link for creating an account.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::command::PersonCommand;
use shared::domain::email::Email;
use shared::domain::id::OrganizationKey;
use shared::domain::invitation::Invite;
use shared::domain::privilege::{Privilege, Role};
use shared::domain::text::Name;

use super::made;
use crate::administrators::AskedPrivileges;
use crate::app::Management;
use crate::app::administrators::{people_of, refused};
use crate::app::caller::Person;
use crate::app::commands::{PersonChange, wait_for_approval};
use crate::app::error::ApiError;
use crate::app::invitations::{Link, check_newcomer, committed, mail};
use crate::app::throttle::count_mail;
use crate::change_requests::accepted;
use crate::http::body::{JsonBody, present};

/// A new invitation. Exactly one of `role` and `privileges` is required.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateInvitation {
    email: Email,
    name: Name,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Role")]
    role: Option<Role>,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "BTreeSet<Privilege>")]
    privileges: Option<BTreeSet<Privilege>>,
    /// The organization. An operator who leaves it out invites an operator.
    organization: Option<OrganizationKey>,
}

/// Invites a person. The response is the same whether the address has an account elsewhere or not.
pub(crate) async fn create(
    State(app): State<Arc<Management>>,
    person: Person,
    JsonBody(asked): JsonBody<CreateInvitation>,
) -> Result<Response, ApiError> {
    let CreateInvitation { email, name, role, privileges, organization } = asked;
    let privileges = AskedPrivileges { role, privileges }.read()?;
    let privileges = privileges.ok_or_else(|| ApiError::invalid("role", "is missing, or `privileges` instead"))?;
    let organization = people_of(&app, &person.caller(), organization).await?.map(|organization| organization.key);
    let command = Invite { email, name, organization, privileges };
    check_newcomer(&app, &command).await?;
    let (caller, now) = (person.caller(), person.context.at);
    let link = Link::new();
    let granted = (&person.actor(), &person.administrator.privileges);
    let change = match command.clone().decide(link.named(), granted, now) {
        Ok(change) => change,
        Err(error) => return Err(refused(&app, &caller, error).await),
    };
    let Invite { email, organization, .. } = &command;
    let submitted = PersonChange {
        organization: organization.as_ref(),
        email,
        command: PersonCommand::Invite(command.clone()),
        diff: &change.event.changes,
        version: None,
        managers: None,
    };
    if let Some(request) = wait_for_approval(&app, &caller, submitted).await? {
        return Ok(accepted(&app, &caller, &request));
    }
    count_mail(&app, organization.as_ref(), email, now).await?;
    app.administrators.commit_invitation(&change, &app.trail, &caller.attribution()).await?;
    let mailed = mail(&app, &change.after, &link, now).await;
    Ok(made(&app, &committed(change), mailed, now))
}
