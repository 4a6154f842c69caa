//! The deployment that the local stack is: tables, keys and functions wired together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use expiry_notifier::ExpiryNotifier;
use expiry_notifier::settings::{Settings as NotifierSettings, Zone};
use jiff::tz::TimeZone;
use key_rotation::KeyRotation;
use key_rotation::settings::Settings as RotationSettings;
use management_api::Management;
use management_api::rate::RequestRate;
use management_api::settings::Settings as ManagementSettings;
use shared::clock::Clock;
use shared::domain::email::Email;
use shared::domain::id::ClientIdPrefix;
use shared::env::EnvironmentError;
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::keys::sealing::DataKey;
use shared::keys::vault::{Vault, VaultError, VaultFailure};
use shared::store::administrators::AdministratorStore;
use shared::store::audit::AuditTrail;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::organizations::OrganizationStore;
use shared::store::schema::{self, SchemaError, Table};
use shared::store::{CommitError, StoreError};
use token_endpoint::TokenEndpoint;
use token_endpoint::settings::Settings as TokenSettings;

use crate::aws::{LocalAws, StartError as AwsError, Storage};
use crate::demo::{self, Credentials};
use crate::gateway::Gateway;
use crate::tables::{self, Making};
use crate::{mailbox, rotation, whoami};

/// What every table's name begins with.
pub const TABLE_PREFIX: &str = "countersign";
/// The name of the key set in Secrets Manager.
pub const KEY_SET_SECRET: &str = "countersign/key-set";
/// The name of the public keys in Secrets Manager.
pub const JWKS_SECRET: &str = "countersign/jwks";
/// The name of the pepper in Secrets Manager.
pub const PEPPER_SECRET: &str = "countersign/pepper";
/// The name of the data key in Secrets Manager.
pub const DATA_KEY_SECRET: &str = "countersign/data-key";
/// The first part of every `client_id`.
pub const CLIENT_ID_PREFIX: &str = "wallet";

/// How often the signing keys are rotated, in days.
pub const KEY_ROTATION_DAYS: i64 = 30;

/// The token endpoint's name in [`LocalAws::calls`]; each function is named as its package.
pub const TOKEN_ENDPOINT: &str = "token-endpoint";
/// The management API's name.
pub const MANAGEMENT_API: &str = "management-api";
/// The notifier's name.
pub const EXPIRY_NOTIFIER: &str = "expiry-notifier";
/// The rotation's name.
pub const KEY_ROTATION: &str = "key-rotation";

/// Where mail comes from.
pub const SENDER_ADDRESS: &str = "no-reply@countersign.example";
/// Who is told where nobody of an organization can be: the demo's operator.
pub const OPERATOR_ADDRESS: &str = "operator@platform.example";

/// What a stack is made of.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Where state is kept.
    pub storage: Storage,
    /// The issuer.
    pub issuer: Issuer,
    /// What a new key set signs with.
    pub signing_algorithm: SigningAlgorithm,
    /// Whether the same credentials may stand in header and body of a token request.
    pub tolerate_duplicate_credentials: bool,
    /// How many requests one caller of the management API may send.
    pub request_rate: RequestRate,
    /// What says which time it is.
    pub clock: Clock,
}

/// Why the stack could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded services did not start.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A table could not be made.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A secret of the deployment could not be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The rotation of the signing keys could not be configured.
    #[error("the rotation of the signing keys cannot be configured")]
    Rotation(#[from] VaultFailure),
    /// The token endpoint could not be made ready.
    #[error(transparent)]
    TokenEndpoint(#[from] token_endpoint::settings::StartError),
    /// A function's settings are incomplete.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file beside the data could not be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The server was never started in the folder.
    #[error(
        "there is no deployment in {0}: start the server there once, with `countersign --data {0}`, which makes one; with \
         --no-demo an empty one",
        folder.display()
    )]
    NotMade {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder has data without the secrets that it was written with.
    #[error(
        "{0} holds data, but no {1} any more, and without that no stored secret, password or authenticator is good: put \
         secrets.json back into {0} from your backup; where there is none, move {0} away and begin anew",
        folder.display(), lost.join(" and no ")
    )]
    SecretsLost {
        /// The folder.
        folder: PathBuf,
        /// Which secrets.
        lost: Vec<&'static str>,
    },
    /// The folder has the secrets of a deployment without its tables.
    #[error(
        "{0} holds the keys of a deployment, but of its tables these are gone: {1}. Put dynamodb.sqlite back into {0} from \
         your backup; or `countersign import` what was exported, which makes the tables anew, as a start of the server \
         does",
        folder.display(), missing.join(", ")
    )]
    TablesLost {
        /// The folder.
        folder: PathBuf,
        /// Which tables.
        missing: Vec<&'static str>,
    },
    /// A part of the demo could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The demo could not be made.
    #[error("the demo could not be made: {0}")]
    Demo(String),
    /// A deployment that was begun without the demo gets none.
    #[error("{} holds a deployment without the demo", folder.display())]
    WithoutDemo {
        /// Where it is.
        folder: PathBuf,
    },
    /// The demo is not taken out of a deployment that was begun with it.
    #[error("{} holds the demo", folder.display())]
    WithDemo {
        /// Where it is.
        folder: PathBuf,
    },
}

/// A running deployment.
pub struct Stack {
    /// The embedded services behind the SDK.
    pub aws: LocalAws,
    /// The issuer.
    pub issuer: Issuer,
    /// The first part of every `client_id`.
    pub client_id_prefix: ClientIdPrefix,
    /// Clients and their secrets.
    pub clients: ClientStore,
    /// Organizations and the catalogue.
    pub organizations: OrganizationStore,
    /// Administrators and sessions.
    pub administrators: AdministratorStore,
    /// Changes that wait for a second administrator.
    pub change_requests: ChangeRequestStore,
    /// The audit trail.
    pub trail: AuditTrail,
    /// Argon2 with the deployment's pepper.
    pub hasher: Hasher,
    /// What TOTP keys are sealed with.
    pub data_key: DataKey,
    /// The token endpoint.
    pub token_endpoint: Arc<TokenEndpoint>,
    /// What sends reminders.
    pub notifier: Arc<ExpiryNotifier>,
    /// What rotates the signing keys.
    pub key_rotation: Arc<KeyRotation>,
    /// What says which time it is.
    pub clock: Clock,
    /// The demo's credentials, where it is served.
    pub demo: Option<Credentials>,
    management: Management,
}

fn key_rotation(aws: &LocalAws, algorithm: SigningAlgorithm, clock: Clock) -> KeyRotation {
    let settings =
        RotationSettings { key_set_secret: KEY_SET_SECRET.to_owned(), jwks_secret: JWKS_SECRET.to_owned(), algorithm };
    KeyRotation::new(settings, aws.secrets_manager_of(KEY_ROTATION), clock)
}

impl Stack {
    /// Starts everything, and on the first start makes tables, keys and the demo.
    pub async fn start(configuration: Configuration) -> Result<Self, Error> {
        let demo = |folder: Option<&Path>| Credentials::load_or_generate(folder).map(Some);
        let stack = Self::assemble(configuration, Making::Everything, demo).await?;
        if let Some(demo) = &stack.demo {
            demo::seed(&stack, demo).await?;
        }
        Ok(stack)
    }

    /// Starts everything, and on the first start makes tables and keys. A demo that is there stays as it is and is not
    /// served; where there is none, none is ever made.
    pub async fn without_demo(configuration: Configuration) -> Result<Self, Error> {
        Self::open(configuration, Making::Everything).await
    }

    /// Starts what is there without its demo, and makes no more of what is missing than `making` says.
    pub async fn open(configuration: Configuration, making: Making) -> Result<Self, Error> {
        Self::assemble(configuration, making, |_| Ok(None)).await
    }

    async fn assemble(
        configuration: Configuration,
        making: Making,
        demo: impl FnOnce(Option<&Path>) -> Result<Option<Credentials>, Error>,
    ) -> Result<Self, Error> {
        let Configuration { storage, issuer, signing_algorithm, tolerate_duplicate_credentials, request_rate, clock } =
            configuration;
        let folder = match &storage {
            Storage::Folder(path) => Some(path.clone()),
            Storage::Memory => None,
        };
        if let Some(folder) = folder.as_deref().filter(|_| making != Making::Everything) {
            tables::expect_started(folder)?;
        }
        let now = clock.clone();
        let aws = LocalAws::start(storage, Arc::new(move || now.now()))?;
        let demo = demo(folder.as_deref())?;
        let dynamodb = aws.dynamodb();
        let vault = Vault::new(aws.secrets_manager());
        tables::make(making, &dynamodb, &vault, folder.as_deref()).await?;
        if making == Making::Everything {
            vault.create_missing_key_set(KEY_SET_SECRET, JWKS_SECRET, signing_algorithm, clock.now()).await?;
            rotation::configure(&aws.secrets_manager(), KEY_SET_SECRET, KEY_ROTATION_DAYS).await?;
        }
        let key_rotation = Arc::new(key_rotation(&aws, signing_algorithm, clock.clone()));
        let hasher = Hasher::new(vault.create_missing_pepper(PEPPER_SECRET).await?);
        let data_key = vault.create_missing_data_key(DATA_KEY_SECRET).await?;
        let table = |table: Table| table.name_in(TABLE_PREFIX);
        let settings = TokenSettings {
            issuer: issuer.clone(),
            key_set_secret: KEY_SET_SECRET.to_owned(),
            pepper_secret: PEPPER_SECRET.to_owned(),
            clients_table: table(schema::CLIENTS),
            revocations_table: table(schema::REVOCATIONS),
            attempts_table: table(schema::ATTEMPTS),
            hash_parameters: HashParameters::SECRET_DEFAULT,
            tolerate_duplicate_credentials,
        };
        let (tables, secrets) = (aws.dynamodb_of(TOKEN_ENDPOINT), aws.secrets_manager_of(TOKEN_ENDPOINT));
        let token_endpoint = TokenEndpoint::start(settings, tables, secrets, clock.clone()).await?;
        let address = |text| Email::parse(text).map_err(|e| Error::Demo(e.to_string()));
        let settings = NotifierSettings {
            issuer: issuer.clone(),
            sender: address(SENDER_ADDRESS)?,
            operator: address(OPERATOR_ADDRESS)?,
            clients_table: table(schema::CLIENTS),
            organizations_table: table(schema::ORGANIZATIONS),
            administrators_table: table(schema::ADMINISTRATORS),
            change_requests_table: table(schema::CHANGE_REQUESTS),
            reminders_table: table(schema::REMINDERS),
            zone: Zone(TimeZone::UTC),
        };
        let (tables, mail) = (aws.dynamodb_of(EXPIRY_NOTIFIER), aws.ses_of(EXPIRY_NOTIFIER));
        let notifier = Arc::new(ExpiryNotifier::new(settings, tables, mail, clock.clone()));
        let clients = ClientStore::new(dynamodb.clone(), table(schema::CLIENTS));
        let organizations = OrganizationStore::new(dynamodb.clone(), table(schema::ORGANIZATIONS));
        let administrators = AdministratorStore::new(dynamodb.clone(), table(schema::ADMINISTRATORS));
        let change_requests = ChangeRequestStore::new(dynamodb.clone(), table(schema::CHANGE_REQUESTS));
        let trail = AuditTrail::new(dynamodb, table(schema::AUDIT_EVENTS));
        let client_id_prefix = ClientIdPrefix::parse(CLIENT_ID_PREFIX).map_err(|e| Error::Demo(e.to_string()))?;
        let settings = ManagementSettings {
            issuer: issuer.clone(),
            client_id_prefix: client_id_prefix.clone(),
            pepper_secret: PEPPER_SECRET.to_owned(),
            data_key_secret: DATA_KEY_SECRET.to_owned(),
            jwks_secret: JWKS_SECRET.to_owned(),
            sender: address(SENDER_ADDRESS)?,
            idempotency_keys_table: table(schema::IDEMPOTENCY_KEYS),
            clients_table: table(schema::CLIENTS),
            organizations_table: table(schema::ORGANIZATIONS),
            administrators_table: table(schema::ADMINISTRATORS),
            revocations_table: table(schema::REVOCATIONS),
            change_requests_table: table(schema::CHANGE_REQUESTS),
            attempts_table: table(schema::ATTEMPTS),
            reminders_table: table(schema::REMINDERS),
            audit_events_table: table(schema::AUDIT_EVENTS),
            request_rate,
            hash_parameters: HashParameters::SECRET_DEFAULT,
        };
        let (tables, secrets) = (aws.dynamodb_of(MANAGEMENT_API), aws.secrets_manager_of(MANAGEMENT_API));
        let mail = aws.ses_of(MANAGEMENT_API);
        let management = Management::start(settings, tables, secrets, mail, clock.clone()).await?;
        Ok(Self {
            aws,
            issuer,
            client_id_prefix,
            clients,
            organizations,
            administrators,
            change_requests,
            trail,
            hasher,
            data_key,
            token_endpoint,
            notifier,
            key_rotation,
            clock,
            demo,
            management,
        })
    }

    /// The management API, for what is asked of its function beside HTTP.
    #[must_use]
    pub fn management(&self) -> &Management {
        &self.management
    }

    /// Everything that the deployment answers on its one port, to whoever reaches it directly.
    pub fn router(&self) -> Router {
        self.router_behind(Gateway::default())
    }

    /// The same behind this gateway.
    pub fn router_behind(&self, gateway: Gateway) -> Router {
        let mut functions = token_endpoint::router(Arc::clone(&self.token_endpoint))
            .merge(mailbox::router(&self.issuer, self.aws.mailbox().clone()));
        if self.demo.is_some() {
            let path = format!("{}{}", self.issuer.path(), whoami::PATH);
            let whoami = Router::new().route(&path, get(whoami::handle));
            functions = functions.merge(whoami.with_state(Arc::clone(&self.token_endpoint)));
        }
        gateway.surround(functions.fallback_service(management_api::router(self.management.clone())))
    }
}
