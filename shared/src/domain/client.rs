//! Clients and what an administrator does to them. Each change is a function from values to values:
//! it returns what must be committed and performs nothing.

pub mod change;
pub mod error;
pub mod registration;
pub mod secrets;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::grant::Grants;
use super::id::{ClientId, ClientKey, OrganizationKey, ResourceKey, Version};
use super::machine::privileges_of;
use super::privilege::Privilege;
use super::resource::Audience;
use super::text::{Name, Notes};
use super::time::{TokenLifetime, is_expired};
use super::words::words;

/// A permanent mark of a client: what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real data.
    Production,
    /// Trying things out.
    Sandbox,
}

words!(Environment {
    Production = "production",
    Sandbox = "sandbox",
});

/// Resources whose server a client is, each with its audience.
pub type Served = BTreeMap<ResourceKey, Audience>;

/// One integration of an organization: RFC 6749's client, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its permanent identifier.
    pub client_id: ClientId,
    /// Whose it is.
    pub organization: OrganizationKey,
    /// The part of the client_id that the organization chose.
    pub key: ClientKey,
    /// Name shown to people.
    pub name: Name,
    /// Free text about the client.
    pub notes: Notes,
    /// Can get tokens.
    pub enabled: bool,
    /// Whether its organization is suspended, as the client's own partition says it.
    pub suspended: bool,
    /// What it is for.
    pub environment: Environment,
    /// Lifetime of its access tokens.
    pub token_lifetime: TokenLifetime,
    /// What it may do.
    pub grants: Grants,
    /// The resources whose server it is, by audience: it may introspect their tokens (RFC 7662 section 4).
    pub serves: Served,
    /// Time of creation.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From when on it gets no more tokens; fixed at creation, none is never.
    pub expires_at: Option<Timestamp>,
    /// Since when it is deleted. What is left then is a tombstone: its client_id is never given out again.
    pub deleted_at: Option<Timestamp>,
    /// The optimistic version of the client together with its secrets.
    pub version: Version,
}

/// Status of a client at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientStatus {
    /// It gets tokens.
    Active,
    /// Its organization is suspended.
    Suspended,
    /// An administrator disabled it.
    Disabled,
    /// Its `expires_at` has come.
    Expired,
    /// It is gone but for its client_id.
    Deleted,
}

words!(ClientStatus {
    Active = "active",
    Suspended = "suspended",
    Disabled = "disabled",
    Expired = "expired",
    Deleted = "deleted",
});

impl Client {
    /// The privileges at the management API that come with this client, for whoever has a secret of it.
    #[must_use]
    pub fn privileges_brought(&self) -> &'static [Privilege] {
        let level = self.grants.0.get(&ResourceKey::built_in()).map(|grant| grant.level);
        level.map_or(&[], privileges_of)
    }

    /// What it is good for at `now`. What an administrator did outweighs what time did.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> ClientStatus {
        if self.deleted_at.is_some() {
            ClientStatus::Deleted
        } else if self.suspended {
            ClientStatus::Suspended
        } else if !self.enabled {
            ClientStatus::Disabled
        } else if is_expired(self.expires_at, now) {
            ClientStatus::Expired
        } else {
            ClientStatus::Active
        }
    }
}
