//! The signing keys: read from Secrets Manager, and read again every few minutes.

use std::sync::Arc;

use jiff::Timestamp;
use shared::keys::refresh::{PAUSE_SECONDS, RefreshedKeys, Unread};
use shared::keys::ring::KeyRing;
use shared::keys::vault::{Vault, VaultError};
use shared::keys::verifying::InvalidJwks;
use shared::telemetry::chain;

/// A failure to read the signing keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The key set could not be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The key set has keys that cannot be used.
    #[error("the signing keys cannot be used")]
    Invalid(#[from] InvalidJwks),
}

/// The current signing keys.
pub struct CurrentKeys {
    vault: Vault,
    secret_id: String,
    keys: RefreshedKeys<KeyRing>,
}

impl CurrentKeys {
    /// Reads the key set for the first time.
    ///
    /// # Errors
    ///
    /// The key set could not be read, or its keys cannot be used.
    pub async fn load(vault: Vault, secret_id: String, now: Timestamp) -> Result<Self, KeysError> {
        let keys = RefreshedKeys::read_at(now, read(&vault, &secret_id).await?, PAUSE_SECONDS);
        Ok(Self { vault, secret_id, keys })
    }

    /// The keys at `now`; none where the key set could not be read for so long that what they sign may outlive them, or
    /// one was dropped.
    pub async fn at(&self, now: Timestamp) -> Option<Arc<KeyRing>> {
        logged(self.keys.current(now, read(&self.vault, &self.secret_id)).await)
    }

    /// The keys for a token under a key that [`Self::at`] does not have.
    pub async fn for_unknown_key(&self, now: Timestamp) -> Option<Arc<KeyRing>> {
        logged(self.keys.for_unknown_key(now, read(&self.vault, &self.secret_id)).await)
    }
}

fn logged(keys: Result<Arc<KeyRing>, Unread<KeysError>>) -> Option<Arc<KeyRing>> {
    keys.inspect_err(|unread| {
        if let Unread::Failed(error) = unread {
            tracing::error!(error = chain(error), "the signing keys could not be read");
        }
    })
    .ok()
}

async fn read(vault: &Vault, secret_id: &str) -> Result<KeyRing, KeysError> {
    Ok(KeyRing::new(&vault.key_set(secret_id).await?)?)
}
