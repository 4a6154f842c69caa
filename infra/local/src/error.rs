//! The failures of a local deployment.

use std::path::PathBuf;

use shared::env::EnvironmentError;
use shared::keys::vault::{VaultError, VaultFailure};
use shared::store::schema::SchemaError;
use shared::store::{CommitError, StoreError};

use crate::aws::StartError;

/// A local deployment that could not be opened, or not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The embedded services did not start.
    #[error(transparent)]
    Aws(#[from] StartError),
    /// A table could not be created.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A secret of the deployment could not be read or created.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The rotation of the signing keys could not be configured.
    #[error("the rotation of the signing keys cannot be configured")]
    Rotation(#[from] VaultFailure),
    /// The token endpoint did not start.
    #[error(transparent)]
    TokenEndpoint(#[from] token_endpoint::config::StartError),
    /// A function refuses its environment.
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
        /// The error of the operating system.
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
        /// The secrets that are missing.
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
        /// The tables that are missing.
        missing: Vec<&'static str>,
    },
    /// A part of the demo could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The demo could not be created.
    #[error("the demo could not be created: {0}")]
    Demo(String),
    /// The deployment was started without the demo first, and never gets one.
    #[error("{} holds a deployment without the demo", folder.display())]
    WithoutDemo {
        /// The folder.
        folder: PathBuf,
    },
    /// The deployment was started with the demo first, and keeps it.
    #[error("{} holds the demo", folder.display())]
    WithDemo {
        /// The folder.
        folder: PathBuf,
    },
}
