//! Dropping keys at once, for private keys that may have leaked.

use std::collections::BTreeSet;

use shared::domain::event::{Action, Attribution, FieldChange, NewEvent, Target, Trail};
use shared::keys::document::KeyGenerationError;
use shared::keys::key_set::KeySet;
use shared::keys::vault::VaultError;
use shared::store::CommitError;
use shared::store::audit::AuditTrail;

use crate::rotation::KeyRotation;
use crate::versions::{Current, new_version};

/// Attempts while the key set changes at the same moment.
const ATTEMPTS: usize = 5;

/// Reasons for which no key is dropped.
#[derive(Debug, thiserror::Error)]
pub enum DropKeysError {
    /// The key set does not hold the key.
    #[error("the key set holds no key {unknown}; it holds {}", .held.join(", "))]
    UnknownKey {
        /// The `kid` that was given.
        unknown: String,
        /// The `kid` of every key of the set.
        held: Vec<String>,
    },
    /// There is no key set.
    #[error("there is no key set yet")]
    NoKeySet,
    /// The key set changed at the same moment, at each attempt.
    #[error("the key set was changed at the same moment; try again")]
    Raced,
    /// The event could not be written, so nothing was dropped.
    #[error("the audit trail could not be written, and nothing was dropped")]
    Audit(#[source] CommitError),
    /// Secrets Manager failed or refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A key could not be generated.
    #[error(transparent)]
    NotGenerated(#[from] KeyGenerationError),
}

impl KeyRotation {
    /// Drops the keys with these `kid`s and returns the key set that is then current. The following keys move up at once,
    /// whether or not they were published long enough.
    ///
    /// The events are written first: a key dropped without a trace would be worse than an event whose key is still there
    /// because the next call failed. The new set is first a pending version of its own, which takes the label from a
    /// rotation in progress, so that the rotation cannot bring the key back.
    ///
    /// # Errors
    /// [`DropKeysError`]; except for an error after the last call, the key set is unchanged.
    pub async fn drop_keys(
        &self,
        dropped: &BTreeSet<String>,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<KeySet, DropKeysError> {
        let mut recorded = false;
        for _ in 0..ATTEMPTS {
            let Current { version, keys } = self.versions.current().await?.ok_or(DropKeysError::NoKeySet)?;
            check_known(dropped, &keys)?;
            if !recorded {
                self.record(dropped, &keys, trail, by).await?;
                recorded = true;
            }
            let after = keys.without(dropped, self.algorithm, self.clock.now())?;
            let new_version = new_version();
            self.versions.put_pending(&new_version, &after).await?;
            self.publish(&after).await?;
            if self.versions.make_current(Some(&version), &new_version).await? {
                // a rotation in progress may have published a set made from the old one
                self.publish_current().await?;
                tracing::warn!(?dropped, current = after.current.kid(), "signing keys were dropped");
                return Ok(after);
            }
            // left pending, it would block every rotation
            self.versions.abandon(&new_version).await?;
        }
        self.publish_current().await?;
        Err(DropKeysError::Raced)
    }

    async fn record(
        &self,
        dropped: &BTreeSet<String>,
        keys: &KeySet,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), DropKeysError> {
        let place = |kid: &String| {
            let place = if keys.current.kid() == kid {
                "current"
            } else if keys.next.kid() == kid {
                "next"
            } else {
                "previous"
            };
            FieldChange::between("place", place.into(), serde_json::Value::Null)
        };
        for kid in dropped {
            let event = NewEvent {
                trail: Trail::Platform,
                action: Action::SigningKeyDropped,
                target: Target::SigningKey(kid.clone()),
                changes: place(kid).into_iter().collect(),
            };
            trail.commit(Vec::new(), &event, by).await.map_err(DropKeysError::Audit)?;
        }
        Ok(())
    }
}

fn check_known(dropped: &BTreeSet<String>, keys: &KeySet) -> Result<(), DropKeysError> {
    let held: Vec<String> = keys.iter().map(|key| key.kid().to_owned()).collect();
    match dropped.iter().find(|kid| !held.contains(kid)) {
        Some(unknown) => Err(DropKeysError::UnknownKey { unknown: unknown.clone(), held }),
        None => Ok(()),
    }
}
