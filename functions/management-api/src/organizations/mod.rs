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
use shared::domain::id::{OrganizationKey, ResourceKey, Version};
use shared::domain::organization::Organization;
use shared::domain::organization::settings::OrganizationSettings;

pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use show::show;
pub(crate) use suspend::{resume, suspend};
pub(crate) use update::update;

/// An organization.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
pub(crate) struct OrganizationJson {
    key: OrganizationKey,
    name: String,
    settings: OrganizationSettings,
    /// The resources that its clients can be granted; null for all.
    grantable_resources: Option<BTreeSet<ResourceKey>>,
    /// The time of the suspension; null if the organization is not suspended.
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
