//! What somebody asks for, as a value: it is carried out at once, or kept until somebody else has approved it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::administrator::{Email, Privilege};
use super::client::{ChangeError, Served};
use super::event::FieldChange;
use super::grant::{Grants, InvalidGrants};
use super::id::{ClientId, ClientIdPrefix, ResourceKey, SecretId};
use super::organization::{Organization, Settings};
use super::resource::{AccessLevel, Catalogue};
use super::text::Name;

mod client;
mod person;

pub use client::{AskedClient, AskedUpdate, ClientCommand};
pub use person::PersonCommand;

/// Access levels by resource, as they are asked for.
pub type Levels = BTreeMap<ResourceKey, AccessLevel>;
/// Resources to serve, as they are asked for.
pub type ServedKeys = BTreeSet<ResourceKey>;

/// Something to be done in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// To a client or to its secrets.
    Client {
        /// Which client.
        client_id: ClientId,
        /// What.
        change: ClientCommand,
    },
    /// To the organization itself: its name and settings as they are to be.
    Organization {
        /// What people call it.
        name: Name,
        /// Its policy.
        settings: Box<Settings>,
    },
    /// About somebody who is an administrator of it, or is to be one.
    Administrator {
        /// Their address when it was asked for.
        email: Email,
        /// What.
        change: PersonCommand,
    },
}

impl Command {
    /// The word of this action in JSON.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Client { change, .. } => change.action(),
            Self::Organization { .. } => "organization.update",
            Self::Administrator { change, .. } => change.action(),
        }
    }

    /// The client that it is about.
    #[must_use]
    pub fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::Client { client_id, .. } => Some(client_id),
            Self::Organization { .. } | Self::Administrator { .. } => None,
        }
    }

    /// The address of the administrator that it is about.
    #[must_use]
    pub fn email(&self) -> Option<&Email> {
        match self {
            Self::Administrator { email, .. } => Some(email),
            Self::Client { .. } | Self::Organization { .. } => None,
        }
    }

    /// The secret that it is about, where it is about one that exists.
    #[must_use]
    pub fn secret_id(&self) -> Option<&SecretId> {
        match self {
            Self::Client { change, .. } => change.secret_id(),
            Self::Organization { .. } | Self::Administrator { .. } => None,
        }
    }

    /// Every privilege that it takes.
    #[must_use]
    pub fn privileges(&self) -> BTreeSet<Privilege> {
        match self {
            Self::Client { change, .. } => change.privileges(),
            Self::Organization { .. } => [Privilege::OrganizationChange].into(),
            Self::Administrator { .. } => [Privilege::AdministratorsManage].into(),
        }
    }

    /// Whether a secret comes of it.
    #[must_use]
    pub fn makes_secret(&self) -> bool {
        match self {
            Self::Client { change, .. } => change.makes_secret(),
            Self::Organization { .. } | Self::Administrator { .. } => false,
        }
    }

    /// What it does, in one sentence; `diff` is what it changes.
    #[must_use]
    pub fn summary(&self, diff: &[FieldChange]) -> String {
        let fields: Vec<&str> = diff.iter().map(|change| change.field.as_str()).collect();
        match self {
            Self::Organization { .. } => format!("Change the organization: {}.", fields.join(", ")),
            Self::Client { client_id, change } => change.summary(client_id, &fields),
            Self::Administrator { email, change } => change.summary(email, &fields),
        }
    }
}

/// What a command is carried out under, as it is at that moment.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The first part of every client_id.
    pub prefix: &'a ClientIdPrefix,
    /// Whose the client is, with its policy.
    pub organization: &'a Organization,
    /// What there is to grant and to serve; a command that assigns nothing does without.
    pub catalogue: Option<&'a Catalogue>,
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The client or its secrets do not allow it.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The catalogue does not have what is to be granted.
    #[error(transparent)]
    Grants(#[from] InvalidGrants),
    /// The organization may not grant these; an operator says what it may.
    #[error("is not open to the organization: an operator says which resources its clients may be granted")]
    NotGrantable(Vec<ResourceKey>),
    /// The catalogue does not have what is to be served.
    #[error("there is no resource {0}")]
    UnknownServed(ResourceKey),
}

impl Terms<'_> {
    /// The grants of these levels. What a client has already it keeps, at that level or a lower one, wherever the
    /// organization's limit was drawn since.
    pub(super) fn grants(&self, levels: &Levels, before: &Grants) -> Result<Grants, CommandError> {
        let new = |key: &ResourceKey, level: AccessLevel| before.0.get(key).is_none_or(|grant| grant.level < level);
        let asked = levels.iter().filter(|(key, level)| new(key, **level)).map(|(key, _)| key);
        let refused: Vec<_> = asked.filter(|key| !self.organization.may_grant(key)).cloned().collect();
        if !refused.is_empty() {
            return Err(CommandError::NotGrantable(refused));
        }
        match self.catalogue {
            Some(catalogue) => Ok(Grants::resolve(levels, catalogue)?),
            None => match levels.keys().next() {
                Some(key) => Err(InvalidGrants::UnknownResource(key.clone()).into()),
                None => Ok(Grants::default()),
            },
        }
    }

    pub(super) fn served(&self, keys: &ServedKeys) -> Result<Served, CommandError> {
        let resource = |key: &ResourceKey| self.catalogue.and_then(|catalogue| catalogue.resources.get(key));
        let audience = |key: &ResourceKey| match resource(key) {
            Some(resource) => Ok((key.clone(), resource.audience.clone())),
            None => Err(CommandError::UnknownServed(key.clone())),
        };
        keys.iter().map(audience).collect()
    }
}
