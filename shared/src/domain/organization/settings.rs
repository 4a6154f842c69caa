//! Settings of an organization, and the rules that they follow.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use crate::domain::email::Email;
use crate::domain::event::FieldChange;
use crate::domain::time::{OutOfRange, Overlap, SecretLifetime, TokenLifetime};

/// Most reminders before one expiry.
pub const MAX_REMINDERS: usize = 12;
/// Earliest reminder, in days before the expiry.
pub const MAX_REMINDER_DAYS: u16 = 365;

/// Custody of secrets after they were shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Custody {
    /// Shown once, at creation, and kept only as a hash.
    #[default]
    Once,
    /// Kept encrypted as well, and shown again after a one-time password.
    Revealable,
}

/// Limit of live secrets per client: 1 to 20, 5 by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(extend("minimum" = 1, "maximum" = SecretLimit::HARD))]
pub struct SecretLimit(u8);

impl SecretLimit {
    /// The limit that no setting passes.
    pub const HARD: u8 = 20;

    /// Takes a limit from 1 to 20.
    ///
    /// # Errors
    /// If the number is outside of the limits.
    pub fn new(count: u8) -> Result<Self, OutOfRange> {
        if (1..=Self::HARD).contains(&count) {
            Ok(Self(count))
        } else {
            Err(OutOfRange { min: 1, max: i64::from(Self::HARD), unit: "secrets" })
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
    type Error = OutOfRange;
    fn try_from(count: u8) -> Result<Self, Self::Error> {
        Self::new(count)
    }
}

impl From<SecretLimit> for u8 {
    fn from(limit: SecretLimit) -> u8 {
        limit.0
    }
}

/// Settings of an organization. They apply to what is created or changed from then on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct OrganizationSettings {
    /// Whether secrets are shown once, or can be revealed again.
    pub custody: Custody,
    /// The lifetime of a secret where none is asked for, in days.
    pub secret_lifetime_days: SecretLifetime,
    /// The longest lifetime of a secret that may be asked for, in days.
    pub secret_lifetime_max_days: SecretLifetime,
    /// Allows secrets without an expiry.
    pub secrets_may_never_expire: bool,
    /// Maximum number of live secrets of a client.
    pub live_secrets: SecretLimit,
    /// How long the old secret works after a regeneration where nothing else is asked for, in seconds.
    pub overlap_seconds: Overlap,
    /// The longest overlap that may be asked for, in seconds.
    pub overlap_max_seconds: Overlap,
    /// The lifetime of a new client's access tokens where none is asked for, in seconds.
    pub token_lifetime_seconds: TokenLifetime,
    /// Requires an `expires_at` for every client.
    pub clients_need_expiry: bool,
    /// Requires approval of changes by a second administrator.
    pub multi_admin: bool,
    /// Days before an expiry on which reminders are sent.
    pub reminder_days: BTreeSet<u16>,
    /// The address that gets all reminders, in addition to the administrators.
    pub team_address: Option<Email>,
}

impl Default for OrganizationSettings {
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

/// A setting that the others, or its own limits, do not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("settings.{field} {message}")]
pub struct InvalidSetting {
    /// Name of the setting.
    pub field: &'static str,
    /// Rule that it breaks, as the end of a sentence.
    pub message: String,
}

/// Every setting that is not allowed; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSettings(pub Vec<InvalidSetting>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&each.join("; "))
    }
}

impl std::error::Error for InvalidSettings {}

impl OrganizationSettings {
    /// Checks that no setting contradicts another or exceeds its limits.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`] names every setting that does.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let rules = [
            (
                self.secret_lifetime_days <= self.secret_lifetime_max_days,
                "secret_lifetime_days",
                format!("must be at most secret_lifetime_max_days, which is {}", self.secret_lifetime_max_days.count()),
            ),
            (
                self.overlap_seconds <= self.overlap_max_seconds,
                "overlap_seconds",
                format!("must be at most overlap_max_seconds, which is {}", self.overlap_max_seconds.count()),
            ),
            (
                self.reminder_days.len() <= MAX_REMINDERS && self.reminder_days.iter().all(|d| *d <= MAX_REMINDER_DAYS),
                "reminder_days",
                format!("must be at most {MAX_REMINDERS} numbers of days from 0 to {MAX_REMINDER_DAYS}"),
            ),
        ];
        let broken = rules.into_iter().filter(|(holds, ..)| !holds);
        let invalid: Vec<_> = broken.map(|(_, field, message)| InvalidSetting { field, message }).collect();
        if invalid.is_empty() { Ok(()) } else { Err(InvalidSettings(invalid)) }
    }

    /// Each setting that differs in `after`, by its name in the API.
    pub(super) fn differences(&self, after: &Self) -> impl Iterator<Item = FieldChange> + use<> {
        let members = |settings: &Self| match json!(settings) {
            Value::Object(members) => members,
            _ => serde_json::Map::new(),
        };
        let mut before = members(self);
        members(after).into_iter().filter_map(move |(name, to)| {
            let from = before.remove(&name).unwrap_or_default();
            FieldChange::between(&format!("settings.{name}"), from, to)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_that_breaks_a_rule_is_named() {
        assert_eq!(OrganizationSettings::default().check(), Ok(()));
        let settings = OrganizationSettings {
            secret_lifetime_max_days: SecretLifetime::new(90).unwrap(),
            overlap_max_seconds: Overlap::new(3_600).unwrap(),
            reminder_days: [366].into(),
            ..OrganizationSettings::default()
        };
        let InvalidSettings(invalid) = settings.check().unwrap_err();
        let fields: Vec<_> = invalid.iter().map(|setting| setting.field).collect();
        assert_eq!(fields, ["secret_lifetime_days", "overlap_seconds", "reminder_days"]);
        let many = OrganizationSettings { reminder_days: (0..13).collect(), ..OrganizationSettings::default() };
        assert_eq!(
            many.check().unwrap_err().to_string(),
            "settings.reminder_days must be at most 12 numbers of days from 0 to 365"
        );
    }
}
