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

use crate::event::{RotationEvent, Step};
use crate::rotation::KeyRotation;
use crate::versions::{CURRENT, Content, Current, PENDING};

/// Reasons for which a step fails. Secrets Manager repeats the rotation.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The event is about another secret than the key set.
    #[error(
        "the event is about another secret than KEY_SET_SECRET: configure this function as the rotation of the key set only"
    )]
    OtherSecret,
    /// Secrets Manager is not configured to rotate the key set.
    #[error("no rotation is configured for the key set")]
    NotConfigured,
    /// The version does not belong to a rotation.
    #[error("the version {0} does not belong to a rotation: it does not have the label {PENDING}")]
    NotPending(String),
    /// The next key has not been published for long enough.
    #[error(
        "the next key was published too recently: it may sign from {from} on. Nothing is wrong; if the current key has \
         leaked, drop it instead of rotating"
    )]
    TooEarly {
        /// When the keys may be rotated.
        from: Timestamp,
    },
    /// The value of the version cannot become the current key set. The version is abandoned.
    #[error("the value of the version {0}; the version was abandoned, and the next rotation starts anew")]
    Abandoned(InvalidVersion),
    /// A step came before `createSecret`.
    #[error("the version has no value yet: createSecret comes first")]
    Empty,
    /// The key set was changed at the same moment.
    #[error("the key set was changed at the same moment; try the rotation again")]
    Raced,
    /// A token that the new version signs is not verified by the published keys.
    #[error("a token of the new version is not verified by the published keys")]
    Untrusted,
    /// Secrets Manager failed or refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A key could not be generated.
    #[error(transparent)]
    NotGenerated(#[from] KeyGenerationError),
}

/// Reasons for which a pending version cannot become the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVersion {
    /// The value is not a key set.
    #[error("is not a key set")]
    Unreadable(#[source] InvalidDocument),
    /// The value was not made from the key set that is current now.
    #[error("was not made from the current key set")]
    Unrelated,
    /// The value was made too long ago.
    #[error("was made too long ago")]
    Stale,
}

/// The outcome of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// The step was taken.
    Taken,
    /// The version is the current one already: the rotation has ended.
    AlreadyRotated,
}

impl KeyRotation {
    /// Takes a step and counts it. A repeated event changes nothing.
    ///
    /// # Errors
    /// [`RotationError`]; Secrets Manager then repeats the rotation.
    pub async fn take(&self, event: &RotationEvent) -> Result<StepOutcome, RotationError> {
        let taken = self.take_uncounted(event).await;
        metrics::count(Metric::KeyRotationStepsFailed, u64::from(taken.is_err()));
        metrics::count(
            Metric::KeyRotations,
            u64::from(event.step == Step::FinishSecret && matches!(taken, Ok(StepOutcome::Taken))),
        );
        taken
    }

    async fn take_uncounted(&self, event: &RotationEvent) -> Result<StepOutcome, RotationError> {
        let version = event.client_request_token.as_str();
        let described = self.versions.describe().await?;
        if ![&described.arn, &described.name].contains(&&event.secret_id) {
            return Err(RotationError::OtherSecret);
        }
        if !described.rotates {
            return Err(RotationError::NotConfigured);
        }
        if described.carries(version, CURRENT) {
            // the first value of a secret is current at once, possibly before its keys were published
            self.publish_current().await?;
            return Ok(StepOutcome::AlreadyRotated);
        }
        if !described.carries(version, PENDING) {
            return Err(RotationError::NotPending(version.to_owned()));
        }
        match event.step {
            Step::CreateSecret => self.create(version).await?,
            Step::SetSecret => self.set(version).await?,
            Step::TestSecret => self.test(version).await?,
            Step::FinishSecret => self.finish(version).await?,
        }
        tracing::info!(step = event.step.as_str(), version, "a step of the rotation was taken");
        Ok(StepOutcome::Taken)
    }

    /// Creates the new key set, unless the version has one.
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
            // where another invocation of the same step was first, its value counts
            self.versions.put_pending(version, &keys).await?;
        }
        match self.versions.current().await? {
            // the first value of a secret is current at once, and the later steps have nothing to do
            Some(current) if current.version == version => Ok(self.publish_current().await?),
            current => self.successor(version, current.as_ref()).await.map(drop),
        }
    }

    /// Publishes the public keys of the new key set. A key that is dropped meanwhile does not stay published.
    async fn set(&self, version: &str) -> Result<(), RotationError> {
        let keys = self.successor(version, self.versions.current().await?.as_ref()).await?;
        self.publish(&keys).await?;
        let still = self.successor(version, self.versions.current().await?.as_ref()).await;
        if still.is_err() {
            self.publish_current().await?;
        }
        still.map(drop)
    }

    /// Reads the key set of a version that may become the current one. One that never may is abandoned: its value cannot be
    /// replaced, and it would block every later rotation.
    async fn successor(&self, version: &str, current: Option<&Current>) -> Result<KeySet, RotationError> {
        let before = current.map(|current| &current.keys);
        let invalid = match self.versions.pending(version).await? {
            Content::Empty => return Err(RotationError::Empty),
            Content::Unreadable(reason) => InvalidVersion::Unreadable(reason),
            Content::Keys(keys) if !keys.follows(before) => InvalidVersion::Unrelated,
            Content::Keys(keys) if self.clock.now() >= keys.pending_until() => InvalidVersion::Stale,
            Content::Keys(keys) => return Ok(*keys),
        };
        self.versions.abandon(version).await?;
        Err(RotationError::Abandoned(invalid))
    }

    /// Checks that a token of the new version is verified by the keys published now and by those of the new version.
    ///
    /// Secrets Manager also requests this step alone when a rotation is configured, with a copy of the current version.
    async fn test(&self, version: &str) -> Result<(), RotationError> {
        let keys = match self.versions.pending(version).await? {
            Content::Empty => return Err(RotationError::Empty),
            Content::Unreadable(reason) => return Err(self.versions.invalid(reason).into()),
            Content::Keys(keys) => keys,
        };
        let now = self.clock.now();
        let claims = probe(now).ok_or(RotationError::Untrusted)?;
        let ring = |keys: &KeySet| KeyRing::new(keys).map_err(|_| RotationError::Untrusted);
        let will_be = ring(&keys)?;
        let token = will_be.signing_key.sign(&claims).map_err(|_| RotationError::Untrusted)?;
        let mut readers = vec![will_be];
        if let Some(current) = self.versions.current().await? {
            readers.push(ring(&current.keys)?);
        }
        let verified = |reader: &KeyRing| reader.verifier.verify(&token, &claims.iss, now).is_ok();
        if readers.iter().all(verified) { Ok(()) } else { Err(RotationError::Untrusted) }
    }

    /// Makes the new version the current one: the only call that changes which key signs. It names the version that it
    /// replaces, so that of two concurrent changes only one happens.
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

/// Claims that no resource accepts.
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
