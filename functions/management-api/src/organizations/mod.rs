//! Organizations: the tenants and their settings.

mod create;
mod list;
mod settings;
mod show;
mod update;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use shared::domain::event::FieldChange;
use shared::domain::id::{OrganizationKey, Version};
use shared::domain::organization::{Organization, Settings};

pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use show::show;
pub(crate) use update::update;

use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;

/// Each field that differs, by its name in the API.
pub(crate) fn changes(before: &Organization, after: &Organization) -> Vec<FieldChange> {
    let renamed = FieldChange::between("name", json!(before.name), json!(after.name));
    renamed.into_iter().chain(settings::differences(&before.settings, &after.settings)).collect()
}

/// An organization as it is answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
pub(crate) struct OrganizationJson {
    key: OrganizationKey,
    name: String,
    settings: Settings,
    created_at: Timestamp,
    version: Version,
}

impl From<Organization> for OrganizationJson {
    fn from(organization: Organization) -> Self {
        let Organization { key, name, settings, created_at, version } = organization;
        Self { key, name: name.into(), settings, created_at, version }
    }
}

/// The organization of this key, where it exists and the caller may know of it.
pub(crate) async fn load(app: &Management, caller: &Caller, key: &OrganizationKey) -> Result<Organization, ApiError> {
    let found = if caller.reaches(key) { app.organizations.get(key).await? } else { None };
    found.ok_or(ApiError::NotFound("organization"))
}

/// The organization that a request is about: the one that it names, or else the caller's own.
pub(crate) async fn named_or_own(
    app: &Management,
    caller: &Caller,
    named: Option<OrganizationKey>,
) -> Result<Organization, ApiError> {
    match named.as_ref().or(caller.organization()) {
        Some(key) => load(app, caller, key).await,
        None => Err(ApiError::invalid("organization", "is required, since you act in every organization")),
    }
}
