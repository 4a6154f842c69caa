//! Changes of a client's secrets by an administrator.

use jiff::Timestamp;
use serde_json::json;

use super::error::{ChangeError, NotRegenerable, NotRevealable};
use super::registration::{Registration, RegistrationChange};
use crate::domain::event::{Action, FieldChange, NewEvent, Target, Trail};
use crate::domain::id::SecretId;
use crate::domain::organization::settings::{Custody, OrganizationSettings, SecretLimit};
use crate::domain::secret::{MintedSecret, SealedSecret, Secret, SecretState, SecretStatus};
use crate::domain::text::Label;
use crate::domain::time::{Expiry, Overlap, SecretLifetime, is_expired, whole_seconds};

/// How many secrets, the deleted among them, are kept; beyond it the oldest of those not live is forgotten.
const KEPT_SECRETS: usize = 60;

/// A secret as it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewSecret {
    /// Name shown to people.
    pub label: Label,
    /// From when on it works; now where none is given.
    pub not_before: Option<Timestamp>,
    /// When it expires; as the organization's policy has it by default.
    pub expiry: Expiry,
}

/// A regeneration as it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Regeneration {
    /// What people call the new secret; what they called the old one where none is given.
    pub label: Option<Label>,
    /// How long the old secret goes on working; as the organization's settings have it where none is given.
    pub overlap: Option<Overlap>,
}

impl NewSecret {
    /// Checks what is asked for against the policy.
    pub(super) fn make(
        self,
        minted: MintedSecret,
        settings: &OrganizationSettings,
        now: Timestamp,
    ) -> Result<Secret, ChangeError> {
        let not_before = self.not_before.map_or(now, |at| whole_seconds(at).max(now));
        let latest = longest(settings).after(now);
        let expires_at = match self.expiry {
            // counted from its beginning, which may lie ahead, but never beyond what could be asked for
            Expiry::Default => Some(settings.secret_lifetime_days.after(not_before).min(latest)),
            Expiry::Never if settings.secrets_may_never_expire => None,
            Expiry::Never => return Err(ChangeError::ExpiryRequired("secret")),
            Expiry::At(at) => Some(whole_seconds(at)),
        };
        match expires_at {
            Some(at) if at <= now => Err(ChangeError::NotInFuture("expires_at")),
            Some(at) if at > latest => Err(ChangeError::TooLong(longest(settings).count())),
            Some(at) if not_before >= at => Err(ChangeError::EmptyValidity),
            _ => Ok(Secret {
                id: minted.id,
                label: self.label,
                verifier: minted.verifier,
                created_at: now,
                not_before,
                expires_at,
                state: SecretState::Active,
                replaced_by: None,
                sealed: minted.sealed.filter(|_| settings.custody == Custody::Revealable),
                last_used: None,
            }),
        }
    }
}

/// The longest lifetime that may be asked for.
fn longest(settings: &OrganizationSettings) -> SecretLifetime {
    if settings.secrets_may_never_expire {
        SecretLifetime::new(SecretLifetime::RANGE.1).unwrap_or_default()
    } else {
        settings.secret_lifetime_max_days
    }
}

impl Registration {
    /// Adds a secret beside those there are.
    ///
    /// # Errors
    /// If the client is deleted or has as many secrets as it may, or a value is not within the settings.
    pub fn add_secret(
        &self,
        new: NewSecret,
        settings: &OrganizationSettings,
        secret: impl Into<MintedSecret>,
        now: Timestamp,
    ) -> Result<RegistrationChange, ChangeError> {
        self.existing()?;
        let secret = new.make(secret.into(), settings, whole_seconds(now))?;
        let changes = [
            FieldChange::between("label", json!(""), json!(secret.label)),
            FieldChange::between("not_before", json!(null), json!(secret.not_before)),
            FieldChange::between("expires_at", json!(null), json!(secret.expires_at)),
        ];
        let changes = changes.into_iter().flatten().collect();
        let mut change = self.with_secret(secret, Action::SecretAdded, changes, now);
        change.after.within_limits(settings, now)?;
        change.forget(self.to_forget(now));
        Ok(change)
    }

    /// Makes a successor of a secret, which from then on works for no longer than the overlap.
    ///
    /// The successor counts in its place, so that the organization's limit is no obstacle; the hard limit on all that
    /// live is. A secret has one successor: whoever asks twice is told of the first.
    ///
    /// # Errors
    /// If the secret is not in use or has a successor, a value is not within the settings, or there are too many secrets.
    pub fn regenerate_secret(
        &self,
        id: &SecretId,
        asked: Regeneration,
        settings: &OrganizationSettings,
        secret: impl Into<MintedSecret>,
        now: Timestamp,
    ) -> Result<RegistrationChange, ChangeError> {
        let before = self.existing_secret(id)?;
        let overlap = asked.overlap.unwrap_or_else(|| settings.overlap_seconds.min(settings.overlap_max_seconds));
        if overlap > settings.overlap_max_seconds {
            return Err(ChangeError::OverlapTooLong(settings.overlap_max_seconds.count()));
        }
        regenerable(before, now)?;
        let end = overlap.after(whole_seconds(now));
        let new = NewSecret { label: asked.label.unwrap_or_else(|| before.label.clone()), ..NewSecret::default() };
        let successor = new.make(secret.into(), settings, whole_seconds(now))?;
        let retired = Secret {
            expires_at: Some(before.expires_at.map_or(end, |at| at.min(end))),
            replaced_by: Some(successor.id.clone()),
            ..before.clone()
        };
        let changes = [
            FieldChange::between("secret_id", json!(retired.id), json!(successor.id)),
            FieldChange::between("label", json!(retired.label), json!(successor.label)),
            FieldChange::between("expires_at", json!(null), json!(successor.expires_at)),
            FieldChange::between("previous.expires_at", json!(before.expires_at), json!(retired.expires_at)),
        ];
        let changes = changes.into_iter().flatten().collect();
        let mut change = self.with_secret(retired, Action::SecretRegenerated, changes, now);
        change.set(successor);
        change.after.within_hard_limit(now)?;
        change.forget(self.to_forget(now));
        Ok(change)
    }

    /// Switches a secret off or on. What it is already is no change: `None`.
    ///
    /// # Errors
    /// If there is no such secret.
    pub fn set_secret_active(
        &self,
        id: &SecretId,
        active: bool,
        now: Timestamp,
    ) -> Result<Option<RegistrationChange>, ChangeError> {
        let secret = self.existing_secret(id)?;
        let (state, action) = match (secret.state, active) {
            (SecretState::Active, false) => {
                (SecretState::Deactivated { at: whole_seconds(now) }, Action::SecretDeactivated)
            }
            (SecretState::Deactivated { .. }, true) => (SecretState::Active, Action::SecretReactivated),
            _ => return Ok(None),
        };
        let secret = Secret { state, ..secret.clone() };
        Ok(Some(self.with_secret(secret, action, Vec::new(), now)))
    }

    /// The copy of a secret that may be shown again, with the event that must be committed before it is shown.
    ///
    /// # Errors
    /// If there is no such secret, or no copy of it may be shown.
    pub fn reveal_secret(
        &self,
        id: &SecretId,
        settings: &OrganizationSettings,
    ) -> Result<(&SealedSecret, NewEvent), ChangeError> {
        let secret = self.existing_secret(id)?;
        if settings.custody != Custody::Revealable {
            return Err(ChangeError::NotRevealable(NotRevealable::Custody));
        }
        let sealed = secret.sealed.as_ref().ok_or(ChangeError::NotRevealable(NotRevealable::NoCopy))?;
        let event = NewEvent {
            trail: Trail::Organization(self.client.organization.clone()),
            action: Action::SecretRevealed,
            target: Target::Secret(self.client.client_id.clone(), id.clone()),
            changes: Vec::new(),
        };
        Ok((sealed, event))
    }

    /// Deletes a secret, for a while so that it can be restored. The last that the client can go on with goes only
    /// where `even_the_last` says that this is meant.
    ///
    /// # Errors
    /// If there is no such secret, or it is the last one and nobody said that this is meant.
    pub fn delete_secret(
        &self,
        id: &SecretId,
        even_the_last: bool,
        now: Timestamp,
    ) -> Result<RegistrationChange, ChangeError> {
        let secret = self.existing_secret(id)?;
        self.spare_the_last(secret, even_the_last, now)?;
        let deactivated_at = match secret.state {
            SecretState::Deactivated { at } => Some(at),
            SecretState::Active | SecretState::Deleted { .. } => None,
        };
        let state = SecretState::Deleted { at: whole_seconds(now), deactivated_at };
        let secret = Secret { state, ..secret.clone() };
        let mut change = self.with_secret(secret, Action::SecretDeleted, Vec::new(), now);
        change.release_predecessor(id);
        Ok(change)
    }

    /// Brings a deleted secret back as it was. One that is not deleted is no change: `None`.
    ///
    /// # Errors
    /// If there is no such secret, it has expired, or the client has as many secrets as it may.
    pub fn restore_secret(
        &self,
        id: &SecretId,
        settings: &OrganizationSettings,
        now: Timestamp,
    ) -> Result<Option<RegistrationChange>, ChangeError> {
        let secret = self.kept_secret(id, now)?;
        let state = match secret.state {
            SecretState::Deleted { deactivated_at: Some(at), .. } => SecretState::Deactivated { at },
            SecretState::Deleted { deactivated_at: None, .. } => SecretState::Active,
            SecretState::Active | SecretState::Deactivated { .. } => return Ok(None),
        };
        if is_expired(secret.expires_at, now) {
            return Err(ChangeError::NotRestorable);
        }
        let secret = Secret { state, ..secret.clone() };
        let counted = secret.is_counted(now);
        let change = self.with_secret(secret, Action::SecretRestored, Vec::new(), now);
        if counted {
            change.after.within_limits(settings, now)?;
        } else {
            change.after.within_hard_limit(now)?;
        }
        Ok(Some(change))
    }

    /// Removes a secret, deleted or not, so that nothing is left of it.
    ///
    /// # Errors
    /// If there is no such secret, or it is the last one and nobody said that this is meant.
    pub fn purge_secret(
        &self,
        id: &SecretId,
        even_the_last: bool,
        now: Timestamp,
    ) -> Result<RegistrationChange, ChangeError> {
        let secret = self.kept_secret(id, now)?;
        self.spare_the_last(secret, even_the_last, now)?;
        let mut change = self.with_client(self.client.clone(), Action::SecretPurged, Vec::new(), now);
        change.event.target = Target::Secret(self.client.client_id.clone(), id.clone());
        change.forget(vec![id.clone()]);
        change.release_predecessor(id);
        Ok(change)
    }

    /// The secret of this id, unless it is deleted.
    #[must_use]
    pub fn secret(&self, id: &SecretId) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.id == *id && secret.kept_until().is_none())
    }

    /// The deleted secrets that can be restored.
    pub fn restorable(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        self.secrets.iter().filter(move |secret| secret.restorable_until().is_some_and(|until| now < until))
    }

    fn existing_secret(&self, id: &SecretId) -> Result<&Secret, ChangeError> {
        self.existing()?;
        self.secret(id).ok_or(ChangeError::NotFound("secret"))
    }

    /// The secret of this id, or what is kept of it; storage may hold it for longer.
    fn kept_secret(&self, id: &SecretId, now: Timestamp) -> Result<&Secret, ChangeError> {
        self.existing()?;
        let found = self.secrets.iter().find(|secret| secret.id == *id);
        found.filter(|secret| !is_expired(secret.kept_until(), now)).ok_or(ChangeError::NotFound("secret"))
    }

    fn within_limits(&self, settings: &OrganizationSettings, now: Timestamp) -> Result<(), ChangeError> {
        let counted = self.secrets.iter().filter(|secret| secret.is_counted(now)).count();
        if counted > settings.live_secrets.count() {
            return Err(ChangeError::TooManySecrets(counted - 1));
        }
        self.within_hard_limit(now)
    }

    fn within_hard_limit(&self, now: Timestamp) -> Result<(), ChangeError> {
        let live = self.secrets.iter().filter(|secret| secret.is_live(now)).count();
        if live > usize::from(SecretLimit::HARD) { Err(ChangeError::TooManySecrets(live - 1)) } else { Ok(()) }
    }

    fn spare_the_last(&self, secret: &Secret, even_the_last: bool, now: Timestamp) -> Result<(), ChangeError> {
        let is_last =
            secret.is_lasting(now) && !self.secrets.iter().any(|other| other.id != secret.id && other.is_lasting(now));
        if is_last && !even_the_last { Err(ChangeError::LastSecret) } else { Ok(()) }
    }

    fn with_secret(
        &self,
        secret: Secret,
        action: Action,
        changes: Vec<FieldChange>,
        now: Timestamp,
    ) -> RegistrationChange {
        let mut change = self.with_client(self.client.clone(), action, changes, now);
        change.event.target = Target::Secret(self.client.client_id.clone(), secret.id.clone());
        change.set(secret);
        change
    }

    /// Those not live any more that make room for one more, the oldest first.
    fn to_forget(&self, now: Timestamp) -> Vec<SecretId> {
        let surplus = (self.secrets.len() + 1).saturating_sub(KEPT_SECRETS);
        self.secrets
            .iter()
            .filter(|secret| !secret.is_live(now))
            .take(surplus)
            .map(|secret| secret.id.clone())
            .collect()
    }
}

impl RegistrationChange {
    /// Lets the secret in whose place this one came have another successor: this one is no more.
    fn release_predecessor(&mut self, id: &SecretId) {
        let predecessor = self.after.secrets.iter().find(|secret| secret.replaced_by.as_ref() == Some(id)).cloned();
        if let Some(predecessor) = predecessor {
            self.set(Secret { replaced_by: None, ..predecessor });
        }
    }

    fn forget(&mut self, forgotten: Vec<SecretId>) {
        self.after.secrets.retain(|secret| !forgotten.contains(&secret.id));
        self.forgotten = forgotten;
    }
}

/// Only a secret that works, or will, and has no successor yet can get one.
fn regenerable(secret: &Secret, now: Timestamp) -> Result<(), ChangeError> {
    if let Some(successor) = &secret.replaced_by {
        return Err(ChangeError::NotRegenerable(NotRegenerable::ReplacedBy(successor.clone())));
    }
    match secret.status(now) {
        SecretStatus::Usable | SecretStatus::NotYetValid => Ok(()),
        SecretStatus::Expired => Err(ChangeError::NotRegenerable(NotRegenerable::Expired)),
        SecretStatus::Deactivated => Err(ChangeError::NotRegenerable(NotRegenerable::Deactivated)),
        SecretStatus::Deleted => Err(ChangeError::NotFound("secret")),
    }
}
