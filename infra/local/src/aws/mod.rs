//! The AWS services that Countersign uses, inside this process and reachable from nowhere else.
//!
//! The code under test uses them through the real SDK clients, so that it cannot tell them from AWS: DynamoDB is the
//! embedded engine `dynoxide`, Secrets Manager and SES are small endpoints of our own. Each supports the operations
//! that Countersign calls and refuses all others. The clients' requests do not use the network: anyone able to send one
//! could read the signing keys.

mod account;
pub mod calls;
mod connector;
mod dynamodb;
mod error;
mod folder;
pub mod mailbox;
mod secrets_manager;
mod ses;
#[cfg(test)]
mod tests;

pub use account::Now;
pub use error::StartError;
pub use folder::{DATABASE_FILE, SECRETS_FILE, replace_file};

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;

use self::{
    account::REGION,
    calls::{CallLog, CallerLog},
    connector::Connector,
    folder::Folder,
    mailbox::Mailbox,
    secrets_manager::{FirstValueIsCurrent, SecretStore},
};

/// Caller of the calls that no function makes: tables, first keys, the demo.
const CARETAKER: &str = "caretaker";
/// Endpoint of the services as configured in the SDK: a name that resolves to nothing, should it ever be looked up.
const ORIGIN: &str = "http://in-this-process.invalid";
/// The paths of the services in [`LocalAws::router`].
const DYNAMODB: &str = "/dynamodb";
const SECRETS_MANAGER: &str = "/secrets-manager";
const SES: &str = "/ses";
/// A real service asks for pauses of seconds between attempts; one in the same process recovers at once.
const FIRST_RETRY_AFTER: Duration = Duration::from_millis(10);

/// Where the local services keep their state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In memory: all is gone when the process ends.
    Memory,
    /// In this folder, created with mode 0700 where it is missing.
    ///
    /// Whatever was answered survives `kill -9`. DynamoDB lies in `dynamodb.sqlite`, in `SQLite`'s
    /// WAL mode with `synchronous` at its compiled-in default FULL, which syncs the log at every
    /// commit; NORMAL would be enough for a killed process, as the kernel keeps what was written.
    /// Secrets lie in `secrets.json`, replaced and synced as a whole before each answer.
    Folder(PathBuf),
}

/// DynamoDB, Secrets Manager and SES for the clients that come from here.
pub struct LocalAws {
    config: SdkConfig,
    dynamodb: aws_sdk_dynamodb::Client,
    secrets_manager: aws_sdk_secretsmanager::Client,
    ses: aws_sdk_ses::Client,
    first_value_is_current: FirstValueIsCurrent,
    calls: CallLog,
    mailbox: Mailbox,
    router: Router,
    connector: Connector,
}

impl LocalAws {
    /// Opens the storage and makes a client of each of the three services.
    ///
    /// # Errors
    /// If another process uses the folder, or its files cannot be opened.
    pub fn start(storage: Storage, now: Now) -> Result<Self, StartError> {
        let (folder, database, secrets) = match storage {
            Storage::Memory => {
                let database = dynoxide::Database::memory()
                    .map_err(|source| StartError::Database { location: ":memory:".to_owned(), source })?;
                (None, database, SecretStore::in_memory())
            }
            Storage::Folder(path) => {
                let folder = Folder::open(path)?;
                let database = open_database(&folder.private_file(DATABASE_FILE)?)?;
                let secrets = SecretStore::open(folder.path())?;
                (Some(folder), database, secrets)
            }
        };
        let mailbox = Mailbox::new(Arc::clone(&now));

        let first_value_is_current = FirstValueIsCurrent::default();
        let router = Router::new()
            .nest_service(DYNAMODB, dynamodb::router(database))
            .nest_service(SECRETS_MANAGER, secrets_manager::router(secrets, first_value_is_current.clone(), now))
            .nest_service(SES, ses::router(mailbox.clone()));
        let connector = Connector::new(router.clone(), folder);

        let calls = CallLog::default();
        let config = sdk_config(&connector);
        Ok(Self {
            dynamodb: dynamodb_client(&config, calls.of(CARETAKER)),
            secrets_manager: secrets_manager_client(&config, calls.of(CARETAKER)),
            ses: ses_client(&config, calls.of(CARETAKER)),
            config,
            first_value_is_current,
            calls,
            mailbox,
            router,
            connector,
        })
    }

    /// Returns a client of the embedded DynamoDB, for maintenance of the deployment.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.clone()
    }

    /// Returns a client of the embedded DynamoDB whose calls are logged as `caller`'s.
    #[must_use]
    pub fn dynamodb_of(&self, caller: &'static str) -> aws_sdk_dynamodb::Client {
        dynamodb_client(&self.config, self.calls.of(caller))
    }

    /// Returns a client of the local Secrets Manager, for maintenance of the deployment.
    #[must_use]
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        self.secrets_manager.clone()
    }

    /// Returns a client of the local Secrets Manager whose calls are logged as `caller`'s.
    #[must_use]
    pub fn secrets_manager_of(&self, caller: &'static str) -> aws_sdk_secretsmanager::Client {
        secrets_manager_client(&self.config, self.calls.of(caller))
    }

    /// Returns a client of the local SES, for maintenance of the deployment; mail arrives in [`LocalAws::mailbox`].
    #[must_use]
    pub fn ses(&self) -> aws_sdk_ses::Client {
        self.ses.clone()
    }

    /// A client of the local SES whose calls are noted as `caller`'s.
    #[must_use]
    pub fn ses_of(&self, caller: &'static str) -> aws_sdk_ses::Client {
        ses_client(&self.config, self.calls.of(caller))
    }

    /// The three services, at `/dynamodb`, `/secrets-manager` and `/ses`, for a test whose functions run in another
    /// process. They ask nobody who they are: a deployment does not serve them.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Lets a first value that is put under a label of its own have that label alone. On AWS it is the current one, too.
    pub fn keep_first_values_pending(&self) {
        self.first_value_is_current.0.store(false, Ordering::SeqCst);
    }

    /// Which operations were called, and by whom.
    #[must_use]
    pub fn calls(&self) -> &CallLog {
        &self.calls
    }

    /// The mail that was sent.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Lets running requests finish and closes all files; the clients that came from here reach nothing any more.
    /// Where the value is dropped instead, the files stay open for as long as there is a client.
    pub async fn stop(self) {
        self.connector.close().await;
    }
}

fn open_database(path: &Path) -> Result<dynoxide::Database, StartError> {
    let location = path.to_str().ok_or_else(|| StartError::PathNotUtf8 { path: path.to_owned() })?;
    dynoxide::Database::new(location).map_err(|source| StartError::Database { location: location.to_owned(), source })
}

fn sdk_config(connector: &Connector) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local")))
        .http_client(connector.http_client())
        .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_RETRY_AFTER))
        .build()
}

fn dynamodb_client(config: &SdkConfig, log: CallerLog) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(config).endpoint_url(format!("{ORIGIN}{DYNAMODB}"));
    let config = config.interceptor(log).interceptor(shared::aws::DynamoDbTimer);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn secrets_manager_client(config: &SdkConfig, log: CallerLog) -> aws_sdk_secretsmanager::Client {
    let config = aws_sdk_secretsmanager::config::Builder::from(config);
    let config = config.endpoint_url(format!("{ORIGIN}{SECRETS_MANAGER}")).interceptor(log);
    aws_sdk_secretsmanager::Client::from_conf(config.build())
}

fn ses_client(config: &SdkConfig, log: CallerLog) -> aws_sdk_ses::Client {
    let config = aws_sdk_ses::config::Builder::from(config).endpoint_url(format!("{ORIGIN}{SES}")).interceptor(log);
    aws_sdk_ses::Client::from_conf(config.build())
}
