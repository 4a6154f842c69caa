//! All secrets: in memory, and on disk where a folder was given.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::SecretsError;
use super::secret::{NewVersion, Secret};
use crate::aws::error::StartError;
use crate::aws::folder::{SECRETS_FILE, replace_file};

/// Every secret, by its name.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Secrets(BTreeMap<String, Secret>);

impl Secrets {
    /// Adds a secret; the same request again changes nothing.
    pub(super) fn create(
        &mut self,
        name: &str,
        description: Option<String>,
        version: Option<NewVersion>,
        now: Timestamp,
    ) -> Result<&Secret, SecretsError> {
        if let Some(existing) = self.0.get(name) {
            if !version.is_some_and(|version| existing.holds(&version)) {
                return Err(SecretsError::Exists);
            }
        } else {
            let secret = Secret::new(name.to_owned(), description, version, now)?;
            self.0.insert(name.to_owned(), secret);
        }
        self.0.get(name).ok_or(SecretsError::NoSecret)
    }

    /// Finds a secret by its name or ARN.
    pub(super) fn find(&self, id: &str) -> Result<&Secret, SecretsError> {
        self.0.values().find(|secret| secret.is_called(id)).ok_or(SecretsError::NoSecret)
    }

    /// Finds a secret by its name or ARN, to change it.
    pub(super) fn find_mut(&mut self, id: &str) -> Result<&mut Secret, SecretsError> {
        self.0.values_mut().find(|secret| secret.is_called(id)).ok_or(SecretsError::NoSecret)
    }
}

/// The secrets of this process, shared by all requests.
pub(in crate::aws) struct SecretStore {
    secrets: Mutex<Secrets>,
    file: Option<PathBuf>,
}

impl SecretStore {
    /// A store without secrets that forgets all at the end.
    pub(in crate::aws) fn in_memory() -> Self {
        Self { secrets: Mutex::default(), file: None }
    }

    /// The store of a folder, with what an earlier process left there.
    pub(in crate::aws) fn open(folder: &Path) -> Result<Self, StartError> {
        let path = folder.join(SECRETS_FILE);
        let secrets = match fs::read(&path) {
            Ok(content) => match parse(&content) {
                Ok(secrets) => secrets,
                Err(reason) => return Err(StartError::CorruptSecrets { path, reason }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Secrets::default(),
            Err(source) => return Err(StartError::Open { path, source }),
        };
        Ok(Self { secrets: Mutex::new(secrets), file: Some(path) })
    }

    /// Reads the secrets as the last change left them.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Secrets) -> Result<T, SecretsError>) -> Result<T, SecretsError> {
        read(&self.lock())
    }

    /// Makes a change that is on disk before its answer is given, and that leaves nothing behind
    /// where it fails.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Secrets) -> Result<T, SecretsError>,
    ) -> Result<T, SecretsError> {
        let mut secrets = self.lock();
        let mut changed = secrets.clone();
        let answer = change(&mut changed)?;
        if changed != *secrets {
            if let Some(file) = &self.file {
                write(file, &changed)
                    .map_err(|error| SecretsError::Internal(format!("cannot write {}: {error}", file.display())))?;
            }
            *secrets = changed;
        }
        Ok(answer)
    }

    /// A panic elsewhere cannot have left a half-made change: one is assigned as a whole.
    fn lock(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(path: &Path, secrets: &Secrets) -> io::Result<()> {
    replace_file(path, &serde_json::to_vec_pretty(secrets)?)
}

/// The reason names the place only: the parser's own message may quote a secret.
fn parse(content: &[u8]) -> Result<Secrets, String> {
    let secrets: Secrets = serde_json::from_slice(content)
        .map_err(|error| format!("not understood at line {}, column {}", error.line(), error.column()))?;
    match secrets.0.iter().find(|(name, secret)| !secret.is_sound(name)) {
        Some((name, _)) => Err(format!("the name or a staging label of the secret {name} leads nowhere")),
        None => Ok(secrets),
    }
}
