//! What the function is told by its environment.

use std::sync::Arc;

use shared::clock::Clock;
use shared::env::{Environment, EnvironmentError};
use shared::http::Issuer;
use shared::keys::cache::VerificationCache;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::keys::vault::{Vault, VaultError};
use shared::store::attempts::AttemptStore;
use shared::store::clients::ClientStore;
use shared::store::revocations::RevocationStore;
use shared::store::schema;

use crate::TokenEndpoint;
use crate::keys::{CurrentKeys, KeysError};

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `COUNTERSIGN_ISSUER`.
    pub issuer: Issuer,
    /// `KEY_SET_SECRET`: the name or ARN of the key set in Secrets Manager.
    pub key_set_secret: String,
    /// `PEPPER_SECRET`: the name or ARN of the pepper in Secrets Manager.
    pub pepper_secret: String,
    /// `CLIENTS_TABLE`.
    pub clients_table: String,
    /// `REVOCATIONS_TABLE`.
    pub revocations_table: String,
    /// `ATTEMPTS_TABLE`.
    pub attempts_table: String,
    /// `SECRET_HASH_PARAMETERS`: how secrets are hashed, such as `m=1024,t=1,p=1`, which is the default.
    pub hash_parameters: HashParameters,
    /// `TOLERATE_DUPLICATE_CREDENTIALS`: whether equal credentials may stand in header and body; `false` by default.
    pub tolerate_duplicate_credentials: bool,
}

/// Why the function could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The pepper could not be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The signing keys could not be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl Settings {
    /// Reads the settings, or names all that is missing or wrong.
    pub fn read(mut environment: Environment<'_>) -> Result<Self, EnvironmentError> {
        let e = &mut environment;
        let issuer = e.required("COUNTERSIGN_ISSUER");
        let key_set_secret = e.required("KEY_SET_SECRET");
        let pepper_secret = e.required("PEPPER_SECRET");
        let clients_table = e.required(schema::CLIENTS.variable);
        let revocations_table = e.required(schema::REVOCATIONS.variable);
        let attempts_table = e.required(schema::ATTEMPTS.variable);
        let hash_parameters = e.optional("SECRET_HASH_PARAMETERS").unwrap_or(HashParameters::SECRET_DEFAULT);
        let tolerate_duplicate_credentials = e.optional("TOLERATE_DUPLICATE_CREDENTIALS").unwrap_or(false);
        let settings = (|| {
            Some(Self {
                issuer: issuer?,
                key_set_secret: key_set_secret?,
                pepper_secret: pepper_secret?,
                clients_table: clients_table?,
                revocations_table: revocations_table?,
                attempts_table: attempts_table?,
                hash_parameters,
                tolerate_duplicate_credentials,
            })
        })();
        environment.finish(settings)
    }
}

impl TokenEndpoint {
    /// Makes the function ready: what is slow is done here, before the first request.
    pub async fn start(
        settings: Settings,
        dynamodb: aws_sdk_dynamodb::Client,
        secrets_manager: aws_sdk_secretsmanager::Client,
        clock: Clock,
    ) -> Result<Arc<Self>, StartError> {
        let vault = Vault::new(secrets_manager);
        let clients = ClientStore::new(dynamodb.clone(), settings.clients_table);
        let (keys, pepper, ()) = tokio::join!(
            CurrentKeys::load(vault.clone(), settings.key_set_secret, clock.now()),
            vault.pepper(&settings.pepper_secret),
            clients.connect(),
        );
        Ok(Arc::new(Self {
            issuer: settings.issuer,
            clients,
            revocations: RevocationStore::new(dynamodb.clone(), settings.revocations_table),
            attempts: AttemptStore::new(dynamodb, settings.attempts_table),
            keys: keys?,
            hasher: Hasher::new(pepper?),
            verified: VerificationCache::new(),
            hash_parameters: settings.hash_parameters,
            tolerate_duplicate_credentials: settings.tolerate_duplicate_credentials,
            clock,
        }))
    }
}
