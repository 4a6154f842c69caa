//! A partial change of an organization's settings.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::email::Email;
use shared::domain::event::FieldChange;
use shared::domain::organization::{Custody, SecretLimit, Settings};
use shared::domain::time::{Overlap, SecretLifetime, TokenLifetime};
use shared::http::problem::FieldError;

use crate::http::body::present;

const MAX_REMINDERS: usize = 12;
const MAX_REMINDER_DAYS: u16 = 365;

/// The settings to change; what is left out stays.
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

/// An address, or null, which takes it away.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct TeamAddress(Option<Email>);

impl UpdateOrganizationSettings {
    /// The settings after the change, or every field that is wrong.
    pub(crate) fn apply(self, before: &Settings) -> Result<Settings, Vec<FieldError>> {
        let after = Settings {
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
        };
        let wrong = contradictions(&after);
        if wrong.is_empty() { Ok(after) } else { Err(wrong) }
    }
}

fn contradictions(after: &Settings) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    let mut refuse_if = |refused: bool, field: &str, message: String| {
        if refused {
            wrong.push(FieldError { field: format!("settings.{field}"), message });
        }
    };
    refuse_if(
        after.secret_lifetime_days > after.secret_lifetime_max_days,
        "secret_lifetime_days",
        format!("must be at most secret_lifetime_max_days, which is {}", after.secret_lifetime_max_days.count()),
    );
    refuse_if(
        after.overlap_seconds > after.overlap_max_seconds,
        "overlap_seconds",
        format!("must be at most overlap_max_seconds, which is {}", after.overlap_max_seconds.count()),
    );
    refuse_if(
        after.reminder_days.len() > MAX_REMINDERS || after.reminder_days.iter().any(|days| *days > MAX_REMINDER_DAYS),
        "reminder_days",
        format!("must be at most {MAX_REMINDERS} numbers of days from 0 to {MAX_REMINDER_DAYS}"),
    );
    wrong
}

/// Each setting that differs, by its name in the API.
pub(crate) fn differences(before: &Settings, after: &Settings) -> Vec<FieldChange> {
    let members = |settings: &Settings| match serde_json::json!(settings) {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    let mut before = members(before);
    let mut change = |(name, to): (String, Value)| {
        let from = before.remove(&name).unwrap_or_default();
        FieldChange::between(&format!("settings.{name}"), from, to)
    };
    members(after).into_iter().filter_map(&mut change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn applied(update: Value) -> Result<Settings, Vec<String>> {
        let update: UpdateOrganizationSettings = serde_json::from_value(update).unwrap();
        update.apply(&Settings::default()).map_err(|wrong| wrong.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn what_is_left_out_stays_and_null_takes_the_address_away() {
        let settings = applied(json!({"secret_lifetime_days": 30, "team_address": "ops@acme.example"})).unwrap();
        let names: Vec<_> =
            differences(&Settings::default(), &settings).into_iter().map(|change| change.field).collect();
        assert_eq!(names, ["settings.secret_lifetime_days", "settings.team_address"]);
        let update: UpdateOrganizationSettings = serde_json::from_value(json!({"team_address": null})).unwrap();
        assert_eq!(update.apply(&settings).unwrap().team_address, None);
    }

    #[test]
    fn every_contradiction_is_named() {
        let wrong = applied(json!({
            "secret_lifetime_max_days": 90, "overlap_max_seconds": 3600, "reminder_days": [366]
        }));
        let fields = ["secret_lifetime_days", "overlap_seconds", "reminder_days"];
        assert_eq!(wrong.unwrap_err(), fields.map(|field| format!("settings.{field}")));
    }
}
