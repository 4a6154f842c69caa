//! The rotation of the signing keys: `previous <- current <- next`, and a new next key.
//!
//! Read it in the order of a rotation: [`order`] reads which step Secrets Manager asks for, [`steps`] takes it, and
//! [`versions`] is the secret that all of it happens to. [`dropping`] is the way out when a key has leaked.
//!
//! A step can be repeated at any time, and a rotation begun again from its first step: what is there already is checked
//! and kept. The second step publishes the public keys, so that whoever verifies knows a key before it signs; what signs
//! changes in the last step alone, in one call that names the version which it replaces.

pub mod dropping;
pub mod lambda;
pub mod order;
pub mod settings;
pub mod steps;
pub mod versions;

use shared::clock::Clock;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::key_set::KeySet;
use shared::keys::vault::{Vault, VaultError};

use crate::versions::{Current, KeySetVersions};

/// Everything that a rotation works with.
pub struct KeyRotation {
    /// The secret that holds the key set.
    pub versions: KeySetVersions,
    /// Where the public keys are published, for those who must not read the private ones.
    pub vault: Vault,
    /// The secret that holds the public keys.
    pub jwks_secret: String,
    /// What new keys sign with.
    pub algorithm: SigningAlgorithm,
    /// What says which time it is.
    pub clock: Clock,
}

impl KeyRotation {
    /// Publishes the public keys of a set that is about to become the current one.
    async fn publish(&self, keys: &KeySet) -> Result<(), VaultError> {
        self.vault.publish(&self.jwks_secret, keys).await
    }

    /// Publishes the public keys of the current set, and again where another became the current one meanwhile: of two who
    /// change the key set at once, neither leaves published what the other has replaced.
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
