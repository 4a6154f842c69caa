//! The key set with everything that a rotation needs.

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
    pub(crate) async fn publish(&self, keys: &KeySet) -> Result<(), VaultError> {
        self.vault.publish(&self.jwks_secret, keys).await
    }

    /// Publishes the public keys of the current set, and again where another set became current meanwhile: after two
    /// concurrent changes, the keys of the current set are published.
    pub(crate) async fn publish_current(&self) -> Result<(), VaultError> {
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
