//! The audit trail: who did what to what, when, from where, and what changed by it.

use std::net::IpAddr;

use jiff::Timestamp;

use super::email::Email;
use super::id::{
    AdministratorId, ChangeRequestId, ClientId, InvitationId, OrganizationKey, RequestId, ResourceKey, SecretId,
};
use super::words::words;

/// The actor of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person, with the address they had then.
    Administrator {
        /// The account.
        id: AdministratorId,
        /// Its address at the time.
        email: Email,
    },
    /// A machine, with its own access token.
    Client(ClientId),
    /// The deployment itself, such as its first start or a schedule.
    System,
}

impl Actor {
    /// The id of the administrator, the client_id, or `system`.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Administrator { id, .. } => id.as_str(),
            Self::Client(client_id) => client_id.as_str(),
            Self::System => "system",
        }
    }

    /// Whether both are the same account, whatever their addresses.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Administrator { id: own, .. }, Self::Administrator { id: others, .. }) => own == others,
            (Self::Client(own), Self::Client(others)) => own == others,
            (Self::System, Self::System) => true,
            (Self::Administrator { .. } | Self::Client(_) | Self::System, _) => false,
        }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What was done, or refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        words!(Action { $($name = $word,)* });
    };
}

actions! {
    /// A client was created, with its first secret.
    ClientCreated = "client.created",
    /// A client's name, notes, grants or token lifetime changed.
    ClientUpdated = "client.updated",
    /// A client was enabled.
    ClientEnabled = "client.enabled",
    /// A client was disabled.
    ClientDisabled = "client.disabled",
    /// A client was deleted.
    ClientDeleted = "client.deleted",
    /// A secret was added.
    SecretAdded = "secret.added",
    /// A secret was deactivated.
    SecretDeactivated = "secret.deactivated",
    /// A secret was activated again.
    SecretReactivated = "secret.reactivated",
    /// A secret got a successor and an end.
    SecretRegenerated = "secret.regenerated",
    /// The copy that is kept of a secret was shown.
    SecretRevealed = "secret.revealed",
    /// A secret was deleted.
    SecretDeleted = "secret.deleted",
    /// A deleted secret was restored.
    SecretRestored = "secret.restored",
    /// A secret was removed for good.
    SecretPurged = "secret.purged",
    /// An organization was created.
    OrganizationCreated = "organization.created",
    /// An organization's name or settings changed.
    OrganizationUpdated = "organization.updated",
    /// An organization was suspended.
    OrganizationSuspended = "organization.suspended",
    /// An organization was resumed.
    OrganizationResumed = "organization.resumed",
    /// Clients got the mark of their suspended organization.
    ClientsSuspended = "clients.suspended",
    /// Clients lost the mark of their organization's suspension.
    ClientsResumed = "clients.resumed",
    /// A resource came into the catalogue.
    ResourceCreated = "resource.created",
    /// Mail to a recipient of reminders is tried again after it did not arrive.
    RecipientRetried = "recipient.retried",
    /// A change was asked for, and waits for somebody else.
    ChangeRequested = "change_request.created",
    /// Somebody said something of a change that waits.
    ChangeRequestCommented = "change_request.commented",
    /// A change that waited was approved: it was made at once, or its secret can be collected.
    ChangeRequestApproved = "change_request.approved",
    /// A change that waited was rejected.
    ChangeRequestRejected = "change_request.rejected",
    /// Whoever had asked for a change took it back.
    ChangeRequestWithdrawn = "change_request.withdrawn",
    /// The secret of an approved change was made, and shown to whoever had asked for it.
    ChangeRequestCollected = "change_request.collected",
    /// An administrator's account was made.
    AdministratorCreated = "administrator.created",
    /// An administrator's name or privileges changed.
    AdministratorUpdated = "administrator.updated",
    /// An administrator's account was taken away.
    AdministratorRemoved = "administrator.removed",
    /// Somebody asked that an administrator choose password and authenticator anew.
    AdministratorResetAsked = "administrator.reset_asked",
    /// An administrator chose password and authenticator anew.
    AdministratorReset = "administrator.reset",
    /// Somebody was invited.
    InvitationCreated = "invitation.created",
    /// An invitation got another link.
    InvitationResent = "invitation.resent",
    /// An invitation was taken back.
    InvitationWithdrawn = "invitation.withdrawn",
    /// An invitation's link was opened.
    InvitationOpened = "invitation.opened",
    /// An invitation was accepted: the account was made.
    InvitationAccepted = "invitation.accepted",
    /// A one-time password for an invitation was refused.
    InvitationRefused = "invitation.refused",
    /// An administrator chose another password.
    PasswordChanged = "password.changed",
    /// A change of password was refused, since the present one was wrong.
    PasswordRefused = "password.refused",
    /// An administrator was shown another authenticator's key.
    AuthenticatorBegun = "authenticator.begun",
    /// Another authenticator took the place of the one before.
    AuthenticatorChanged = "authenticator.changed",
    /// The first one-time password of another authenticator was refused.
    AuthenticatorRefused = "authenticator.refused",
    /// An administrator got new recovery codes.
    RecoveryCodesRenewed = "recovery_codes.renewed",
    /// An administrator signed in.
    SignedIn = "session.created",
    /// An administrator signed in with a recovery code.
    SignedInWithRecoveryCode = "session.created_with_recovery_code",
    /// A session was ended from another one.
    SessionEnded = "session.revoked",
    /// All sessions of an administrator were ended, or all others.
    SessionsEnded = "session.all_revoked",
    /// A sign-in to an existing account was refused.
    SignInRefused = "session.refused",
    /// A signed-in administrator entered another one-time password.
    SteppedUp = "session.stepped_up",
    /// A signed-in administrator's one-time password was refused.
    StepUpRefused = "session.step_up_refused",
    /// An administrator signed out.
    SignedOut = "session.ended",
    /// An organization was written into a file, with the hashes of its secrets.
    OrganizationExported = "organization.exported",
    /// An organization came back from a file.
    OrganizationImported = "organization.imported",
    /// A client came back from a file, with its secrets.
    ClientImported = "client.imported",
    /// An administrator's account came back from a file.
    AdministratorImported = "administrator.imported",
    /// A signing key was taken out of use at once.
    SigningKeyDropped = "signing_key.dropped",
    /// Something was refused for want of a privilege.
    PrivilegeRefused = "privilege.refused",
}

/// The target of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A client.
    Client(ClientId),
    /// A secret of a client.
    Secret(ClientId, SecretId),
    /// An organization.
    Organization(OrganizationKey),
    /// A resource of the catalogue.
    Resource(ResourceKey),
    /// An administrator's account.
    Administrator(AdministratorId),
    /// A signing key, by its `kid`.
    SigningKey(String),
    /// A change request, and the client that it is about, where it is about one.
    ChangeRequest(ChangeRequestId, Option<ClientId>),
    /// An invitation.
    Invitation(InvitationId),
    /// A route of the management API, as `METHOD /path`.
    Route(String),
}

/// One field that changed, with its values before and after in JSON. Never a secret, never a digest.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct FieldChange {
    /// The field's name in the management API.
    pub field: String,
    /// Its value before; null where there was none.
    pub from: serde_json::Value,
    /// Its value after; null where there is none.
    pub to: serde_json::Value,
}

impl FieldChange {
    /// The change of `field`, or nothing where both values are equal.
    #[must_use]
    pub fn between(field: &str, from: serde_json::Value, to: serde_json::Value) -> Option<Self> {
        (from != to).then(|| Self { field: field.to_owned(), from, to })
    }
}

impl NewEvent {
    /// The same event with one more field that changed.
    #[must_use]
    pub fn with(mut self, change: Option<FieldChange>) -> Self {
        self.changes.extend(change);
        self
    }
}

/// Under whose name, from where and in which request a change is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// Who.
    pub actor: Actor,
    /// The network address that the request came from, where there was one.
    pub source: Option<IpAddr>,
    /// Which request.
    pub request_id: RequestId,
    /// When.
    pub at: Timestamp,
}

/// Whose trail an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trail {
    /// An organization's.
    Organization(OrganizationKey),
    /// The deployment's own: catalogue, operators.
    Platform,
}

impl Trail {
    /// The trail of what happens to someone's account.
    #[must_use]
    pub fn of(organization: Option<&OrganizationKey>) -> Self {
        organization.map_or(Self::Platform, |key| Self::Organization(key.clone()))
    }
}

/// What happened, before it has its place in a trail.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Whose trail it belongs to.
    pub trail: Trail,
    /// What was done.
    pub action: Action,
    /// To what.
    pub target: Target,
    /// Which fields changed.
    pub changes: Vec<FieldChange>,
}

/// One entry of a trail: entries count up from 1 without a gap, and each carries the hash of the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place in the trail.
    pub sequence: u64,
    /// What happened.
    pub what: NewEvent,
    /// Who, from where, when.
    pub by: Attribution,
    /// The hash of the entry before it, in hexadecimal; of the first, 64 zeros.
    pub previous_hash: String,
    /// The SHA-256 of everything above, in hexadecimal.
    pub hash: String,
}
