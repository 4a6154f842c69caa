//! The AWS services that Countersign uses, offered on loopback by this process.
//!
//! The code under test meets them through the real SDK clients, so that it cannot tell them from
//! AWS: DynamoDB is the embedded engine `dynoxide`, Secrets Manager and SES are small endpoints of
//! our own that know the operations that Countersign calls and refuse all others.

pub mod calls;
mod folder;
pub use folder::{DATABASE_FILE, SECRETS_FILE, replace_file};
pub mod mailbox;
mod secrets_manager;
mod ses;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use dynoxide::errors::DynoxideError;
use jiff::Timestamp;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
};

use self::{
    calls::{CallLog, CallerLog},
    folder::Folder,
    mailbox::Mailbox,
    secrets_manager::{FirstValueIsCurrent, SecretStore},
};

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "000000000000";
/// Whose calls those are that no function makes: tables, first keys, the demo.
const CARETAKER: &str = "caretaker";
/// A real service asks for pauses of seconds between attempts; one on loopback recovers at once.
const FIRST_RETRY_AFTER: Duration = Duration::from_millis(10);

/// Tells the time to the local Secrets Manager and to the mailbox; a test may advance it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

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

/// Why the local services did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder or a file in it cannot be made or opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The embedded database takes its path as text.
    #[error("the path {} is not valid UTF-8", path.display())]
    PathNotUtf8 {
        /// The path, shown with replacement characters.
        path: PathBuf,
    },
    /// Another process works in the folder.
    #[error("another process is using {}", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file with the secrets is not as this program wrote it.
    #[error("{} is corrupt: {reason}", path.display())]
    CorruptSecrets {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without any of its content.
        reason: String,
    },
    /// The embedded database refused its file.
    #[error("cannot open the database {location}")]
    Database {
        /// The file, or `:memory:`.
        location: String,
        /// What the engine says.
        source: DynoxideError,
    },
    /// No loopback port could be had.
    #[error("cannot listen on a loopback port")]
    Listen(#[source] io::Error),
}

/// DynamoDB, Secrets Manager and SES on loopback ports, for as long as this value lives.
pub struct LocalAws {
    config: SdkConfig,
    dynamodb: aws_sdk_dynamodb::Client,
    secrets_manager: aws_sdk_secretsmanager::Client,
    ses: aws_sdk_ses::Client,
    dynamodb_endpoint: String,
    secrets_manager_endpoint: String,
    ses_endpoint: String,
    first_value_is_current: FirstValueIsCurrent,
    calls: CallLog,
    mailbox: Mailbox,
    servers: Servers,
    /// Held so that no second process opens the same files.
    folder: Option<Folder>,
}

impl LocalAws {
    /// Opens the storage, starts the three services and connects a client to each.
    pub async fn start(storage: Storage, now: Now) -> Result<Self, StartError> {
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

        let mut servers = Servers::new();
        let dynamodb_endpoint = servers.serve_dynamodb(database).await?;
        let first_value_is_current = FirstValueIsCurrent::default();
        let router = secrets_manager::router(secrets, first_value_is_current.clone(), now);
        let secrets_manager_endpoint = servers.serve(router).await?;
        let ses_endpoint = servers.serve(ses::router(mailbox.clone())).await?;

        let calls = CallLog::default();
        let config = sdk_config();
        Ok(Self {
            dynamodb: dynamodb(&config, &dynamodb_endpoint, calls.of(CARETAKER)),
            secrets_manager: secrets_manager(&config, &secrets_manager_endpoint, calls.of(CARETAKER)),
            ses: ses(&config, &ses_endpoint, calls.of(CARETAKER)),
            config,
            dynamodb_endpoint,
            secrets_manager_endpoint,
            ses_endpoint,
            first_value_is_current,
            calls,
            mailbox,
            servers,
            folder,
        })
    }

    /// A client of the embedded DynamoDB, for whoever looks after the deployment.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.clone()
    }

    /// A client of the embedded DynamoDB whose calls are noted as `caller`'s.
    #[must_use]
    pub fn dynamodb_of(&self, caller: &'static str) -> aws_sdk_dynamodb::Client {
        dynamodb(&self.config, &self.dynamodb_endpoint, self.calls.of(caller))
    }

    /// A client of the local Secrets Manager, for whoever looks after the deployment.
    #[must_use]
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        self.secrets_manager.clone()
    }

    /// A client of the local Secrets Manager whose calls are noted as `caller`'s.
    #[must_use]
    pub fn secrets_manager_of(&self, caller: &'static str) -> aws_sdk_secretsmanager::Client {
        secrets_manager(&self.config, &self.secrets_manager_endpoint, self.calls.of(caller))
    }

    /// A client of the local SES, for whoever looks after the deployment; mail arrives in [`LocalAws::mailbox`].
    #[must_use]
    pub fn ses(&self) -> aws_sdk_ses::Client {
        self.ses.clone()
    }

    /// A client of the local SES whose calls are noted as `caller`'s.
    #[must_use]
    pub fn ses_of(&self, caller: &'static str) -> aws_sdk_ses::Client {
        ses(&self.config, &self.ses_endpoint, self.calls.of(caller))
    }

    /// The URL for `AWS_ENDPOINT_URL_DYNAMODB`.
    #[must_use]
    pub fn dynamodb_endpoint(&self) -> &str {
        &self.dynamodb_endpoint
    }

    /// The URL for `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    #[must_use]
    pub fn secrets_manager_endpoint(&self) -> &str {
        &self.secrets_manager_endpoint
    }

    /// The URL for `AWS_ENDPOINT_URL_SES`.
    #[must_use]
    pub fn ses_endpoint(&self) -> &str {
        &self.ses_endpoint
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

    /// Lets running requests finish and closes all files; dropping the value instead does not wait
    /// for them.
    pub async fn stop(self) -> Result<(), JoinError> {
        self.servers.stop().await?;
        drop(self.folder);
        Ok(())
    }
}

fn open_database(path: &Path) -> Result<dynoxide::Database, StartError> {
    let location = path.to_str().ok_or_else(|| StartError::PathNotUtf8 { path: path.to_owned() })?;
    dynoxide::Database::new(location).map_err(|source| StartError::Database { location: location.to_owned(), source })
}

fn sdk_config() -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local")))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_RETRY_AFTER))
        .build()
}

fn dynamodb(config: &SdkConfig, endpoint: &str, log: CallerLog) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::config::Builder::from(config).endpoint_url(endpoint);
    let config = config.interceptor(log).interceptor(shared::aws::DynamoDbTimer);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn secrets_manager(config: &SdkConfig, endpoint: &str, log: CallerLog) -> aws_sdk_secretsmanager::Client {
    let config = aws_sdk_secretsmanager::config::Builder::from(config).endpoint_url(endpoint).interceptor(log);
    aws_sdk_secretsmanager::Client::from_conf(config.build())
}

fn ses(config: &SdkConfig, endpoint: &str, log: CallerLog) -> aws_sdk_ses::Client {
    let config = aws_sdk_ses::config::Builder::from(config).endpoint_url(endpoint).interceptor(log);
    aws_sdk_ses::Client::from_conf(config.build())
}

/// The listening tasks; they end when `running` is dropped.
struct Servers {
    running: watch::Sender<()>,
    tasks: JoinSet<()>,
}

impl Servers {
    fn new() -> Self {
        Self { running: watch::Sender::new(()), tasks: JoinSet::new() }
    }

    async fn serve(&mut self, router: Router) -> Result<String, StartError> {
        let (listener, endpoint) = listen().await?;
        let stopped = self.stopped();
        self.tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "a local AWS endpoint failed");
            }
        });
        Ok(endpoint)
    }

    async fn serve_dynamodb(&mut self, database: dynoxide::Database) -> Result<String, StartError> {
        let (listener, endpoint) = listen().await?;
        let stopped = self.stopped();
        self.tasks.spawn(async move {
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stopped).await {
                tracing::error!(%error, "the local DynamoDB endpoint failed");
            }
        });
        Ok(endpoint)
    }

    fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut running = self.running.subscribe();
        async move { while running.changed().await.is_ok() {} }
    }

    async fn stop(self) -> Result<(), JoinError> {
        let Self { running, mut tasks } = self;
        drop(running);
        while let Some(ended) = tasks.join_next().await {
            ended?;
        }
        Ok(())
    }
}

async fn listen() -> Result<(TcpListener, String), StartError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(StartError::Listen)?;
    let address = listener.local_addr().map_err(StartError::Listen)?;
    Ok((listener, format!("http://{address}")))
}
