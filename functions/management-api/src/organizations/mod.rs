//! Organizations: the tenants and their settings.

mod create;
mod list;
mod settings;
mod show;
mod suspend;
mod update;

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use shared::domain::event::FieldChange;
use shared::domain::id::{OrganizationKey, ResourceKey, Version};
use shared::domain::organization::{Organization, Settings};

pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use show::show;
pub(crate) use suspend::{resume, suspend};
pub(crate) use update::update;

/// Each field that differs, by its name in the API.
pub(crate) fn changes(before: &Organization, after: &Organization) -> Vec<FieldChange> {
    let renamed = FieldChange::between("name", json!(before.name), json!(after.name));
    let (from, to) = (json!(before.grantable), json!(after.grantable));
    let opened = FieldChange::between("grantable_resources", from, to);
    renamed.into_iter().chain(opened).chain(settings::differences(&before.settings, &after.settings)).collect()
}

/// An organization as it is answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
pub(crate) struct OrganizationJson {
    key: OrganizationKey,
    name: String,
    settings: Settings,
    /// The resources that its clients may be granted; null is all of them.
    grantable_resources: Option<BTreeSet<ResourceKey>>,
    /// Since when its people are refused and its clients get no tokens; null where they are not.
    suspended_at: Option<Timestamp>,
    created_at: Timestamp,
    version: Version,
}

impl From<Organization> for OrganizationJson {
    fn from(organization: Organization) -> Self {
        let Organization { key, name, settings, grantable, suspended_at, created_at, version } = organization;
        let name = name.into();
        Self { key, name, settings, grantable_resources: grantable, suspended_at, created_at, version }
    }
}
