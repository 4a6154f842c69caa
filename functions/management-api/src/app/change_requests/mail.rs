//! Mail about change requests: to those who can decide when it is created, and to the requester when it is decided.
//!
//! The request is already stored. A failed mail is logged and undoes nothing: the list shows pending requests.

use std::time::Duration;

use jiff::Timestamp;
use shared::domain::change_request::{ChangeRequest, Party, Rights};
use shared::domain::email::Email;
use shared::domain::event::Actor;
use shared::domain::reminder::DeliveryFailure;
use tokio::task::JoinSet;

use super::letter::Letter;
use crate::app::Management;
use crate::app::error::ApiError;
use crate::app::throttle::may_tell;

/// Maximum time that a response waits for mail, which Lambda could not send after the response.
const PATIENCE: Duration = Duration::from_secs(8);

/// Notifies everyone in the organization who can decide on a request.
pub(crate) async fn tell_deciders(app: &Management, request: &ChangeRequest, now: Timestamp) {
    match may_tell(app, request, now).await {
        Ok(true) => {}
        Ok(false) => return tracing::warn!(change_request = %request.id, "too many change requests to tell anybody"),
        Err(error) => tracing::warn!(change_request = %request.id, %error, "a change request was not counted"),
    }
    match deciders(app, request, now).await {
        Ok(deciders) => tell(app, request, deciders, now).await,
        Err(error) => tracing::error!(change_request = %request.id, %error, "nobody was told of a change request"),
    }
}

/// Notifies the requester of the decision; a machine has no mailbox.
pub(crate) async fn tell_requester(app: &Management, request: &ChangeRequest, now: Timestamp) {
    let Actor::Administrator { id, .. } = &request.requested_by else { return };
    match app.administrators.get(id).await {
        // the requester's current address
        Ok(found) => tell(app, request, found.into_iter().map(|found| found.email).collect(), now).await,
        Err(error) => tracing::error!(change_request = %request.id, %error, "whoever asked was not told"),
    }
}

async fn deciders(app: &Management, request: &ChangeRequest, now: Timestamp) -> Result<Vec<Email>, ApiError> {
    let people = app.administrators.all(&request.organization).await?;
    let unreadable = |error: &_| tracing::warn!(%error, "an account that does not read is told of no change request");
    let may_decide = people.into_iter().filter_map(|person| person.inspect_err(unreadable).ok()).filter_map(|person| {
        let rights = Rights { organization: person.organization, privileges: person.privileges };
        let actor = Actor::Administrator { id: person.id, email: person.email.clone() };
        request.check_decider(&Party { actor, rights }, now).is_ok().then_some(person.email)
    });
    Ok(may_decide.collect())
}

async fn tell(app: &Management, request: &ChangeRequest, recipients: Vec<Email>, now: Timestamp) {
    let organization = match app.organizations.get(&request.organization).await {
        Ok(Some(organization)) => organization,
        Ok(None) => return,
        Err(error) => return tracing::error!(change_request = %request.id, %error, "no mail was written"),
    };
    let letter = Letter { request, organization: &organization, issuer: &app.issuer, now };
    let mut sending = JoinSet::new();
    for to in recipients {
        let (reminders, mailer, mail) = (app.reminders.clone(), app.mailer.clone(), letter.compose(to));
        let id = request.id.clone();
        sending.spawn(async move {
            // mail to an address that bounced would hurt the sender's reputation
            let known = reminders.recipient(&mail.to).await.ok().and_then(|known| known.failure);
            if known.as_ref().is_some_and(DeliveryFailure::is_undeliverable) {
                return;
            }
            if let Err(error) = mailer.send(&mail, now).await {
                tracing::error!(change_request = %id, %error, "a mail of a change request was not sent");
            }
        });
    }
    let all = async { while sending.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        tracing::error!(change_request = %request.id, "not every mail of a change request was sent in time");
    }
}
