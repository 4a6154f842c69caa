//! A partial change of an organization's settings.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::email::Email;
use shared::domain::organization::settings::{
    Custody, MAX_REMINDER_DAYS, MAX_REMINDERS, OrganizationSettings, SecretLimit,
};
use shared::domain::time::{Overlap, SecretLifetime, TokenLifetime};

use crate::http::body::present;

/// The settings to change; omitted settings keep their values.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "an object")]
pub(crate) struct UpdateOrganizationSettings {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Custody")]
    custody: Option<Custody>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "SecretLifetime")]
    secret_lifetime_days: Option<SecretLifetime>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "SecretLifetime")]
    secret_lifetime_max_days: Option<SecretLifetime>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    secrets_may_never_expire: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "SecretLimit")]
    live_secrets: Option<SecretLimit>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Overlap")]
    overlap_seconds: Option<Overlap>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Overlap")]
    overlap_max_seconds: Option<Overlap>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "TokenLifetime")]
    token_lifetime_seconds: Option<TokenLifetime>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    clients_need_expiry: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "bool")]
    multi_admin: Option<bool>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "BTreeSet<u16>", inner(range(max = MAX_REMINDER_DAYS)), length(max = MAX_REMINDERS))]
    reminder_days: Option<BTreeSet<u16>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "TeamAddress")]
    team_address: Option<TeamAddress>,
}

/// An address, or null to remove it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct TeamAddress(Option<Email>);

impl UpdateOrganizationSettings {
    /// Returns the settings after the change.
    pub(crate) fn apply(self, before: &OrganizationSettings) -> OrganizationSettings {
        OrganizationSettings {
            custody: self.custody.unwrap_or(before.custody),
            secret_lifetime_days: self.secret_lifetime_days.unwrap_or(before.secret_lifetime_days),
            secret_lifetime_max_days: self.secret_lifetime_max_days.unwrap_or(before.secret_lifetime_max_days),
            secrets_may_never_expire: self.secrets_may_never_expire.unwrap_or(before.secrets_may_never_expire),
            live_secrets: self.live_secrets.unwrap_or(before.live_secrets),
            overlap_seconds: self.overlap_seconds.unwrap_or(before.overlap_seconds),
            overlap_max_seconds: self.overlap_max_seconds.unwrap_or(before.overlap_max_seconds),
            token_lifetime_seconds: self.token_lifetime_seconds.unwrap_or(before.token_lifetime_seconds),
            clients_need_expiry: self.clients_need_expiry.unwrap_or(before.clients_need_expiry),
            multi_admin: self.multi_admin.unwrap_or(before.multi_admin),
            reminder_days: self.reminder_days.unwrap_or_else(|| before.reminder_days.clone()),
            team_address: self.team_address.map_or_else(|| before.team_address.clone(), |TeamAddress(given)| given),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn update(update: Value) -> UpdateOrganizationSettings {
        serde_json::from_value(update).unwrap()
    }

    #[test]
    fn what_is_left_out_stays_and_null_takes_the_address_away() {
        let before = OrganizationSettings::default();
        let settings = update(json!({"secret_lifetime_days": 30, "team_address": "ops@acme.example"})).apply(&before);
        let (secret_lifetime_days, team_address) = (SecretLifetime::new(30).unwrap(), "ops@acme.example".parse().ok());
        assert_eq!(settings, OrganizationSettings { secret_lifetime_days, team_address, ..before });
        assert_eq!(update(json!({"team_address": null})).apply(&settings).team_address, None);
    }
}
