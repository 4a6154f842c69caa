//! The catalogue of protected APIs.

mod create;
mod list;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::id::ResourceKey;
use shared::domain::resource::{AccessLevel, Audience, Resource};
use shared::domain::scope::Scope;

pub(crate) use create::create;
pub(crate) use list::list;

/// A resource that clients can be granted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Resource")]
pub(crate) struct ResourceJson {
    key: ResourceKey,
    name: String,
    audience: Audience,
    /// The scope of each access level.
    levels: BTreeMap<AccessLevel, Scope>,
    /// True if clients of the organization can be granted the resource.
    grantable: bool,
    /// True for the management API itself, which always exists.
    built_in: bool,
    /// The creation time; null for the built-in resource.
    created_at: Option<Timestamp>,
}

impl ResourceJson {
    /// Builds the representation of a resource that an organization can or cannot grant.
    fn of(resource: Resource, grantable: bool) -> Self {
        let Resource { key, name, audience, levels, created_at } = resource;
        let built_in = key.is_built_in();
        Self {
            key,
            name: name.into(),
            audience,
            levels,
            grantable,
            built_in,
            created_at: (!built_in).then_some(created_at),
        }
    }
}
