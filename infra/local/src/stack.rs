//! A whole deployment in this process: storage, keys and functions.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use expiry_notifier::ExpiryNotifier;
use key_rotation::KeyRotation;
use management_api::Management;
use shared::clock::Clock;
use shared::domain::id::ClientIdPrefix;
use shared::http::Issuer;
use shared::keys::hashing::Hasher;
use shared::keys::sealing::DataKey;
use shared::keys::vault::Vault;
use shared::store::Tables;
use shared::store::administrators::AdministratorStore;
use shared::store::audit::AuditTrail;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::organizations::OrganizationStore;
use token_endpoint::TokenEndpoint;

use crate::aws::{LocalAws, Storage};
use crate::configuration::Configuration;
use crate::demo::credentials::Credentials;
use crate::error::Error;
use crate::functions::Functions;
use crate::gateway::Gateway;
use crate::names::{DATA_KEY_SECRET, JWKS_SECRET, KEY_SET_SECRET, PEPPER_SECRET, TABLE_PREFIX};
use crate::tables::{self, Making};
use crate::{mailbox, rotation, whoami};

/// Interval between rotations of the signing keys, in days.
pub const KEY_ROTATION_DAYS: i64 = 30;

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
    /// Change requests.
    pub change_requests: ChangeRequestStore,
    /// The audit trail.
    pub trail: AuditTrail,
    /// Hashes secrets with the deployment's pepper.
    pub hasher: Hasher,
    /// Seals TOTP keys.
    pub data_key: DataKey,
    /// The token endpoint.
    pub token_endpoint: Arc<TokenEndpoint>,
    /// Sends reminders.
    pub notifier: Arc<ExpiryNotifier>,
    /// Rotates the signing keys.
    pub key_rotation: Arc<KeyRotation>,
    /// The clock.
    pub clock: Clock,
    /// The demo's credentials, if the demo is served.
    pub demo: Option<Credentials>,
    management: Management,
}

impl Stack {
    /// Starts the deployment and, on the first start, creates tables and keys. An existing demo stays as it is and is
    /// not served; if there is none, none is ever created.
    ///
    /// # Errors
    ///
    /// As for [`Stack::open`].
    pub async fn without_demo(configuration: Configuration) -> Result<Self, Error> {
        Self::open(configuration, Making::Everything).await
    }

    /// Starts a deployment without its demo, and creates no more of what is missing than `making` says.
    ///
    /// # Errors
    ///
    /// The data folder is in use, or has lost what cannot be created again; or a part of the deployment did not start.
    pub async fn open(configuration: Configuration, making: Making) -> Result<Self, Error> {
        Self::assemble(configuration, making, |_| Ok(None)).await
    }

    /// Starts a deployment with the demo credentials that `demo` finds for its data folder.
    pub(crate) async fn assemble(
        configuration: Configuration,
        making: Making,
        demo: impl FnOnce(Option<&Path>) -> Result<Option<Credentials>, Error>,
    ) -> Result<Self, Error> {
        let environment = configuration.environment();
        let Configuration { storage, issuer, signing_algorithm, clock, .. } = configuration;
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
        let hasher = Hasher::new(vault.create_missing_pepper(PEPPER_SECRET).await?);
        let data_key = vault.create_missing_data_key(DATA_KEY_SECRET).await?;
        let functions = Functions { aws: &aws, environment, clock: clock.clone() };
        let token_endpoint = functions.token_endpoint().await?;
        let notifier = Arc::new(functions.expiry_notifier()?);
        let key_rotation = Arc::new(functions.key_rotation()?);
        let management = functions.management_api().await?;
        let tables = Tables::of_deployment(TABLE_PREFIX);
        Ok(Self {
            issuer,
            client_id_prefix: management.client_id_prefix.clone(),
            clients: ClientStore::new(dynamodb.clone(), &tables),
            organizations: OrganizationStore::new(dynamodb.clone(), &tables),
            administrators: AdministratorStore::new(dynamodb.clone(), &tables),
            change_requests: ChangeRequestStore::new(dynamodb.clone(), &tables),
            trail: AuditTrail::new(dynamodb, &tables),
            hasher,
            data_key,
            token_endpoint,
            notifier,
            key_rotation,
            clock,
            demo,
            management,
            aws,
        })
    }

    /// The management API, for commands that do not come over HTTP.
    #[must_use]
    pub fn management(&self) -> &Management {
        &self.management
    }

    /// The router of the whole deployment, for callers who reach it directly.
    pub fn router(&self) -> Router {
        self.router_behind(Gateway::default())
    }

    /// The router of the whole deployment, behind this gateway.
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
