//! Administrators: people with privileges in one organization, or the operator.

pub mod change;
pub mod managers;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use super::email::Email;
use super::event::{Action, FieldChange, NewEvent, Target, Trail};
use super::id::{AdministratorId, OrganizationKey, Version};
use super::privilege::Privilege;
use super::secret::Verifier;
use super::text::Name;

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// Names the account.
    pub id: AdministratorId,
    /// Signs in with it.
    pub email: Email,
    /// Name shown to people.
    pub name: Name,
    /// Where the privileges hold; none is every organization, for the operator alone.
    pub organization: Option<OrganizationKey>,
    /// What they may do.
    pub privileges: BTreeSet<Privilege>,
    /// Verifier of the password.
    pub password: Verifier,
    /// The TOTP key, sealed with the deployment's data key and bound to the account's id.
    pub totp_key: SealedTotpKey,
    /// The time step of the last one-time password taken: a code works once (RFC 6238 section 5.2).
    pub last_totp_step: u64,
    /// The authenticator that is to take the present one's place, until it has shown a one-time password.
    pub pending_authenticator: Option<PendingAuthenticator>,
    /// Verifiers of the unused recovery codes.
    pub recovery_codes: Vec<Verifier>,
    /// Only the sessions of this epoch last: the next one ends them all.
    pub session_epoch: u64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_signed_in_at: Option<Timestamp>,
    /// Version for optimistic locking.
    pub version: Version,
}

/// An authenticator that was handed out but has not shown yet that it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAuthenticator {
    /// Its TOTP key.
    pub totp_key: SealedTotpKey,
    /// When it was handed out.
    pub since: Timestamp,
}

impl PendingAuthenticator {
    /// It has to show a one-time password within this many seconds.
    pub const SECONDS: i64 = 15 * 60;
}

/// A TOTP key as it is stored: sealed, base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedTotpKey(pub String);

impl fmt::Debug for SealedTotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedTotpKey(withheld)")
    }
}

impl Administrator {
    /// The event of something that was done to this account.
    #[must_use]
    pub fn event(&self, action: Action, changes: impl IntoIterator<Item = Option<FieldChange>>) -> NewEvent {
        NewEvent {
            trail: Trail::of(self.organization.as_ref()),
            action,
            target: Target::Administrator(self.id.clone()),
            changes: changes.into_iter().flatten().collect(),
        }
    }
}
