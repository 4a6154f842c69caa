//! Changes about people that a second administrator has to approve.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::domain::administrator::Administrator;
use shared::domain::administrator::change::{AdministratorChange, AdministratorError};
use shared::domain::administrator::managers::Managers;
use shared::domain::change_request::{ChangeRequest, RequestError};
use shared::domain::command::{Command, PersonCommand};
use shared::domain::email::Email;
use shared::domain::event::FieldChange;
use shared::domain::id::{AdministratorId, OrganizationKey, Version};
use shared::domain::invitation::{Invitation, Invite};
use shared::domain::privilege::{GrantError, Privilege};
use shared::store::change_requests::Effect;

use super::approval::Approval;
use super::approvers::{check_enough, has_changes_approved};
use crate::app::Management;
use crate::app::administrators::refused;
use crate::app::caller::Caller;
use crate::app::change_requests;
use crate::app::error::ApiError;
use crate::app::invitations::{self, Link};
use crate::app::throttle::count_mail;

/// A change about a person that a caller submits.
pub(crate) struct PersonChange<'a> {
    /// The person's organization; `None` for an operator, whose changes never need approval.
    pub(crate) organization: Option<&'a OrganizationKey>,
    /// The person's address.
    pub(crate) email: &'a Email,
    pub(crate) command: PersonCommand,
    pub(crate) diff: &'a [FieldChange],
    /// The version of the account that the change was made against.
    pub(crate) version: Option<Version>,
    /// The managers after the change, if it changes them. They are read before submission, so that approval cannot be
    /// switched on unnoticed in between.
    pub(crate) managers: Option<&'a Managers>,
}

/// Opens a change request if the change needs approval; returns `None` if it can be made at once.
pub(crate) async fn wait_for_approval(
    app: &Management,
    caller: &Caller,
    change: PersonChange<'_>,
) -> Result<Option<ChangeRequest>, ApiError> {
    let PersonChange { organization: Some(organization), email, command, diff, version, managers } = change else {
        return Ok(None);
    };
    if !has_changes_approved(app, Some(organization)).await? {
        return Ok(None);
    }
    check_enough(managers)?;
    let command = Command::Administrator { email: email.clone(), change: command };
    change_requests::open(app, caller, organization.clone(), command, diff.to_vec(), version).await.map(Some)
}

/// A mail that goes out once an approval is committed.
pub(crate) struct Posted {
    invitation: Invitation,
    link: Link,
}

impl Posted {
    /// Sends the mail. If that fails, or the mail limit is reached, the link can be resent.
    pub(crate) async fn send(self, app: &Management, now: Timestamp) {
        let Invitation { id, organization, email, .. } = &self.invitation;
        if let Err(error) = count_mail(app, organization.as_ref(), email, now).await {
            return tracing::error!(invitation = %id, %error, "an invitation was not mailed");
        }
        invitations::mail(app, &self.invitation, &self.link, now).await;
    }
}

/// Returns the effect of an approved change about a person, after checking the rights of the approver and the
/// requester.
pub(super) async fn on_person(
    approval: Approval<'_>,
    command: &PersonCommand,
) -> Result<(Effect, Option<Posted>), ApiError> {
    let Approval { app, approver: caller, request, requester, now } = approval;
    let approver = caller.party().rights.privileges;
    match command {
        PersonCommand::Invite(invite) => on_invitation(approval, invite, &approver).await,
        PersonCommand::Update(command) => {
            let (before, managers) = account(app, request, &command.administrator).await?;
            granted_by_requester(&before.update(command, &requester.privileges, &managers))?;
            match before.update(command, &approver, &managers) {
                Ok(Some(change)) => Ok((effect(app, request, &change)?, None)),
                Ok(None) => Err(ApiError::BaseMoved),
                Err(error) => Err(refused(app, caller, error).await),
            }
        }
        PersonCommand::Remove(command) => {
            let (before, managers) = account(app, request, &command.administrator).await?;
            let change = before.remove(&managers).map_err(|_| ApiError::TooFewApprovers)?;
            Ok((effect(app, request, &change)?, None))
        }
        PersonCommand::Reset(command) => {
            let (before, _) = account(app, request, &command.administrator).await?;
            let link = Link::new();
            let made = before.ask_reset(link.named(), &caller.actor(), now).approved();
            let writes = vec![app.administrators.invitation_write(&made.after), app.administrators.expect(&before)];
            let effect = Effect { writes, events: vec![request.mark(made.event)] };
            Ok((effect, Some(Posted { invitation: made.after, link })))
        }
    }
}

async fn on_invitation(
    Approval { app, approver: caller, request, requester, now }: Approval<'_>,
    invite: &Invite,
    approver: &BTreeSet<Privilege>,
) -> Result<(Effect, Option<Posted>), ApiError> {
    invitations::check_newcomer(app, invite).await?;
    let link = Link::new();
    let tried = invite.clone().decide(link.named(), (&caller.actor(), &requester.privileges), now);
    granted_by_requester(&tried.map_err(AdministratorError::from))?;
    let made = match invite.clone().decide(link.named(), (&caller.actor(), approver), now) {
        Ok(made) => made.approved(),
        Err(error) => return Err(refused(app, caller, error).await),
    };
    let writes = vec![app.administrators.invitation_write(&made.after)];
    let effect = Effect { writes, events: vec![request.mark(made.event)] };
    Ok((effect, Some(Posted { invitation: made.after, link })))
}

/// Checks that the requester still has the privileges to grant, regardless of the approver.
fn granted_by_requester<T>(tried: &Result<T, AdministratorError>) -> Result<(), ApiError> {
    match tried {
        Err(AdministratorError::Grant(GrantError::NotYours(_))) => Err(RequestError::RequesterLacks.into()),
        _ => Ok(()),
    }
}

/// Returns the account and the managers of its organization.
async fn account(
    app: &Management,
    request: &ChangeRequest,
    id: &AdministratorId,
) -> Result<(Administrator, Managers), ApiError> {
    let managers = app.administrators.managers(Some(&request.organization)).await?;
    let found = app.administrators.get(id).await?;
    let found = found.filter(|found| found.organization.as_ref() == Some(&request.organization));
    Ok((found.ok_or(ApiError::BaseMoved)?, managers))
}

/// Returns the effect if the change is still the requested one. The version of the account is not compared: an
/// administrator about to be removed could change it at any time by signing out.
fn effect(app: &Management, request: &ChangeRequest, change: &AdministratorChange) -> Result<Effect, ApiError> {
    if change.event.changes != request.diff {
        return Err(ApiError::BaseMoved);
    }
    check_enough(change.managers.as_ref())?;
    Ok(Effect { writes: app.administrators.writes(change), events: vec![request.mark(change.event.clone())] })
}
