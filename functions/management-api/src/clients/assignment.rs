//! What of the catalogue a client is given: access levels to use, resources to serve.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::administrator::Privilege;
use shared::domain::client::Served;
use shared::domain::grant::{Grants, InvalidGrants};
use shared::domain::id::ResourceKey;
use shared::domain::resource::{AccessLevel, Catalogue};

use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;

/// Access levels by resource, as they are asked for.
pub(crate) type Levels = BTreeMap<ResourceKey, AccessLevel>;
/// Resources to serve, as they are asked for.
pub(crate) type Serves = BTreeSet<ResourceKey>;

/// What is asked for as the catalogue has it; nothing asked for stays nothing.
///
/// Levels need `resources:assign`. A resource is served for every organization, so only an operator says by whom.
pub(crate) async fn resolve(
    app: &Management,
    caller: &Caller,
    levels: Option<&Levels>,
    serves: Option<&Serves>,
) -> Result<(Option<Grants>, Option<Served>), ApiError> {
    if levels.is_some() {
        caller.require(app, Privilege::ResourcesAssign).await?;
    }
    if serves.is_some() {
        caller.require(app, Privilege::PlatformOperate).await?;
    }
    if levels.is_none() && serves.is_none() {
        return Ok((None, None));
    }
    let catalogue = app.organizations.catalogue().await?;
    let grants = levels.map(|levels| Grants::resolve(levels, &catalogue)).transpose().map_err(|e| refusal(&e))?;
    let serves = serves.map(|serves| served(serves, &catalogue)).transpose()?;
    Ok((grants, serves))
}

fn served(serves: &Serves, catalogue: &Catalogue) -> Result<Served, ApiError> {
    let audience = |key: &ResourceKey| match catalogue.resources.get(key) {
        Some(resource) => Ok((key.clone(), resource.audience.clone())),
        None => Err(ApiError::invalid("serves", format!("there is no resource {key}"))),
    };
    serves.iter().map(audience).collect()
}

fn refusal(error: &InvalidGrants) -> ApiError {
    let (InvalidGrants::UnknownResource(key) | InvalidGrants::NoSuchLevel(key, _)) = error;
    ApiError::invalid(format!("grants.{key}"), error.to_string())
}
