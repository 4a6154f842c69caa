//! What the function is told by its environment.

use std::str::FromStr;

use jiff::tz::TimeZone;
use shared::clock::Clock;
use shared::domain::email::Email;
use shared::env::{Environment, EnvironmentError};
use shared::http::Issuer;
use shared::mail::Sender;
use shared::store::administrators::AdministratorStore;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::organizations::OrganizationStore;
use shared::store::reminders::ReminderStore;
use shared::store::schema;

use crate::ExpiryNotifier;

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `COUNTERSIGN_ISSUER`.
    pub issuer: Issuer,
    /// `SENDER_ADDRESS`: an identity that SES may send for.
    pub sender: Email,
    /// `OPERATOR_ADDRESS`: who is told where nobody else can be.
    pub operator: Email,
    /// `CLIENTS_TABLE`.
    pub clients_table: String,
    /// `ORGANIZATIONS_TABLE`.
    pub organizations_table: String,
    /// `ADMINISTRATORS_TABLE`.
    pub administrators_table: String,
    /// `CHANGE_REQUESTS_TABLE`.
    pub change_requests_table: String,
    /// `REMINDERS_TABLE`.
    pub reminders_table: String,
    /// `REMINDER_TIME_ZONE`: an IANA name such as `Europe/Zurich`; `UTC` by default.
    pub zone: Zone,
}

/// A time zone by its IANA name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(pub TimeZone);

/// A name that the IANA time zone database does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a time zone, such as Europe/Zurich")]
pub struct UnknownZone;

impl FromStr for Zone {
    type Err = UnknownZone;
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone)
    }
}

impl Settings {
    /// Reads the settings, or names all that is missing or wrong.
    pub fn read(mut environment: Environment<'_>) -> Result<Self, EnvironmentError> {
        let e = &mut environment;
        let issuer = e.required("COUNTERSIGN_ISSUER");
        let sender = e.required("SENDER_ADDRESS");
        let operator = e.required("OPERATOR_ADDRESS");
        let clients_table = e.required(schema::CLIENTS.variable);
        let organizations_table = e.required(schema::ORGANIZATIONS.variable);
        let administrators_table = e.required(schema::ADMINISTRATORS.variable);
        let change_requests_table = e.required(schema::CHANGE_REQUESTS.variable);
        let reminders_table = e.required(schema::REMINDERS.variable);
        let zone = e.optional("REMINDER_TIME_ZONE").unwrap_or(Zone(TimeZone::UTC));
        let settings = (|| {
            Some(Self {
                issuer: issuer?,
                sender: sender?,
                operator: operator?,
                clients_table: clients_table?,
                organizations_table: organizations_table?,
                administrators_table: administrators_table?,
                change_requests_table: change_requests_table?,
                reminders_table: reminders_table?,
                zone,
            })
        })();
        environment.finish(settings)
    }
}

impl ExpiryNotifier {
    /// Makes the notifier ready.
    #[must_use]
    pub fn new(settings: Settings, dynamodb: aws_sdk_dynamodb::Client, ses: aws_sdk_ses::Client, clock: Clock) -> Self {
        Self {
            issuer: settings.issuer,
            clients: ClientStore::new(dynamodb.clone(), settings.clients_table),
            organizations: OrganizationStore::new(dynamodb.clone(), settings.organizations_table),
            administrators: AdministratorStore::new(dynamodb.clone(), settings.administrators_table),
            change_requests: ChangeRequestStore::new(dynamodb.clone(), settings.change_requests_table),
            reminders: ReminderStore::new(dynamodb, settings.reminders_table),
            sender: Sender::new(ses, settings.sender),
            operator: settings.operator,
            zone: settings.zone.0,
            clock,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zone: &str) -> Result<Settings, EnvironmentError> {
        Settings::read(Environment::from_fn(|name| {
            Some(match name {
                "COUNTERSIGN_ISSUER" => "https://id.example".to_owned(),
                "SENDER_ADDRESS" | "OPERATOR_ADDRESS" => "someone@id.example".to_owned(),
                "REMINDER_TIME_ZONE" => zone.to_owned(),
                table => table.to_owned(),
            })
        }))
    }

    #[test]
    fn a_zone_is_known_by_its_name_and_is_utc_by_default() {
        assert_eq!(read("").unwrap().zone, Zone(TimeZone::UTC));
        assert_eq!(read("Europe/Zurich").unwrap().zone.0.iana_name(), Some("Europe/Zurich"));
        let error = read("Europe/Zürich").unwrap_err().to_string();
        assert!(error.contains("REMINDER_TIME_ZONE is not usable: not the name of a time zone"), "{error}");
    }

    #[test]
    fn everything_missing_is_named_together() {
        let error = Settings::read(Environment::from_fn(|_| None)).unwrap_err();
        let missing: Vec<&str> = error.0.iter().filter_map(|line| line.strip_suffix(" is missing")).collect();
        assert_eq!(
            missing,
            [
                "COUNTERSIGN_ISSUER",
                "SENDER_ADDRESS",
                "OPERATOR_ADDRESS",
                "CLIENTS_TABLE",
                "ORGANIZATIONS_TABLE",
                "ADMINISTRATORS_TABLE",
                "CHANGE_REQUESTS_TABLE",
                "REMINDERS_TABLE"
            ]
        );
    }
}
