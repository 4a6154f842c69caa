//! What the function is told by its environment.

use std::sync::Arc;

use shared::clock::Clock;
use shared::domain::email::Email;
use shared::domain::id::ClientIdPrefix;
use shared::env::{Environment, EnvironmentError};
use shared::http::Issuer;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::keys::published::PublishedKeys;
use shared::keys::vault::{Vault, VaultError};
use shared::mail::Sender;
use shared::store::administrators::AdministratorStore;
use shared::store::attempts::AttemptStore;
use shared::store::audit::AuditTrail;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::idempotency::IdempotencyStore;
use shared::store::organizations::OrganizationStore;
use shared::store::reminders::ReminderStore;
use shared::store::revocations::RevocationStore;
use shared::store::schema;

use crate::app::Management;
use crate::app::rate::{RateLimiter, RequestRate};

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Settings {
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
    /// `SENDER_ADDRESS`: an identity that SES may send for.
    pub sender: Email,
    /// `CLIENTS_TABLE`.
    pub clients_table: String,
    /// `ORGANIZATIONS_TABLE`.
    pub organizations_table: String,
    /// `ADMINISTRATORS_TABLE`.
    pub administrators_table: String,
    /// `REVOCATIONS_TABLE`.
    pub revocations_table: String,
    /// `CHANGE_REQUESTS_TABLE`.
    pub change_requests_table: String,
    /// `IDEMPOTENCY_KEYS_TABLE`.
    pub idempotency_keys_table: String,
    /// `ATTEMPTS_TABLE`.
    pub attempts_table: String,
    /// `REMINDERS_TABLE`.
    pub reminders_table: String,
    /// `AUDIT_EVENTS_TABLE`.
    pub audit_events_table: String,
    /// `REQUEST_RATE`: how many requests one caller may send to one process, at once and a second; `200,50` by default.
    pub request_rate: RequestRate,
    /// `SECRET_HASH_PARAMETERS`: how new secrets are hashed, such as `m=1024,t=1,p=1`, which is the default.
    pub hash_parameters: HashParameters,
}

impl Settings {
    /// Reads the settings, or names all that is missing or wrong.
    pub fn read(mut environment: Environment<'_>) -> Result<Self, EnvironmentError> {
        let e = &mut environment;
        let issuer = e.required("COUNTERSIGN_ISSUER");
        let client_id_prefix = e.required("COUNTERSIGN_CLIENT_ID_PREFIX");
        let pepper_secret = e.required("PEPPER_SECRET");
        let data_key_secret = e.required("DATA_KEY_SECRET");
        let jwks_secret = e.required("JWKS_SECRET");
        let sender = e.required("SENDER_ADDRESS");
        let clients_table = e.required(schema::CLIENTS.variable);
        let organizations_table = e.required(schema::ORGANIZATIONS.variable);
        let administrators_table = e.required(schema::ADMINISTRATORS.variable);
        let revocations_table = e.required(schema::REVOCATIONS.variable);
        let change_requests_table = e.required(schema::CHANGE_REQUESTS.variable);
        let idempotency_keys_table = e.required(schema::IDEMPOTENCY_KEYS.variable);
        let attempts_table = e.required(schema::ATTEMPTS.variable);
        let reminders_table = e.required(schema::REMINDERS.variable);
        let audit_events_table = e.required(schema::AUDIT_EVENTS.variable);
        let request_rate = e.optional("REQUEST_RATE").unwrap_or(RequestRate::DEFAULT);
        let hash_parameters = e.optional("SECRET_HASH_PARAMETERS").unwrap_or(HashParameters::SECRET_DEFAULT);
        let settings = (|| {
            Some(Self {
                issuer: issuer?,
                client_id_prefix: client_id_prefix?,
                pepper_secret: pepper_secret?,
                data_key_secret: data_key_secret?,
                jwks_secret: jwks_secret?,
                sender: sender?,
                clients_table: clients_table?,
                organizations_table: organizations_table?,
                administrators_table: administrators_table?,
                revocations_table: revocations_table?,
                change_requests_table: change_requests_table?,
                idempotency_keys_table: idempotency_keys_table?,
                attempts_table: attempts_table?,
                reminders_table: reminders_table?,
                audit_events_table: audit_events_table?,
                request_rate,
                hash_parameters,
            })
        })();
        environment.finish(settings)
    }
}

impl Management {
    /// Makes the function ready: what is slow is done here, before the first request.
    pub async fn start(
        settings: Settings,
        dynamodb: aws_sdk_dynamodb::Client,
        secrets_manager: aws_sdk_secretsmanager::Client,
        ses: aws_sdk_ses::Client,
        clock: Clock,
    ) -> Result<Self, VaultError> {
        let vault = Vault::new(secrets_manager);
        let clients = ClientStore::new(dynamodb.clone(), settings.clients_table);
        let (pepper, data_key, ()) = tokio::join!(
            vault.pepper(&settings.pepper_secret),
            vault.data_key(&settings.data_key_secret),
            clients.connect(),
        );
        Ok(Self {
            clients,
            organizations: OrganizationStore::new(dynamodb.clone(), settings.organizations_table),
            administrators: AdministratorStore::new(dynamodb.clone(), settings.administrators_table),
            revocations: RevocationStore::new(dynamodb.clone(), settings.revocations_table),
            token_keys: Arc::new(PublishedKeys::new(vault, settings.jwks_secret)),
            change_requests: ChangeRequestStore::new(dynamodb.clone(), settings.change_requests_table),
            idempotency: IdempotencyStore::new(dynamodb.clone(), settings.idempotency_keys_table),
            attempts: AttemptStore::new(dynamodb.clone(), settings.attempts_table),
            reminders: ReminderStore::new(dynamodb.clone(), settings.reminders_table),
            trail: AuditTrail::new(dynamodb, settings.audit_events_table),
            hasher: Hasher::new(pepper?),
            data_key: Arc::new(data_key?),
            sender: Sender::new(ses, settings.sender),
            rate_limiter: Arc::new(RateLimiter::new(settings.request_rate)),
            clock,
            issuer: settings.issuer,
            client_id_prefix: settings.client_id_prefix,
            hash_parameters: settings.hash_parameters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_environment_is_refused_by_naming_everything() {
        let error = Settings::read(Environment::from_fn(|_| None)).unwrap_err();
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
        let error = Settings::read(Environment::from_fn(value)).unwrap_err();
        assert!(matches!(&error.0[..], [line] if line.starts_with("SECRET_HASH_PARAMETERS is not usable")), "{error}");
    }
}
