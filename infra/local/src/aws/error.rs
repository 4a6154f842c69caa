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
        /// What the operating system says.
        source: io::Error,
    },
    /// There is something else where the folder should be.
    #[error("{} is not a folder", path.display())]
    NotAFolder {
        /// What is there.
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
}
