//! `PATCH /v1/administrators/{administrator_id}`: changes the name or the privileges.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::administrator::change::UpdateAdministrator;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;
use shared::domain::privilege::{Privilege, Role};
use shared::domain::text::Name;

use super::change::change;
use super::{AdministratorJson, AskedPrivileges};
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::commands::Submitted;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::accepted;
use crate::http::body::{JsonBody, permanent, present};
use crate::http::path::PathId;

/// The fields to change; omitted fields keep their values.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schemars(rename = "UpdateAdministrator")]
pub(crate) struct AskedUpdate {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Name")]
    name: Option<Name>,
    /// The role, as an alternative to `privileges`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Role")]
    role: Option<Role>,
    /// All privileges; replaces the current ones.
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
    PathId(id): PathId<AdministratorId>,
    JsonBody(asked): JsonBody<AskedUpdate>,
) -> Result<Response, ApiError> {
    let AskedUpdate { name, role, privileges, .. } = asked;
    let privileges = AskedPrivileges { role, privileges }.read()?;
    let update = UpdateAdministrator { administrator: id.clone(), name, privileges };
    let command = PersonCommand::Update(update.clone());
    let outcome = change(&app, &person, &if_match, (&id, &command), |before, managers| {
        before.update(&update, &person.administrator.privileges, managers)
    });
    match outcome.await? {
        Submitted::Done(after) => Ok(AdministratorJson::of(&app, *after).await?.answer().into_response()),
        Submitted::Waiting(request) => Ok(accepted(&app, &person.caller(), &request)),
    }
}
