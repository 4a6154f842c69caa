//! Organizations and the resource catalogue as items of the table `organizations`.

use std::collections::BTreeMap;

use super::{Corrupt, Item, Reader, Writer};
use crate::domain::id::{OrganizationKey, ResourceKey, Version};
use crate::domain::organization::Organization;
use crate::domain::organization::settings::OrganizationSettings;
use crate::domain::resource::{AccessLevel, Audience, Catalogue, Resource};
use crate::domain::scope::Scope;
use crate::domain::text::Name;
use crate::store::schema::{LISTED_IN, ORGANIZATION, ORGANIZATIONS, PART};

/// The sort key of an organization.
pub const ORGANIZATION_PART: &str = "organization";
/// The partition of the catalogue; no organization key starts with `@`.
pub const CATALOGUE: &str = "@catalogue";
/// Where all organizations are listed.
pub const ALL_ORGANIZATIONS: &str = "organizations";
/// The optimistic version.
pub const VERSION: &str = "version";
const CATALOGUE_PART: &str = "catalogue";
const RESOURCE_PREFIX: &str = "resource#";
const NAME: &str = "name";
const SETTINGS: &str = "settings";
const GRANTABLE: &str = "grantable_resources";
const SUSPENDED_AT: &str = "suspended_at";
const CREATED_AT: &str = "created_at";
const AUDIENCE: &str = "audience";
const LEVELS: &str = "levels";
const SCOPE: &str = "scope";

/// The key of an organization.
#[must_use]
pub fn key(organization: &OrganizationKey) -> Item {
    Writer::default().text(ORGANIZATION, organization.as_str()).text(PART, ORGANIZATION_PART).finish()
}

/// Writes an organization. Its settings are one JSON text, with every default spelled out.
#[must_use]
pub fn write(organization: &Organization) -> Item {
    let settings = serde_json::json!(organization.settings).to_string();
    let written = match &organization.grantable {
        Some(keys) => Writer::default().texts(GRANTABLE, keys.iter().map(ToString::to_string)),
        None => Writer::default(),
    };
    written
        .text(ORGANIZATION, organization.key.as_str())
        .text(PART, ORGANIZATION_PART)
        .text(LISTED_IN, ALL_ORGANIZATIONS)
        .text(NAME, organization.name.as_str())
        .text(SETTINGS, settings)
        .optional_time(SUSPENDED_AT, organization.suspended_at)
        .time(CREATED_AT, organization.created_at)
        .number(VERSION, organization.version)
        .finish()
}

/// Reads an organization.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Organization, Corrupt> {
    let unnamed = Reader::new(ORGANIZATIONS.name, "?", item);
    let r = Reader::new(ORGANIZATIONS.name, unnamed.text(ORGANIZATION)?, item);
    Ok(Organization {
        key: r.parsed(ORGANIZATION, OrganizationKey::parse)?,
        name: r.parsed(NAME, Name::parse)?,
        settings: r.parsed(SETTINGS, serde_json::from_str::<OrganizationSettings>)?,
        grantable: r.optional_texts(GRANTABLE, |text| ResourceKey::parse(text).ok())?,
        suspended_at: r.optional_time(SUSPENDED_AT)?,
        created_at: r.time(CREATED_AT)?,
        version: Version(r.number(VERSION)?),
    })
}

/// Writes the head of the catalogue, whose version guards the whole.
#[must_use]
pub fn write_catalogue_head(version: Version) -> Item {
    Writer::default().text(ORGANIZATION, CATALOGUE).text(PART, CATALOGUE_PART).number(VERSION, version).finish()
}

/// Writes a resource of the catalogue.
#[must_use]
pub fn write_resource(resource: &Resource) -> Item {
    let levels = resource
        .levels
        .iter()
        .map(|(level, scope)| (level.as_str().to_owned(), Writer::default().text(SCOPE, scope.as_str()).finish()));
    Writer::default()
        .text(ORGANIZATION, CATALOGUE)
        .text(PART, format!("{RESOURCE_PREFIX}{}", resource.key))
        .text(NAME, resource.name.as_str())
        .text(AUDIENCE, resource.audience.as_str())
        .map(LEVELS, levels)
        .time(CREATED_AT, resource.created_at)
        .finish()
}

fn read_resource(key: &str, item: &Item) -> Result<Resource, Corrupt> {
    let r = Reader::new(ORGANIZATIONS.name, key, item);
    let levels = r.map(LEVELS)?.into_iter().map(|(level, scope)| {
        let level = AccessLevel::from_word(level).ok_or_else(|| r.corrupt(LEVELS))?;
        Ok((level, scope.parsed(SCOPE, Scope::parse)?))
    });
    Ok(Resource {
        key: ResourceKey::parse(key).map_err(|_| r.corrupt(PART))?,
        name: r.parsed(NAME, Name::parse)?,
        audience: r.parsed(AUDIENCE, Audience::parse)?,
        levels: levels.collect::<Result<BTreeMap<_, _>, Corrupt>>()?,
        created_at: r.time(CREATED_AT)?,
    })
}

/// Reads the items of the catalogue's partition; none is the empty catalogue, not stored yet.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_catalogue(items: &[Item]) -> Result<Catalogue, Corrupt> {
    let mut catalogue = Catalogue { version: Version::NEW, resources: BTreeMap::new() };
    for item in items {
        let r = Reader::new(ORGANIZATIONS.name, CATALOGUE, item);
        let part = r.text(PART)?;
        if part == CATALOGUE_PART {
            catalogue.version = Version(r.number(VERSION)?);
        } else {
            let key = part.strip_prefix(RESOURCE_PREFIX).ok_or_else(|| r.corrupt(PART))?;
            let resource = read_resource(key, item)?;
            catalogue.resources.insert(resource.key.clone(), resource);
        }
    }
    Ok(catalogue)
}
