//! Organizations: the tenants, with the policy that each sets for its clients and secrets.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::email::Email;
use super::id::{OrganizationKey, ResourceKey, Version};
use super::text::Name;
use super::time::{Overlap, SecretLifetime, TokenLifetime};

/// What an organization lets happen to a secret after it was shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Custody {
    /// Shown once, at creation, and kept only as a hash.
    #[default]
    Once,
    /// Kept encrypted as well, and shown again after a one-time password.
    Revealable,
}

/// How many live secrets a client may have: 1 to 20, 5 by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(extend("minimum" = 1, "maximum" = SecretLimit::HARD))]
pub struct SecretLimit(u8);

impl SecretLimit {
    /// The limit that no setting passes.
    pub const HARD: u8 = 20;

    /// Takes a limit from 1 to 20.
    pub fn new(count: u8) -> Result<Self, super::time::OutOfRange> {
        if (1..=Self::HARD).contains(&count) {
            Ok(Self(count))
        } else {
            Err(super::time::OutOfRange { min: 1, max: i64::from(Self::HARD), unit: "secrets" })
        }
    }

    /// The limit.
    #[must_use]
    pub fn count(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for SecretLimit {
    fn default() -> Self {
        Self(5)
    }
}

impl TryFrom<u8> for SecretLimit {
    type Error = super::time::OutOfRange;
    fn try_from(count: u8) -> Result<Self, Self::Error> {
        Self::new(count)
    }
}

impl From<SecretLimit> for u8 {
    fn from(limit: SecretLimit) -> u8 {
        limit.0
    }
}

/// The policy of an organization. It applies to what is made or changed from then on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "OrganizationSettings")]
pub struct Settings {
    /// Whether a secret can be shown again.
    pub custody: Custody,
    /// The lifetime of a secret where none is asked for, in days.
    pub secret_lifetime_days: SecretLifetime,
    /// The longest lifetime of a secret that may be asked for, in days.
    pub secret_lifetime_max_days: SecretLifetime,
    /// Whether a secret may be made that never expires.
    pub secrets_may_never_expire: bool,
    /// How many live secrets a client may have.
    pub live_secrets: SecretLimit,
    /// How long the old secret works after a regeneration where nothing else is asked for, in seconds.
    pub overlap_seconds: Overlap,
    /// The longest overlap that may be asked for, in seconds.
    pub overlap_max_seconds: Overlap,
    /// The lifetime of a new client's access tokens where none is asked for, in seconds.
    pub token_lifetime_seconds: TokenLifetime,
    /// Whether every client needs an `expires_at`.
    pub clients_need_expiry: bool,
    /// Whether a second administrator has to approve changes.
    pub multi_admin: bool,
    /// How many days before an expiry reminders go out.
    pub reminder_days: BTreeSet<u16>,
    /// Where reminders go besides the administrators.
    pub team_address: Option<Email>,
}

impl Default for Settings {
    fn default() -> Self {
        let year = SecretLifetime::new(365).unwrap_or_default();
        Self {
            custody: Custody::default(),
            secret_lifetime_days: SecretLifetime::default(),
            secret_lifetime_max_days: year,
            secrets_may_never_expire: false,
            live_secrets: SecretLimit::default(),
            overlap_seconds: Overlap::default(),
            overlap_max_seconds: Overlap::new(Overlap::RANGE.1).unwrap_or_default(),
            token_lifetime_seconds: TokenLifetime::default(),
            clients_need_expiry: false,
            multi_admin: false,
            reminder_days: BTreeSet::from([60, 30, 14, 7, 1, 0]),
            team_address: None,
        }
    }
}

/// A tenant: it owns clients and has administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its permanent key.
    pub key: OrganizationKey,
    /// What people call it.
    pub name: Name,
    /// Its policy.
    pub settings: Settings,
    /// The resources that its clients may be granted; none is every resource.
    pub grantable: Option<BTreeSet<ResourceKey>>,
    /// Since when it is suspended, where it is: its people are refused, and its clients get no tokens.
    pub suspended_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The optimistic version.
    pub version: Version,
}

impl Organization {
    /// Whether its clients may be granted this resource.
    #[must_use]
    pub fn may_grant(&self, resource: &ResourceKey) -> bool {
        self.grantable.as_ref().is_none_or(|keys| keys.contains(resource))
    }
}
