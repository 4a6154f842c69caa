//! What somebody asks for, as a value: it is carried out at once, or kept until somebody else has approved it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::email::Email;
use super::event::FieldChange;
use super::id::{ClientId, SecretId};
use super::privilege::Privilege;
use super::text::Name;
use crate::domain::organization::settings::OrganizationSettings;

mod client;
mod person;
mod terms;

pub use client::{AskedClient, AskedUpdate, ClientCommand};
pub use person::PersonCommand;
pub use terms::{CommandError, Levels, ServedKeys, Terms};

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
        /// Name shown to people.
        name: Name,
        /// Its policy.
        settings: Box<OrganizationSettings>,
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

    /// True if it creates a secret.
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
