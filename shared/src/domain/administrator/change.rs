//! What happens to an administrator's account: each change is a value with its event, and is committed as one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::managers::{LastManager, Managers};
use super::{Administrator, PendingAuthenticator, SealedTotpKey};
use crate::domain::event::{Action, FieldChange, NewEvent, Target};
use crate::domain::id::{AdministratorId, Version};
use crate::domain::invitation::Invitation;
use crate::domain::privilege::{GrantError, Privilege, check_grant};
use crate::domain::secret::Verifier;
use crate::domain::session::{Session, SessionDigest};
use crate::domain::text::Name;
use crate::domain::time::{plus_seconds, whole_seconds};

/// A command: give somebody another name, or other privileges; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UpdateAdministrator {
    /// Whom.
    pub administrator: AdministratorId,
    /// The new name.
    pub name: Option<Name>,
    /// All privileges, as a whole.
    pub privileges: Option<BTreeSet<Privilege>>,
}

/// A command: take somebody's account away.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RemoveAdministrator {
    /// Whose.
    pub administrator: AdministratorId,
}

/// Why an account stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdministratorError {
    /// Nobody may give them these privileges.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// Nobody would be left to manage the administrators.
    #[error(transparent)]
    LastManager(#[from] LastManager),
}

/// What is stored of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A new account, with its address.
    Created,
    /// An account as it is after the change; which one-time password it took last is none of it.
    Updated,
    /// The same with another authenticator, which counts its one-time passwords anew.
    Reenrolled,
    /// Nothing: the account and its address are gone.
    Removed,
}

/// What becomes of sessions beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEffect {
    /// A new one begins.
    Begin(Session),
    /// This one goes on where the epoch ends all others.
    Keep(SessionDigest),
}

/// A change of an account, to be committed with its event and whatever belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct AdministratorChange {
    /// The account after the change, with the version before it.
    pub after: Administrator,
    /// What is stored of it.
    pub effect: Effect,
    /// Who manages administrators then, where that changes.
    pub managers: Option<Managers>,
    /// The invitation that is used up by it.
    pub invitation: Option<Invitation>,
    /// What becomes of sessions.
    pub session: Option<SessionEffect>,
    /// Event for the audit trail.
    pub event: NewEvent,
}

/// What somebody chose or was given to sign in with, hashed and sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The password.
    pub password: Verifier,
    /// The authenticator's key.
    pub totp_key: SealedTotpKey,
    /// The time step of the one-time password that the authenticator has shown.
    pub totp_step: u64,
    /// The recovery codes.
    pub recovery_codes: Vec<Verifier>,
}

impl Administrator {
    fn changed(self, effect: Effect, event: NewEvent) -> AdministratorChange {
        AdministratorChange { after: self, effect, managers: None, invitation: None, session: None, event }
    }

    /// A new account. Whoever makes it vouches for its privileges.
    ///
    /// # Errors
    /// `LastManager` if nobody would be left who manages the administrators.
    pub fn create(self, managers: &Managers) -> Result<AdministratorChange, LastManager> {
        let changes = [
            FieldChange::between("email", Value::Null, json!(self.email)),
            FieldChange::between("name", Value::Null, json!(self.name)),
            FieldChange::between("privileges", Value::Null, json!(self.privileges)),
        ];
        let event = self.event(Action::AdministratorCreated, changes);
        let managers = managers.with(&self)?;
        Ok(AdministratorChange { managers, ..self.changed(Effect::Created, event) })
    }

    /// Another name, or other privileges, by somebody who holds `by`. Nothing, where nothing changes.
    ///
    /// # Errors
    /// If a privilege cannot be granted, or nobody would be left who manages the administrators.
    pub fn update(
        &self,
        command: &UpdateAdministrator,
        by: &BTreeSet<Privilege>,
        managers: &Managers,
    ) -> Result<Option<AdministratorChange>, AdministratorError> {
        let name = command.name.clone().unwrap_or_else(|| self.name.clone());
        let privileges = command.privileges.clone().unwrap_or_else(|| self.privileges.clone());
        if privileges != self.privileges {
            check_grant(&privileges, self.organization.as_ref(), &self.privileges, by)?;
        }
        let changes = [
            FieldChange::between("name", json!(self.name), json!(name)),
            FieldChange::between("privileges", json!(self.privileges), json!(privileges)),
        ];
        let event = self.event(Action::AdministratorUpdated, changes);
        if event.changes.is_empty() {
            return Ok(None);
        }
        let after = Self { name, privileges, ..self.clone() };
        let managers = managers.with(&after)?;
        Ok(Some(AdministratorChange { managers, ..after.changed(Effect::Updated, event) }))
    }

    /// The end of the account, and of every session with it.
    ///
    /// # Errors
    /// `LastManager` if nobody would be left who manages the administrators.
    pub fn remove(&self, managers: &Managers) -> Result<AdministratorChange, LastManager> {
        let managers = managers.without(&self.id)?;
        let changes = [
            FieldChange::between("email", json!(self.email), Value::Null),
            FieldChange::between("name", json!(self.name), Value::Null),
            FieldChange::between("privileges", json!(self.privileges), Value::Null),
        ];
        let event = self.event(Action::AdministratorRemoved, changes);
        Ok(AdministratorChange { managers, ..self.clone().changed(Effect::Removed, event) })
    }

    /// A session with the recovery code at `place`, which is used up by it.
    #[must_use]
    pub fn sign_in_with_recovery_code(&self, place: usize, session: Session, now: Timestamp) -> AdministratorChange {
        let mut after = Self { last_signed_in_at: Some(whole_seconds(now)), ..self.clone() };
        if place < after.recovery_codes.len() {
            after.recovery_codes.remove(place);
        }
        let left = FieldChange::between(
            "recovery_codes_left",
            self.recovery_codes.len().into(),
            after.recovery_codes.len().into(),
        );
        let event = self.event(Action::SignedInWithRecoveryCode, [left]);
        let session = Some(SessionEffect::Begin(session));
        AdministratorChange { session, ..after.changed(Effect::Updated, event) }
    }

    /// Another password. Every session but `kept` ends.
    #[must_use]
    pub fn change_password(&self, password: Verifier, kept: &SessionDigest) -> AdministratorChange {
        let event = self.event(Action::PasswordChanged, []);
        let after = Self { password, session_epoch: self.session_epoch.saturating_add(1), ..self.clone() };
        AdministratorChange {
            session: Some(SessionEffect::Keep(kept.clone())),
            ..after.changed(Effect::Updated, event)
        }
    }

    /// An authenticator to take the present one's place, once it has shown a one-time password.
    #[must_use]
    pub fn begin_authenticator(&self, totp_key: SealedTotpKey, now: Timestamp) -> AdministratorChange {
        let event = self.event(Action::AuthenticatorBegun, []);
        let pending_authenticator = Some(PendingAuthenticator { totp_key, since: whole_seconds(now) });
        Self { pending_authenticator, ..self.clone() }.changed(Effect::Updated, event)
    }

    /// The authenticator that waits for its first one-time password, unless it has waited too long.
    #[must_use]
    pub fn awaited_authenticator(&self, now: Timestamp) -> Option<&PendingAuthenticator> {
        let lasts = |pending: &&PendingAuthenticator| now < plus_seconds(pending.since, PendingAuthenticator::SECONDS);
        self.pending_authenticator.as_ref().filter(lasts)
    }

    /// The pending authenticator in the present one's place; it has shown the one-time password of `totp_step`. Every
    /// session but `kept` ends. Nothing, where none waits.
    #[must_use]
    pub fn confirm_authenticator(
        &self,
        totp_step: u64,
        kept: &SessionDigest,
        now: Timestamp,
    ) -> Option<AdministratorChange> {
        let totp_key = self.awaited_authenticator(now)?.totp_key.clone();
        let event = self.event(Action::AuthenticatorChanged, []);
        let after = Self {
            totp_key,
            last_totp_step: totp_step,
            pending_authenticator: None,
            session_epoch: self.session_epoch.saturating_add(1),
            ..self.clone()
        };
        let session = Some(SessionEffect::Keep(kept.clone()));
        Some(AdministratorChange { session, ..after.changed(Effect::Reenrolled, event) })
    }

    /// New recovery codes in the place of all before.
    #[must_use]
    pub fn renew_recovery_codes(&self, recovery_codes: Vec<Verifier>) -> AdministratorChange {
        let left =
            FieldChange::between("recovery_codes_left", self.recovery_codes.len().into(), recovery_codes.len().into());
        let event = self.event(Action::RecoveryCodesRenewed, [left]);
        Self { recovery_codes, ..self.clone() }.changed(Effect::Updated, event)
    }

    /// The end of every session, or of all but `kept`.
    #[must_use]
    pub fn end_sessions(&self, kept: Option<&SessionDigest>) -> AdministratorChange {
        let event = self.event(Action::SessionsEnded, []);
        let after = Self { session_epoch: self.session_epoch.saturating_add(1), ..self.clone() };
        let session = kept.cloned().map(SessionEffect::Keep);
        AdministratorChange { session, ..after.changed(Effect::Updated, event) }
    }

    /// Everything that the account is signed in with anew, after a reset that `invitation` asked for; every session
    /// before `session` ends.
    #[must_use]
    pub fn reset(&self, credentials: Credentials, invitation: Invitation, session: Session) -> AdministratorChange {
        let Credentials { password, totp_key, totp_step, recovery_codes } = credentials;
        let asked = FieldChange::between("invitation_id", Value::Null, json!(invitation.id));
        let event = self.event(Action::AdministratorReset, [asked]);
        let after = Self {
            password,
            totp_key,
            last_totp_step: totp_step,
            pending_authenticator: None,
            recovery_codes,
            session_epoch: session.epoch,
            last_signed_in_at: Some(session.created_at),
            ..self.clone()
        };
        AdministratorChange {
            invitation: Some(invitation),
            session: Some(SessionEffect::Begin(session)),
            ..after.changed(Effect::Reenrolled, event)
        }
    }
}

impl Invitation {
    /// The account that it makes, with its first session.
    ///
    /// # Errors
    /// `LastManager` if nobody would be left who manages the administrators.
    pub fn accept(
        &self,
        credentials: Credentials,
        session: Session,
        managers: &Managers,
        now: Timestamp,
    ) -> Result<AdministratorChange, LastManager> {
        let Credentials { password, totp_key, totp_step, recovery_codes } = credentials;
        let administrator = Administrator {
            id: session.administrator.clone(),
            email: self.email.clone(),
            name: self.name.clone(),
            organization: self.organization.clone(),
            privileges: self.privileges.clone(),
            password,
            totp_key,
            last_totp_step: totp_step,
            pending_authenticator: None,
            recovery_codes,
            session_epoch: session.epoch,
            created_at: whole_seconds(now),
            last_signed_in_at: Some(session.created_at),
            version: Version::NEW,
        };
        let made = FieldChange::between("administrator_id", Value::Null, json!(administrator.id));
        let mut created = administrator.create(managers)?;
        created.event.changes.extend(made);
        let event = NewEvent {
            action: Action::InvitationAccepted,
            target: Target::Invitation(self.id.clone()),
            ..created.event
        };
        Ok(AdministratorChange {
            invitation: Some(self.used(now)),
            session: Some(SessionEffect::Begin(session)),
            event,
            ..created
        })
    }
}
