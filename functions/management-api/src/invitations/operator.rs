//! Invitation of an operator from the deployment's own infrastructure, which is how the first operator gets access.

use crate::app::invitations::Link;
use jiff::Timestamp;
use shared::domain::email::Email;
use shared::domain::event::{Actor, Attribution};
use shared::domain::id::RequestId;
use shared::domain::invitation::Invite;
use shared::domain::privilege::{GrantError, Role};
use shared::domain::text::Name;
use shared::entropy;
use shared::http::Issuer;
use shared::store::administrators::AdministratorStore;
use shared::store::audit::AuditTrail;
use shared::store::{CommitError, StoreError};

/// Reason why an operator is not invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteOperatorError {
    /// The address already has an account.
    #[error("{0} has an account already")]
    AlreadyThere(Email),
    /// The role of operators cannot be granted.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The invitation was not committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// The link for creating the account of an operator.
#[derive(serde::Serialize)]
pub struct OperatorInvitation {
    /// The single-use link.
    pub link: String,
    /// The expiry of the link.
    pub expires_at: Timestamp,
}

/// Creates an invitation link for an operator. It is not mailed: the caller passes it on.
///
/// No privilege is checked here. Access requires permission to write to the deployment's tables, or to invoke its
/// function.
///
/// # Errors
/// If the address has an account already, or the storage fails.
pub async fn invite_operator(
    administrators: &AdministratorStore,
    trail: &AuditTrail,
    issuer: &Issuer,
    (email, name): (Email, Name),
    now: Timestamp,
) -> Result<OperatorInvitation, InviteOperatorError> {
    if administrators.by_email(&email).await?.is_some() {
        return Err(InviteOperatorError::AlreadyThere(email));
    }
    let privileges = Role::Operator.privileges();
    let link = Link::new();
    let command = Invite { email, name, organization: None, privileges: privileges.clone() };
    let change = command.decide(link.named(), (&Actor::System, &privileges), now)?;
    let request_id = RequestId::random(&mut entropy::os_rng());
    let by = Attribution { actor: Actor::System, source: None, request_id, at: now };
    administrators.commit_invitation(&change, trail, &by).await?;
    Ok(OperatorInvitation { link: link.url(issuer), expires_at: change.after.expires_at })
}
