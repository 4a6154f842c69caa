//! Configuration of the function, read from its environment.

use std::sync::Arc;

use shared::clock::Clock;
use shared::env::{Environment, EnvironmentError};
use shared::http::Issuer;
use shared::keys::cache::VerificationCache;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::keys::vault::{Vault, VaultError};
use shared::store::Tables;
use shared::store::attempts::AttemptStore;
use shared::store::clients::ClientStore;
use shared::store::revocations::RevocationStore;
use shared::store::schema::{self, Table};

use crate::TokenEndpoint;
use crate::keys::{CurrentKeys, KeysError};

/// The tables that the function uses.
const TABLES: [Table; 3] = [schema::CLIENTS, schema::REVOCATIONS, schema::ATTEMPTS];

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `COUNTERSIGN_ISSUER`.
    pub issuer: Issuer,
    /// `KEY_SET_SECRET`: the name or ARN of the key set in Secrets Manager.
    pub key_set_secret: String,
    /// `PEPPER_SECRET`: the name or ARN of the pepper in Secrets Manager.
    pub pepper_secret: String,
    /// One variable for each table, such as `CLIENTS_TABLE`.
    pub tables: Tables,
    /// `SECRET_HASH_PARAMETERS`: how secrets are hashed, such as `m=1024,t=1,p=1`, which is the default.
    pub hash_parameters: HashParameters,
    /// `TOLERATE_DUPLICATE_CREDENTIALS`: whether equal credentials may stand in header and body; `false` by default.
    pub tolerate_duplicate_credentials: bool,
}

/// A function that could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The pepper could not be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The signing keys could not be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
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
        let key_set_secret = e.required("KEY_SET_SECRET");
        let pepper_secret = e.required("PEPPER_SECRET");
        let tables = Tables::read(e, &TABLES);
        let hash_parameters = e.optional("SECRET_HASH_PARAMETERS").unwrap_or(HashParameters::SECRET_DEFAULT);
        let tolerate_duplicate_credentials = e.optional("TOLERATE_DUPLICATE_CREDENTIALS").unwrap_or(false);
        environment.finish(|| {
            Some(Self {
                issuer: issuer?,
                key_set_secret: key_set_secret?,
                pepper_secret: pepper_secret?,
                tables,
                hash_parameters,
                tolerate_duplicate_credentials,
            })
        })
    }
}

impl TokenEndpoint {
    /// Prepares the function. Slow work is done here, before the first request.
    ///
    /// # Errors
    ///
    /// The pepper or the signing keys could not be read.
    pub async fn start(
        config: Config,
        dynamodb: aws_sdk_dynamodb::Client,
        secrets_manager: aws_sdk_secretsmanager::Client,
        clock: Clock,
    ) -> Result<Arc<Self>, StartError> {
        let vault = Vault::new(secrets_manager);
        let clients = ClientStore::new(dynamodb.clone(), &config.tables);
        let (keys, pepper, ()) = tokio::join!(
            CurrentKeys::load(vault.clone(), config.key_set_secret, clock.now()),
            vault.pepper(&config.pepper_secret),
            clients.connect(),
        );
        Ok(Arc::new(Self {
            issuer: config.issuer,
            clients,
            revocations: RevocationStore::new(dynamodb.clone(), &config.tables),
            attempts: AttemptStore::new(dynamodb, &config.tables),
            keys: keys?,
            hasher: Hasher::new(pepper?),
            verified: VerificationCache::new(),
            hash_parameters: config.hash_parameters,
            tolerate_duplicate_credentials: config.tolerate_duplicate_credentials,
            clock,
        }))
    }
}
