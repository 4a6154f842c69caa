//! Invitations: a link by mail with which somebody makes an account, or signs in anew after a reset.
//!
//! The link carries a token of 190 random bits, of which only a digest is kept. It works once, for seven days.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::administrator::{Administrator, SealedTotpKey};
use super::email::Email;
use super::event::{Action, Actor, FieldChange, NewEvent, Target, Trail};
use super::id::{AdministratorId, InvitationId, OrganizationKey, Version};
use super::privilege::{GrantError, Privilege, check_grant};
use super::text::Name;
use super::time::{DAY_SECONDS, is_expired, plus_seconds, whole_seconds};

mod token;

pub use token::{InvitationDigest, InvitationToken};

/// A command: invite somebody.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Invite {
    /// Who gets the link, and signs in with this address from then on.
    pub email: Email,
    /// Name shown to people.
    pub name: Name,
    /// Where they get their privileges; none makes an operator.
    pub organization: Option<OrganizationKey>,
    /// What they may do then.
    pub privileges: BTreeSet<Privilege>,
}

/// A command: let a colleague who lost authenticator or password choose both anew.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ResetAdministrator {
    /// Who.
    pub administrator: AdministratorId,
}

/// Purpose of an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A new account.
    Join,
    /// An account that is there, whose password, authenticator and recovery codes are chosen anew.
    Reset(AdministratorId),
}

/// What became of an invitation; time does the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// Its link works.
    Pending,
    /// Its link was used.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// Somebody took it back.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}

/// Why an invitation cannot be sent again or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the invitation was {0}")]
pub struct NotPending(pub &'static str);

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Names it.
    pub id: InvitationId,
    /// What for.
    pub purpose: Purpose,
    /// Address that gets the link.
    pub email: Email,
    /// Name shown to people.
    pub name: Name,
    /// Where the privileges hold; none is an operator's.
    pub organization: Option<OrganizationKey>,
    /// What they may do then.
    pub privileges: BTreeSet<Privilege>,
    /// Who vouches for it: whoever sent the link last.
    pub invited_by: Actor,
    /// True if a second administrator approved it.
    pub approved: bool,
    /// Time of creation.
    pub created_at: Timestamp,
    /// From when on the link works no more.
    pub expires_at: Timestamp,
    /// What became of it.
    pub state: InvitationState,
    /// What the token of the link is recognized by.
    pub digest: InvitationDigest,
    /// The key of the authenticator that the link showed last, sealed and bound to this invitation. Each time it is
    /// opened it shows another one, so that whoever looked before knows nothing.
    pub totp_key: Option<SealedTotpKey>,
    /// Version for optimistic locking.
    pub version: Version,
}

/// A change of an invitation, to be committed with its event.
#[derive(Debug, Clone, PartialEq)]
pub struct InvitationChange {
    /// The invitation after the change, with the version before it.
    pub after: Invitation,
    /// Event for the audit trail.
    pub event: NewEvent,
}

impl Invite {
    /// Makes the invitation, under the name of `actor` who holds `by`.
    ///
    /// # Errors
    /// If a privilege cannot be granted.
    pub fn decide(
        self,
        (id, digest): (InvitationId, InvitationDigest),
        (actor, by): (&Actor, &BTreeSet<Privilege>),
        now: Timestamp,
    ) -> Result<InvitationChange, GrantError> {
        let Self { email, name, organization, privileges } = self;
        check_grant(&privileges, organization.as_ref(), &BTreeSet::new(), by)?;
        let now = whole_seconds(now);
        let invitation = Invitation {
            id,
            purpose: Purpose::Join,
            email,
            name,
            organization,
            privileges,
            invited_by: actor.clone(),
            approved: false,
            created_at: now,
            expires_at: plus_seconds(now, Invitation::SECONDS),
            state: InvitationState::Pending,
            digest,
            totp_key: None,
            version: Version::NEW,
        };
        let changes = [
            FieldChange::between("email", Value::Null, json!(invitation.email)),
            FieldChange::between("name", Value::Null, json!(invitation.name)),
            FieldChange::between("privileges", Value::Null, json!(invitation.privileges)),
        ];
        Ok(invitation.changed(Action::InvitationCreated, changes))
    }
}

impl Administrator {
    /// Makes the invitation by which they choose password and authenticator anew.
    #[must_use]
    pub fn ask_reset(
        &self,
        (id, digest): (InvitationId, InvitationDigest),
        actor: &Actor,
        now: Timestamp,
    ) -> InvitationChange {
        let now = whole_seconds(now);
        let invitation = Invitation {
            id,
            purpose: Purpose::Reset(self.id.clone()),
            email: self.email.clone(),
            name: self.name.clone(),
            organization: self.organization.clone(),
            privileges: self.privileges.clone(),
            invited_by: actor.clone(),
            approved: false,
            created_at: now,
            expires_at: plus_seconds(now, Invitation::SECONDS),
            state: InvitationState::Pending,
            digest,
            totp_key: None,
            version: Version::NEW,
        };
        let asked = FieldChange::between("invitation_id", Value::Null, json!(invitation.id));
        let event = self.event(Action::AdministratorResetAsked, [asked]);
        InvitationChange { after: invitation, event }
    }
}

impl InvitationChange {
    /// The same for an invitation that a second administrator has approved.
    #[must_use]
    pub fn approved(self) -> Self {
        Self { after: Invitation { approved: true, ..self.after }, ..self }
    }
}

impl Invitation {
    /// A link works for this many seconds.
    pub const SECONDS: i64 = 7 * DAY_SECONDS;
    /// What is left of an invitation after its end is shown for this many seconds.
    pub const KEPT_SECONDS: i64 = 30 * DAY_SECONDS;

    /// The event of something that was done to it.
    #[must_use]
    pub fn event(&self, action: Action, changes: impl IntoIterator<Item = Option<FieldChange>>) -> NewEvent {
        NewEvent {
            trail: Trail::of(self.organization.as_ref()),
            action,
            target: Target::Invitation(self.id.clone()),
            changes: changes.into_iter().flatten().collect(),
        }
    }

    fn changed(self, action: Action, changes: impl IntoIterator<Item = Option<FieldChange>>) -> InvitationChange {
        let event = self.event(action, changes);
        InvitationChange { after: self, event }
    }

    /// Checks that its link works at `now`.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == InvitationState::Pending && !is_expired(Some(self.expires_at), now)
    }

    /// The word of its state in JSON at `now`.
    #[must_use]
    pub fn status_at(&self, now: Timestamp) -> &'static str {
        match self.state {
            InvitationState::Pending if is_expired(Some(self.expires_at), now) => "expired",
            InvitationState::Pending => "pending",
            InvitationState::Accepted { .. } => "accepted",
            InvitationState::Withdrawn { .. } => "withdrawn",
        }
    }

    fn pending(&self) -> Result<(), NotPending> {
        match self.state {
            InvitationState::Pending => Ok(()),
            InvitationState::Accepted { .. } => Err(NotPending("accepted")),
            InvitationState::Withdrawn { .. } => Err(NotPending("withdrawn")),
        }
    }

    /// Whether whoever vouches for it still may: the rights are looked at when it is used, not when it was made.
    #[must_use]
    pub fn is_vouched_for(&self, voucher: Option<&Administrator>) -> bool {
        match &self.invited_by {
            Actor::Administrator { id, .. } => voucher.is_some_and(|voucher| {
                let present = match self.purpose {
                    Purpose::Join => BTreeSet::new(),
                    // nothing is granted that the account does not have
                    Purpose::Reset(_) => self.privileges.clone(),
                };
                let reaches = voucher.organization.is_none() || voucher.organization == self.organization;
                voucher.id == *id
                    && voucher.is_manager()
                    && reaches
                    && check_grant(&self.privileges, self.organization.as_ref(), &present, &voucher.privileges).is_ok()
            }),
            Actor::System => true,
            Actor::Client(_) => false,
        }
    }

    /// Another link in the place of the one before, for seven days from `now`, under the name of `actor` who holds
    /// `by`.
    ///
    /// # Errors
    /// If the invitation is no longer pending, or a privilege can no longer be granted.
    pub fn resend(
        &self,
        digest: InvitationDigest,
        (actor, by): (&Actor, &BTreeSet<Privilege>),
        now: Timestamp,
    ) -> Result<InvitationChange, ResendError> {
        self.pending()?;
        if self.purpose == Purpose::Join {
            check_grant(&self.privileges, self.organization.as_ref(), &BTreeSet::new(), by)?;
        }
        let after = Self {
            digest,
            invited_by: actor.clone(),
            expires_at: plus_seconds(whole_seconds(now), Self::SECONDS),
            totp_key: None,
            ..self.clone()
        };
        let expiry = FieldChange::between("expires_at", json!(self.expires_at), json!(after.expires_at));
        Ok(after.changed(Action::InvitationResent, [expiry]))
    }

    /// Takes it back.
    ///
    /// # Errors
    /// If the invitation is no longer pending.
    pub fn withdraw(&self, now: Timestamp) -> Result<InvitationChange, NotPending> {
        self.pending()?;
        let state = InvitationState::Withdrawn { at: whole_seconds(now) };
        Ok(Self { state, totp_key: None, ..self.clone() }.changed(Action::InvitationWithdrawn, []))
    }

    /// Shows another authenticator's key.
    #[must_use]
    pub fn open(&self, totp_key: SealedTotpKey) -> InvitationChange {
        Self { totp_key: Some(totp_key), ..self.clone() }.changed(Action::InvitationOpened, [])
    }

    /// It as it is once its link was used.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> Self {
        Self { state: InvitationState::Accepted { at: whole_seconds(now) }, totp_key: None, ..self.clone() }
    }
}

/// Why an invitation is not sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResendError {
    /// It is over.
    #[error(transparent)]
    NotPending(#[from] NotPending),
    /// Whoever sends it cannot vouch for it.
    #[error(transparent)]
    Grant(#[from] GrantError),
}
