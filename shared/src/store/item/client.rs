//! Clients as items of the table `clients`, beside their secrets.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Corrupt, Item, Reader, Writer, expiry_day, secret};
use crate::domain::client::registration::Registration;
use crate::domain::client::{Client, Environment, Served};
use crate::domain::grant::{Grant, Grants};
use crate::domain::id::{ClientId, ClientKey, OrganizationKey, ResourceKey, SecretId, Version};
use crate::domain::reminder::Expiring;
use crate::domain::resource::{AccessLevel, Audience};
use crate::domain::scope::Scope;
use crate::domain::secret::Secret;
use crate::domain::text::{Name, Notes};
use crate::domain::time::TokenLifetime;
use crate::store::schema::{CLIENT_ID, CLIENTS, EXPIRES_AT, EXPIRY_DAY, LISTED_IN, ORGANIZATION, PART};

/// The sort key of the client itself.
pub const CLIENT_PART: &str = "client";
/// The optimistic version of the client with its secrets.
pub const VERSION: &str = "version";
/// Set while the client's organization is suspended; absent otherwise.
pub const SUSPENDED: &str = "suspended";
/// The sort key of the mark that an organization is suspended; no client_id starts so.
const SUSPENSION_PART: &str = "@suspended";
const KEY: &str = "key";
const NAME: &str = "name";
const NOTES: &str = "notes";
const ENABLED: &str = "enabled";
const ENVIRONMENT: &str = "environment";
const TOKEN_LIFETIME: &str = "token_lifetime_seconds";
const GRANTS: &str = "grants";
const LEVEL: &str = "level";
const AUDIENCE: &str = "audience";
const SCOPES: &str = "scopes";
const SERVES: &str = "serves";
const SECRETS: &str = "secrets";
const CREATED_AT: &str = "created_at";
const UPDATED_AT: &str = "updated_at";
const DELETED_AT: &str = "deleted_at";

/// A client as a list shows it, with what its own item says of its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The client.
    pub client: Client,
    /// Its secrets that are not deleted.
    pub secrets: Vec<secret::Summary>,
}

/// The key of a part of a client's partition.
#[must_use]
pub fn key(client_id: &ClientId, part: &str) -> Item {
    Writer::default().text(CLIENT_ID, client_id.as_str()).text(PART, part).finish()
}

/// The partition of an organization's directory of clients; no client_id starts with `@`.
#[must_use]
pub fn directory(organization: &OrganizationKey) -> String {
    format!("@{organization}")
}

/// The item that names a client in its organization's directory: nothing but its key.
#[must_use]
pub fn directory_key(organization: &OrganizationKey, client_id: &ClientId) -> Item {
    Writer::default().text(CLIENT_ID, directory(organization)).text(PART, client_id.as_str()).finish()
}

/// The item that is there while an organization is suspended: nothing but its key.
#[must_use]
pub fn suspension_key(organization: &OrganizationKey) -> Item {
    Writer::default().text(CLIENT_ID, directory(organization)).text(PART, SUSPENSION_PART).finish()
}

/// Reads which client an item of a directory names; none, where it is the mark of a suspension.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_directory(item: &Item) -> Result<Option<ClientId>, Corrupt> {
    let r = Reader::new(CLIENTS.name, "?", item);
    if r.text(PART)? == SUSPENSION_PART { Ok(None) } else { r.parsed(PART, ClientId::parse).map(Some) }
}

/// Reads whether a client has the mark of a suspended organization.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_suspension(item: &Item) -> Result<(ClientId, bool), Corrupt> {
    let r = Reader::new(CLIENTS.name, "?", item);
    Ok((r.parsed(CLIENT_ID, ClientId::parse)?, r.optional_flag(SUSPENDED)?))
}

/// Writes a client, with a summary of its secrets for lists.
#[must_use]
pub fn write(registration: &Registration) -> Item {
    let client = &registration.client;
    let live = client.deleted_at.is_none();
    let grants = client.grants.0.iter().map(|(resource, grant)| {
        let item = Writer::default()
            .text(LEVEL, grant.level.as_str())
            .text(AUDIENCE, grant.audience.as_str())
            .texts(SCOPES, grant.scopes.iter().map(ToString::to_string));
        (resource.to_string(), item.finish())
    });
    let serves = client.serves.iter().map(|(resource, audience)| {
        (resource.to_string(), Writer::default().text(AUDIENCE, audience.as_str()).finish())
    });
    Writer::default()
        .text(CLIENT_ID, client.client_id.as_str())
        .text(PART, CLIENT_PART)
        .text(ORGANIZATION, client.organization.as_str())
        .optional_text(LISTED_IN, live.then(|| client.organization.as_str()))
        .text(KEY, client.key.as_str())
        .text(NAME, client.name.as_str())
        .text(NOTES, client.notes.as_str())
        .flag(ENABLED, client.enabled)
        .flag_if(SUSPENDED, client.suspended)
        .text(ENVIRONMENT, client.environment.as_str())
        .number(TOKEN_LIFETIME, client.token_lifetime.seconds())
        .map(GRANTS, grants)
        .map(SERVES, serves)
        .map(SECRETS, registration.secrets.iter().filter(|_| live).filter_map(secret::write_summary))
        .time(CREATED_AT, client.created_at)
        .time(UPDATED_AT, client.updated_at)
        .optional_time(EXPIRES_AT, client.expires_at)
        .optional_text(EXPIRY_DAY, client.expires_at.filter(|_| live).map(expiry_day))
        .optional_time(DELETED_AT, client.deleted_at)
        .number(VERSION, client.version)
        .finish()
}

/// Reads a client.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Client, Corrupt> {
    let unnamed = Reader::new(CLIENTS.name, "?", item);
    let r = Reader::new(CLIENTS.name, unnamed.text(CLIENT_ID)?, item);
    let grants = r.map(GRANTS)?.into_iter().map(|(resource, grant)| {
        let grant = Grant {
            level: grant.named(LEVEL, AccessLevel::from_word)?,
            audience: grant.parsed(AUDIENCE, Audience::parse)?,
            scopes: grant.texts(SCOPES, |text| Scope::parse(text).ok())?,
        };
        Ok((ResourceKey::parse(resource).map_err(|_| r.corrupt(GRANTS))?, grant))
    });
    let serves = r.map(SERVES)?.into_iter().map(|(resource, served)| {
        let resource = ResourceKey::parse(resource).map_err(|_| r.corrupt(SERVES))?;
        Ok((resource, served.parsed(AUDIENCE, Audience::parse)?))
    });
    Ok(Client {
        client_id: r.parsed(CLIENT_ID, ClientId::parse)?,
        organization: r.parsed(ORGANIZATION, OrganizationKey::parse)?,
        key: r.parsed(KEY, ClientKey::parse)?,
        name: r.parsed(NAME, Name::parse)?,
        notes: r.parsed(NOTES, Notes::parse)?,
        enabled: r.flag(ENABLED)?,
        suspended: r.optional_flag(SUSPENDED)?,
        environment: r.named(ENVIRONMENT, Environment::from_word)?,
        token_lifetime: TokenLifetime::new(r.number(TOKEN_LIFETIME)?).map_err(|_| r.corrupt(TOKEN_LIFETIME))?,
        grants: Grants(grants.collect::<Result<BTreeMap<_, _>, Corrupt>>()?),
        serves: serves.collect::<Result<Served, Corrupt>>()?,
        created_at: r.time(CREATED_AT)?,
        updated_at: r.time(UPDATED_AT)?,
        expires_at: r.optional_time(EXPIRES_AT)?,
        deleted_at: r.optional_time(DELETED_AT)?,
        version: Version(r.number(VERSION)?),
    })
}

/// Reads a client with the summary of its secrets.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_listed(item: &Item) -> Result<Listed, Corrupt> {
    let client = read(item)?;
    let r = Reader::new(CLIENTS.name, client.client_id.as_str(), item);
    let mut secrets = r.map(SECRETS)?.into_iter().map(secret::read_summary).collect::<Result<Vec<_>, _>>()?;
    secrets.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(Listed { client, secrets })
}

/// The attributes that [`read_expiring`] needs.
pub const EXPIRING: [&str; 3] = [CLIENT_ID, secret::SECRET_ID, EXPIRES_AT];

/// Reads what the index of what expires says of an item: what it is, and when it ends.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_expiring(item: &Item) -> Result<(Expiring, Timestamp), Corrupt> {
    let unnamed = Reader::new(CLIENTS.name, "?", item);
    let r = Reader::new(CLIENTS.name, unnamed.text(CLIENT_ID)?, item);
    let secret = r.optional_text(secret::SECRET_ID)?.map(SecretId::parse).transpose();
    let expiring = Expiring {
        client_id: r.parsed(CLIENT_ID, ClientId::parse)?,
        secret: secret.map_err(|_| r.corrupt(secret::SECRET_ID))?,
    };
    Ok((expiring, r.time(EXPIRES_AT)?))
}

/// Reads whose a client is.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_organization(item: &Item) -> Result<(ClientId, OrganizationKey), Corrupt> {
    let unnamed = Reader::new(CLIENTS.name, "?", item);
    let r = Reader::new(CLIENTS.name, unnamed.text(CLIENT_ID)?, item);
    Ok((r.parsed(CLIENT_ID, ClientId::parse)?, r.parsed(ORGANIZATION, OrganizationKey::parse)?))
}

/// Reads the items of one client's partition: the client, where it is among them, and the secrets, oldest first.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_partition(items: &[Item]) -> Result<Option<Registration>, Corrupt> {
    let mut client = None;
    let mut secrets: Vec<Secret> = Vec::new();
    for item in items {
        let r = Reader::new(CLIENTS.name, "?", item);
        if r.text(PART)? == CLIENT_PART {
            client = Some(read(item)?);
        } else {
            secrets.push(secret::read(item)?);
        }
    }
    secrets.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(client.map(|client| Registration { client, secrets }))
}
