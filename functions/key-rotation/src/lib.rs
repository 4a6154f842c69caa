//! The rotation of the signing keys: `previous <- current <- next`, and a new next key.
//!
//! In the order of a rotation: [`event`] says which step is to be taken, [`steps`] takes it, and [`versions`] reads and
//! writes the secret that holds the keys. [`drop_keys`] removes leaked keys.
//!
//! Each step can be repeated, and a rotation restarted from its first step: what exists already is checked and kept. The
//! second step publishes the public keys, so that verifiers know a key before it signs. Only the last step changes which
//! key signs, in one call that names the version it replaces.

pub mod config;
pub mod drop_keys;
pub mod event;
pub mod lambda;
pub mod steps;
pub mod versions;

use shared::clock::Clock;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::key_set::KeySet;
use shared::keys::vault::{Vault, VaultError};

use crate::versions::{Current, KeySetVersions};

/// The key set and its settings.
pub struct KeyRotation {
    /// The secret that holds the key set.
    pub versions: KeySetVersions,
    /// Publishes the public keys, for readers that must not see the private ones.
    pub vault: Vault,
    /// The name or ARN of the secret that holds the public keys.
    pub jwks_secret: String,
    /// The algorithm of new keys.
    pub algorithm: SigningAlgorithm,
    /// The current time.
    pub clock: Clock,
}

impl KeyRotation {
    /// Publishes the public keys of a set that is about to become the current one.
    async fn publish(&self, keys: &KeySet) -> Result<(), VaultError> {
        self.vault.publish(&self.jwks_secret, keys).await
    }

    /// Publishes the public keys of the current set, and again where another set became current meanwhile: after two
    /// concurrent changes, the keys of the current set are published.
    async fn publish_current(&self) -> Result<(), VaultError> {
        let mut published = None;
        while let Some(Current { version, keys }) = self.versions.current().await?
            && published.as_ref() != Some(&version)
        {
            self.publish(&keys).await?;
            published = Some(version);
        }
        Ok(())
    }
}
