//! Loads invitations, and checks whether a person can be invited.

use jiff::Timestamp;
use shared::domain::administrator::Administrator;
use shared::domain::event::Actor;
use shared::domain::id::InvitationId;
use shared::domain::invitation::{Invitation, InvitationChange, InvitationToken, Invite, Purpose};
use shared::domain::organization::Organization;

use super::link::is_of;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;

/// Returns the invitation with this id if it exists and is visible to the caller.
pub(crate) async fn load(app: &Management, caller: &Caller, id: &InvitationId) -> Result<Invitation, ApiError> {
    let found = app.administrators.invitation(id).await?;
    found.filter(|found| caller.reaches_people_of(found.organization.as_ref())).ok_or(ApiError::NotFound("invitation"))
}

/// Returns the invitation after a committed change.
pub(crate) fn committed(change: InvitationChange) -> Invitation {
    let version = change.after.version.next();
    Invitation { version, ..change.after }
}

/// The organization that an invitation leads to, and the account if it already exists.
pub(crate) struct Destination {
    pub(crate) organization: Option<Organization>,
    pub(crate) account: Option<Administrator>,
}

/// Returns the invitation that a presented token opens at `now`, with its destination. A token that is wrong, used up,
/// expired or withdrawn, or whose inviter can no longer grant its privileges, gives `None` in each case.
pub(crate) async fn opened_by(
    app: &Management,
    token: Option<&InvitationToken>,
    now: Timestamp,
) -> Result<Option<(Invitation, Destination)>, ApiError> {
    let Some(token) = token else { return Ok(None) };
    let Some(invitation) = app.administrators.invitation(token.id()).await? else { return Ok(None) };
    if !is_of(token, &invitation) || !invitation.is_open(now) {
        return Ok(None);
    }
    let voucher = match &invitation.invited_by {
        Actor::Administrator { id, .. } => app.administrators.get(id).await?,
        Actor::Client(_) | Actor::System => None,
    };
    if !invitation.is_vouched_for(voucher.as_ref()) {
        return Ok(None);
    }
    let organization = match &invitation.organization {
        Some(key) => app.organizations.get(key).await?,
        None => None,
    };
    // people of a suspended organization are refused, and so are those who would join it
    if invitation.organization.is_some() && organization.as_ref().is_none_or(|found| found.suspended_at.is_some()) {
        return Ok(None);
    }
    // an invitation from before approval was required would create an approver whom nobody has approved
    if organization.as_ref().is_some_and(|found| found.settings.multi_admin) && !invitation.approved {
        return Ok(None);
    }
    let account = match &invitation.purpose {
        Purpose::Reset(id) => app.administrators.get(id).await?,
        Purpose::Join => None,
    };
    if account.is_none() && matches!(invitation.purpose, Purpose::Reset(_)) {
        return Ok(None);
    }
    Ok(Some((invitation, Destination { organization, account })))
}

/// Checks that the invited person is not yet an administrator there.
pub(crate) async fn check_newcomer(app: &Management, command: &Invite) -> Result<(), ApiError> {
    let colleague = app.administrators.by_email(&command.email).await?;
    if colleague.is_some_and(|colleague| colleague.organization == command.organization) {
        let detail = format!("{} is an administrator here already.", command.email);
        return Err(ApiError::AlreadyExists(detail));
    }
    Ok(())
}
