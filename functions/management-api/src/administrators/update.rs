//! `PATCH /v1/administrators/{administrator_id}`: another name, or other privileges.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::administrator::change::UpdateAdministrator;
use shared::domain::administrator::{Administrator, Privilege, Role};
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;
use shared::domain::text::Name;
use shared::store::CommitError;
use shared::store::administrators::committed;

use super::{AdministratorJson, AskedPrivileges, load, refused};
use crate::Management;
use crate::body::{JsonBody, permanent, present};
use crate::caller::Person;
use crate::commands::{Asked, Outcome, waiting};
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::{IfMatch, TRIES};

/// What is to change; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schemars(rename = "UpdateAdministrator")]
pub(crate) struct AskedUpdate {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Name")]
    name: Option<Name>,
    /// The bundle of a role, in place of `privileges`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Role")]
    role: Option<Role>,
    /// All privileges, as a whole.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "BTreeSet<Privilege>")]
    privileges: Option<BTreeSet<Privilege>>,
    #[serde(default, deserialize_with = "permanent", rename = "email")]
    #[schemars(skip)]
    _email: (),
    #[serde(default, deserialize_with = "permanent", rename = "organization")]
    #[schemars(skip)]
    _organization: (),
}

/// Changes an administrator.
pub(crate) async fn update(
    State(app): State<Arc<Management>>,
    person: Person,
    if_match: IfMatch,
    At(administrator): At<AdministratorId>,
    JsonBody(asked): JsonBody<AskedUpdate>,
) -> Result<Response, ApiError> {
    let AskedUpdate { name, role, privileges, .. } = asked;
    let privileges = AskedPrivileges { role, privileges }.read()?;
    let command = UpdateAdministrator { administrator, name, privileges };
    match carry_out(&app, &person, &if_match, &command).await? {
        Outcome::Done(after) => Ok(AdministratorJson::of(&app, after).await?.answer().into_response()),
        Outcome::Waiting(answer) => Ok(answer),
    }
}

/// Carries the command out, and answers with the account as it is then. It is tried again where somebody was quicker.
pub(crate) async fn carry_out(
    app: &Management,
    person: &Person,
    if_match: &IfMatch,
    command: &UpdateAdministrator,
) -> Result<Outcome<Administrator>, ApiError> {
    let caller = person.caller();
    for _ in 0..TRIES {
        let before = load(app, &caller, &command.administrator).await?;
        if_match.check(before.version)?;
        let managers = app.administrators.managers(before.organization.as_ref()).await?;
        let change = match before.update(command, &person.administrator.privileges, &managers) {
            Ok(Some(change)) => change,
            Ok(None) => return Ok(Outcome::Done(before)),
            Err(error) => return Err(refused(app, &caller, error).await),
        };
        let asked = Asked {
            organization: before.organization.as_ref(),
            email: &before.email,
            command: PersonCommand::Update(command.clone()),
            diff: &change.event.changes,
            version: Some(before.version),
            managers: change.managers.as_ref(),
        };
        if let Some(answer) = waiting(app, &caller, asked).await? {
            return Ok(Outcome::Waiting(answer));
        }
        match app.administrators.commit(&change, &app.trail, &caller.attribution()).await {
            Ok(()) => return Ok(Outcome::Done(committed(change))),
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::Conflict)
}
