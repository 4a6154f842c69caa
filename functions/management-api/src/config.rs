//! Configuration of the function, read from environment variables.

use std::sync::Arc;

use shared::clock::Clock;
use shared::domain::email::Email;
use shared::domain::id::ClientIdPrefix;
use shared::env::{Environment, EnvironmentError};
use shared::http::Issuer;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::keys::published::PublishedKeys;
use shared::keys::vault::{Vault, VaultError};
use shared::mail::Mailer;
use shared::store::Tables;
use shared::store::administrators::AdministratorStore;
use shared::store::attempts::AttemptStore;
use shared::store::audit::AuditTrail;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::idempotency::IdempotencyStore;
use shared::store::organizations::OrganizationStore;
use shared::store::reminders::ReminderStore;
use shared::store::revocations::RevocationStore;
use shared::store::schema::{self, Table};

use crate::app::Management;
use crate::app::rate::{RateLimiter, RequestRate};

/// The tables that the function uses.
const TABLES: [Table; 9] = [
    schema::CLIENTS,
    schema::ORGANIZATIONS,
    schema::ADMINISTRATORS,
    schema::REVOCATIONS,
    schema::CHANGE_REQUESTS,
    schema::IDEMPOTENCY_KEYS,
    schema::ATTEMPTS,
    schema::REMINDERS,
    schema::AUDIT_EVENTS,
];

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `COUNTERSIGN_ISSUER`.
    pub issuer: Issuer,
    /// `COUNTERSIGN_CLIENT_ID_PREFIX`: the first part of every client_id.
    pub client_id_prefix: ClientIdPrefix,
    /// `PEPPER_SECRET`: the name or ARN of the pepper in Secrets Manager.
    pub pepper_secret: String,
    /// `DATA_KEY_SECRET`: the name or ARN of the data key in Secrets Manager.
    pub data_key_secret: String,
    /// `JWKS_SECRET`: the name or ARN of the public keys in Secrets Manager.
    pub jwks_secret: String,
    /// `SENDER_ADDRESS`: an identity that SES can send from.
    pub sender: Email,
    /// One variable for each table, such as `CLIENTS_TABLE`.
    pub tables: Tables,
    /// `REQUEST_RATE`: the request limit of one caller to one process, at once and per second; `200,50` by default.
    pub request_rate: RequestRate,
    /// `SECRET_HASH_PARAMETERS`: the hash parameters for new secrets; `m=1024,t=1,p=1` by default.
    pub hash_parameters: HashParameters,
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
        let client_id_prefix = e.required("COUNTERSIGN_CLIENT_ID_PREFIX");
        let pepper_secret = e.required("PEPPER_SECRET");
        let data_key_secret = e.required("DATA_KEY_SECRET");
        let jwks_secret = e.required("JWKS_SECRET");
        let sender = e.required("SENDER_ADDRESS");
        let tables = Tables::read(e, &TABLES);
        let request_rate = e.optional("REQUEST_RATE").unwrap_or(RequestRate::DEFAULT);
        let hash_parameters = e.optional("SECRET_HASH_PARAMETERS").unwrap_or(HashParameters::SECRET_DEFAULT);
        environment.finish(|| {
            Some(Self {
                issuer: issuer?,
                client_id_prefix: client_id_prefix?,
                pepper_secret: pepper_secret?,
                data_key_secret: data_key_secret?,
                jwks_secret: jwks_secret?,
                sender: sender?,
                tables,
                request_rate,
                hash_parameters,
            })
        })
    }
}

impl Management {
    /// Prepares the function. Slow work is done here, before the first request.
    ///
    /// # Errors
    ///
    /// The pepper or the data key could not be read.
    pub async fn start(
        config: Config,
        dynamodb: aws_sdk_dynamodb::Client,
        secrets_manager: aws_sdk_secretsmanager::Client,
        mailer: Mailer,
        clock: Clock,
    ) -> Result<Self, VaultError> {
        let vault = Vault::new(secrets_manager);
        let clients = ClientStore::new(dynamodb.clone(), &config.tables);
        let (pepper, data_key, ()) = tokio::join!(
            vault.pepper(&config.pepper_secret),
            vault.data_key(&config.data_key_secret),
            clients.connect(),
        );
        Ok(Self {
            clients,
            organizations: OrganizationStore::new(dynamodb.clone(), &config.tables),
            administrators: AdministratorStore::new(dynamodb.clone(), &config.tables),
            revocations: RevocationStore::new(dynamodb.clone(), &config.tables),
            token_keys: Arc::new(PublishedKeys::new(vault, config.jwks_secret)),
            change_requests: ChangeRequestStore::new(dynamodb.clone(), &config.tables),
            idempotency: IdempotencyStore::new(dynamodb.clone(), &config.tables),
            attempts: AttemptStore::new(dynamodb.clone(), &config.tables),
            reminders: ReminderStore::new(dynamodb.clone(), &config.tables),
            trail: AuditTrail::new(dynamodb, &config.tables),
            hasher: Hasher::new(pepper?),
            data_key: Arc::new(data_key?),
            mailer,
            rate_limiter: Arc::new(RateLimiter::new(config.request_rate)),
            clock,
            issuer: config.issuer,
            client_id_prefix: config.client_id_prefix,
            hash_parameters: config.hash_parameters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_environment_is_refused_by_naming_everything() {
        let error = Config::read(Environment::from_fn(|_| None)).unwrap_err();
        let named: Vec<_> = error.0.iter().filter_map(|line| line.strip_suffix(" is missing")).collect();
        assert_eq!(
            named,
            [
                "COUNTERSIGN_ISSUER",
                "COUNTERSIGN_CLIENT_ID_PREFIX",
                "PEPPER_SECRET",
                "DATA_KEY_SECRET",
                "JWKS_SECRET",
                "SENDER_ADDRESS",
                "CLIENTS_TABLE",
                "ORGANIZATIONS_TABLE",
                "ADMINISTRATORS_TABLE",
                "REVOCATIONS_TABLE",
                "CHANGE_REQUESTS_TABLE",
                "IDEMPOTENCY_KEYS_TABLE",
                "ATTEMPTS_TABLE",
                "REMINDERS_TABLE",
                "AUDIT_EVENTS_TABLE",
            ]
        );
    }

    #[test]
    fn a_setting_that_does_not_parse_is_refused() {
        let value = |name: &str| match name {
            "COUNTERSIGN_ISSUER" => Some("https://id.example".to_owned()),
            "SENDER_ADDRESS" => Some("someone@id.example".to_owned()),
            "SECRET_HASH_PARAMETERS" => Some("m=1,t=1,p=1".to_owned()),
            "REQUEST_RATE" => None,
            _ => Some("acme".to_owned()),
        };
        let error = Config::read(Environment::from_fn(value)).unwrap_err();
        assert!(matches!(&error.0[..], [line] if line.starts_with("SECRET_HASH_PARAMETERS is not usable")), "{error}");
    }
}
