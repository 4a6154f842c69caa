//! The four steps of a rotation.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::domain::access_token::Claims;
use shared::domain::client::Environment;
use shared::domain::id::{ClientId, OrganizationKey};
use shared::domain::time::plus_seconds;
use shared::keys::document::{InvalidDocument, KeyGenerationError};
use shared::keys::key_set::KeySet;
use shared::keys::ring::KeyRing;
use shared::keys::vault::VaultError;
use shared::telemetry::metrics::{self, Metric};

use crate::KeyRotation;
use crate::order::{Order, Step};
use crate::versions::{CURRENT, Content, Current, PENDING};

/// Why a step was not taken. Secrets Manager tries the rotation again, and it says so in its own log.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The event is about another secret.
    #[error(
        "the event is about another secret than KEY_SET_SECRET: point this function's rotation at the key set only"
    )]
    OtherSecret,
    /// Nobody asked Secrets Manager to rotate the key set.
    #[error("no rotation is configured for the key set")]
    NotConfigured,
    /// The version is not one that a rotation is making.
    #[error("the version {0} is not one that a rotation is making: it carries no label {PENDING}")]
    NotPending(String),
    /// The next key has not been published for long enough.
    #[error(
        "the next key was published too recently: it may sign from {from} on. Nothing is wrong; if the current key has \
         leaked, drop it instead of rotating"
    )]
    TooEarly {
        /// From when on the keys may be rotated.
        from: Timestamp,
    },
    /// The version was given a value that does not belong to this rotation, and is given up.
    #[error("what the version holds {0}; it was given up, and the next rotation begins anew")]
    GivenUp(Unfit),
    /// A step came before the one that makes the new version.
    #[error("the version has no value yet: createSecret comes first")]
    Empty,
    /// Somebody else changed the key set at the same moment.
    #[error("the key set was changed by somebody else at the same moment; the rotation is to be tried again")]
    Raced,
    /// What the new version signs is not verified by the keys that are published.
    #[error("a token of the new version is not verified by the published keys")]
    Untrusted,
    /// Secrets Manager did not do what was asked of it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// No key could be made.
    #[error(transparent)]
    NotGenerated(#[from] KeyGenerationError),
}

/// Why a pending version cannot become the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is no key set.
    #[error("is no key set")]
    Unreadable(#[source] InvalidDocument),
    /// It was not made of the current key set, or that has changed since.
    #[error("is not made of the current key set")]
    Unrelated,
    /// It was made too long ago.
    #[error("was made too long ago")]
    Stale,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was taken.
    Now,
    /// The rotation had ended before.
    Before,
}

impl KeyRotation {
    /// Takes a step. The same order again changes nothing.
    pub async fn take(&self, order: &Order) -> Result<Taken, RotationError> {
        let taken = self.take_uncounted(order).await;
        metrics::count(Metric::KeyRotationStepsFailed, u64::from(taken.is_err()));
        metrics::count(
            Metric::KeyRotations,
            u64::from(order.step == Step::FinishSecret && matches!(taken, Ok(Taken::Now))),
        );
        taken
    }

    async fn take_uncounted(&self, order: &Order) -> Result<Taken, RotationError> {
        let version = order.client_request_token.as_str();
        let described = self.versions.describe().await?;
        if ![&described.arn, &described.name].contains(&&order.secret_id) {
            return Err(RotationError::OtherSecret);
        }
        if !described.rotates {
            return Err(RotationError::NotConfigured);
        }
        if described.carries(version, CURRENT) {
            // the first value of a secret is current at once, and whoever wrote it may not have come to publish it
            self.publish_current().await?;
            return Ok(Taken::Before);
        }
        if !described.carries(version, PENDING) {
            return Err(RotationError::NotPending(version.to_owned()));
        }
        match order.step {
            Step::CreateSecret => self.create(version).await?,
            Step::SetSecret => self.set(version).await?,
            Step::TestSecret => self.test(version).await?,
            Step::FinishSecret => self.finish(version).await?,
        }
        tracing::info!(step = order.step.as_str(), version, "a step of the rotation was taken");
        Ok(Taken::Now)
    }

    /// Makes the new key set, unless the version has one.
    async fn create(&self, version: &str) -> Result<(), RotationError> {
        let current = self.versions.current().await?;
        if let Content::Empty = self.versions.pending(version).await? {
            let now = self.clock.now();
            let keys = match current {
                Some(Current { keys, .. }) if now < keys.rotatable_from() => {
                    return Err(RotationError::TooEarly { from: keys.rotatable_from() });
                }
                Some(Current { keys, .. }) => keys.rotated(self.algorithm, now)?,
                None => KeySet::generate(self.algorithm, now)?,
            };
            // where it is false, the same step was taken at the same moment, and its value counts
            self.versions.put_pending(version, &keys).await?;
        }
        match self.versions.current().await? {
            // the first value of a secret is current at once, and no later step has anything to do
            Some(current) if current.version == version => Ok(self.publish_current().await?),
            current => self.successor(version, current.as_ref()).await.map(drop),
        }
    }

    /// Publishes the public keys of the new key set. Where a key was dropped meanwhile, it is not left published.
    async fn set(&self, version: &str) -> Result<(), RotationError> {
        let keys = self.successor(version, self.versions.current().await?.as_ref()).await?;
        self.publish(&keys).await?;
        let still = self.successor(version, self.versions.current().await?.as_ref()).await;
        if still.is_err() {
            self.publish_current().await?;
        }
        still.map(drop)
    }

    /// The key set of a version that may become the current one. Where it may never, the version is given up: its value
    /// cannot be replaced, and it would stand in the way of every later rotation.
    async fn successor(&self, version: &str, current: Option<&Current>) -> Result<KeySet, RotationError> {
        let before = current.map(|current| &current.keys);
        let unfit = match self.versions.pending(version).await? {
            Content::Empty => return Err(RotationError::Empty),
            Content::Unreadable(reason) => Unfit::Unreadable(reason),
            Content::Keys(keys) if !keys.follows(before) => Unfit::Unrelated,
            Content::Keys(keys) if self.clock.now() >= keys.pending_until() => Unfit::Stale,
            Content::Keys(keys) => return Ok(*keys),
        };
        self.versions.abandon(version).await?;
        Err(RotationError::GivenUp(unfit))
    }

    /// Tries whether what the new version signs is verified by what is published now, and by what will be.
    ///
    /// Secrets Manager also asks for this step alone when a rotation is configured, with a copy of the current version.
    async fn test(&self, version: &str) -> Result<(), RotationError> {
        let keys = match self.versions.pending(version).await? {
            Content::Empty => return Err(RotationError::Empty),
            Content::Unreadable(reason) => return Err(self.versions.invalid(reason).into()),
            Content::Keys(keys) => keys,
        };
        let now = self.clock.now();
        let claims = probe(now).ok_or(RotationError::Untrusted)?;
        let ring = |keys: &KeySet| KeyRing::new(keys, now).map_err(|_| RotationError::Untrusted);
        let will_be = ring(&keys)?;
        let token = will_be.signing_key.sign(&claims).map_err(|_| RotationError::Untrusted)?;
        let mut readers = vec![will_be];
        if let Some(current) = self.versions.current().await? {
            readers.push(ring(&current.keys)?);
        }
        let verified = |reader: &KeyRing| reader.verifier.verify(&token, &claims.iss, now).is_ok();
        if readers.iter().all(verified) { Ok(()) } else { Err(RotationError::Untrusted) }
    }

    /// Makes the new version the current one: the one call that changes what signs. It names the version that
    /// it was compared with, so that of two changes at once only one happens.
    async fn finish(&self, version: &str) -> Result<(), RotationError> {
        let current = self.versions.current().await?;
        let keys = self.successor(version, current.as_ref()).await?;
        let from = current.as_ref().map(|current| current.version.as_str());
        if !self.versions.make_current(from, version).await? {
            return Err(RotationError::Raced);
        }
        tracing::info!(
            version,
            current = keys.current.kid(),
            next = keys.next.kid(),
            previous = keys.previous.as_ref().map(shared::keys::key_set::Key::kid),
            "the signing keys were rotated"
        );
        Ok(())
    }
}

/// Claims that no resource takes.
fn probe(now: Timestamp) -> Option<Claims> {
    let client_id = ClientId::parse("rotation-test").ok()?;
    let second = now.as_second();
    Some(Claims {
        iss: "urn:countersign:rotation-test".to_owned(),
        sub: client_id.clone(),
        aud: BTreeSet::new(),
        exp: plus_seconds(now, 60).as_second(),
        iat: second,
        nbf: second,
        jti: String::new(),
        client_id,
        scope: String::new(),
        org: OrganizationKey::parse("rotation").ok()?,
        env: Environment::Sandbox,
    })
}
