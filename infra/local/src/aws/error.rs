//! Errors at the start of the local services.

use std::io;
use std::path::PathBuf;

use dynoxide::errors::DynoxideError;

/// The reason why the local services did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder or a file in it cannot be made or opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The folder or file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Something other than a folder exists at the path of the folder.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// Its path.
        path: PathBuf,
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
        /// The problem, without any of the file's content.
        reason: String,
    },
    /// The embedded database refused its file.
    #[error("cannot open the database {location}")]
    Database {
        /// The file, or `:memory:`.
        location: String,
        /// The error of the engine.
        source: DynoxideError,
    },
}
