//! Configuration of the function, read from its environment.

use std::str::FromStr;

use jiff::tz::TimeZone;
use shared::clock::Clock;
use shared::domain::email::Email;
use shared::env::{Environment, EnvironmentError};
use shared::http::Issuer;
use shared::mail::Mailer;
use shared::store::Tables;
use shared::store::administrators::AdministratorStore;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::organizations::OrganizationStore;
use shared::store::reminders::ReminderStore;
use shared::store::schema::{self, Table};

use crate::notifier::ExpiryNotifier;

/// The tables that the function uses.
const TABLES: [Table; 5] =
    [schema::CLIENTS, schema::ORGANIZATIONS, schema::ADMINISTRATORS, schema::CHANGE_REQUESTS, schema::REMINDERS];

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `COUNTERSIGN_ISSUER`.
    pub issuer: Issuer,
    /// `SENDER_ADDRESS`: an identity that SES may send for.
    pub sender: Email,
    /// `OPERATOR_ADDRESS`: who is told where nobody else can be.
    pub operator: Email,
    /// One variable for each table, such as `CLIENTS_TABLE`.
    pub tables: Tables,
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

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// Everything that is missing or does not parse, all together.
    pub fn read(mut environment: Environment<'_>) -> Result<Self, EnvironmentError> {
        let e = &mut environment;
        let issuer = e.required("COUNTERSIGN_ISSUER");
        let sender = e.required("SENDER_ADDRESS");
        let operator = e.required("OPERATOR_ADDRESS");
        let tables = Tables::read(e, &TABLES);
        let zone = e.optional("REMINDER_TIME_ZONE").unwrap_or(Zone(TimeZone::UTC));
        environment.finish(|| Some(Self { issuer: issuer?, sender: sender?, operator: operator?, tables, zone }))
    }
}

impl ExpiryNotifier {
    /// Prepares the notifier.
    #[must_use]
    pub fn new(config: Config, dynamodb: aws_sdk_dynamodb::Client, mailer: Mailer, clock: Clock) -> Self {
        Self {
            issuer: config.issuer,
            clients: ClientStore::new(dynamodb.clone(), &config.tables),
            organizations: OrganizationStore::new(dynamodb.clone(), &config.tables),
            administrators: AdministratorStore::new(dynamodb.clone(), &config.tables),
            change_requests: ChangeRequestStore::new(dynamodb.clone(), &config.tables),
            reminders: ReminderStore::new(dynamodb, &config.tables),
            mailer,
            operator: config.operator,
            zone: config.zone.0,
            clock,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zone: &str) -> Result<Config, EnvironmentError> {
        Config::read(Environment::from_fn(|name| {
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
        let error = Config::read(Environment::from_fn(|_| None)).unwrap_err();
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
