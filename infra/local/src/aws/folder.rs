//! The folder with the state of the local services, readable to its owner only.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::error::StartError;

/// The file of the embedded database.
pub const DATABASE_FILE: &str = "dynamodb.sqlite";
/// The file of the local Secrets Manager.
pub const SECRETS_FILE: &str = "secrets.json";

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A folder that this process alone works in.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// The operating system gives the lock back when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Creates the folder where it is missing and takes its lock.
    pub(super) fn open(path: PathBuf) -> Result<Self, StartError> {
        if path.exists() && !path.is_dir() {
            return Err(StartError::NotAFolder { path });
        }
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(&path)
            .map_err(|source| StartError::Open { path: path.clone(), source })?;
        let lock_path = path.join("lock");
        let lock = open_private(&lock_path).map_err(|source| StartError::Open { path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StartError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(StartError::Open { path: lock_path, source }),
        }
    }

    /// The path as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file that exists, if only empty; `SQLite` gives its log the mode of its
    /// database.
    pub(super) fn private_file(&self, name: &str) -> Result<PathBuf, StartError> {
        let path = self.path.join(name);
        match open_private(&path) {
            Ok(_) => Ok(path),
            Err(source) => Err(StartError::Open { path, source }),
        }
    }
}

fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(FILE_MODE).open(path)
}

/// Replaces a file so that a crash at any moment leaves the old content or the new one, never a
/// mixture.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    // of a name alone the parent is the empty path, which nothing can open
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = path.with_added_extension("tmp");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(FILE_MODE).open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(folder)?.sync_all()
}
