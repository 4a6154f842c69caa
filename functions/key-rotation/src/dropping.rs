//! Dropping keys at once: for a private key that others may have seen.

use std::collections::BTreeSet;

use shared::domain::event::{Action, Attribution, FieldChange, NewEvent, Target, Trail};
use shared::keys::document::KeyGenerationError;
use shared::keys::key_set::KeySet;
use shared::keys::vault::VaultError;
use shared::store::CommitError;
use shared::store::audit::AuditTrail;

use crate::KeyRotation;
use crate::versions::{Current, new_version};

/// How often it is tried again when the key set changes at the same moment.
const TRIES: usize = 5;

/// Why nothing was dropped.
#[derive(Debug, thiserror::Error)]
pub enum DropError {
    /// The key set holds no such key.
    #[error("the key set holds no key {unknown}; it holds {}", .held.join(", "))]
    UnknownKey {
        /// What was asked for.
        unknown: String,
        /// What is there.
        held: Vec<String>,
    },
    /// There is no key set.
    #[error("there is no key set yet")]
    NoKeySet,
    /// Others changed the key set at each try.
    #[error("the key set was changed by somebody else at the same moment; try again")]
    Raced,
    /// The event could not be written, and so nothing was done.
    #[error("the audit trail could not be written, and nothing was dropped")]
    Audit(#[source] CommitError),
    /// Secrets Manager did not do what was asked of it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No key could be made.
    #[error(transparent)]
    NotGenerated(#[from] KeyGenerationError),
}

impl KeyRotation {
    /// Takes the keys of these names out of the key set, and answers with the set that is current then. What comes
    /// behind moves up at once, published long enough or not.
    ///
    /// The event is written before: a key that is gone without a trace is worse than an event whose key is still there
    /// because the next call failed. The value is written as a pending version of its own first, which takes the label
    /// from a rotation that is under way, so that the rotation cannot bring the key back.
    pub async fn drop_keys(
        &self,
        dropped: &BTreeSet<String>,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<KeySet, DropError> {
        let mut recorded = false;
        for _ in 0..TRIES {
            let Current { version, keys } = self.versions.current().await?.ok_or(DropError::NoKeySet)?;
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
                // a rotation that was under way may have published what it had made of the old set
                self.publish_current().await?;
                tracing::warn!(?dropped, current = after.current.kid(), "signing keys were dropped");
                return Ok(after);
            }
            // left pending it would stand in the way of every rotation
            self.versions.abandon(&new_version).await?;
        }
        self.publish_current().await?;
        Err(DropError::Raced)
    }

    async fn record(
        &self,
        dropped: &BTreeSet<String>,
        keys: &KeySet,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), DropError> {
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
            trail.commit(Vec::new(), &event, by).await.map_err(DropError::Audit)?;
        }
        Ok(())
    }
}

fn check_known(dropped: &BTreeSet<String>, keys: &KeySet) -> Result<(), DropError> {
    let held: Vec<String> = keys.iter().map(|key| key.kid().to_owned()).collect();
    match dropped.iter().find(|kid| !held.contains(kid)) {
        Some(unknown) => Err(DropError::UnknownKey { unknown: unknown.clone(), held }),
        None => Ok(()),
    }
}
