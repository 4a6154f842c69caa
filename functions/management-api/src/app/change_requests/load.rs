//! Loads and changes a change request.

use shared::domain::change_request::{ChangeRequest, Party, RequestError, Transition};
use shared::domain::command::Command;
use shared::domain::id::ChangeRequestId;
use shared::store::change_requests::Effect;

use super::rights::refusal;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::retry::retry_on_conflict;

/// Returns the change request with this id if it exists and is visible to the caller.
pub(crate) async fn load(app: &Management, caller: &Caller, id: &ChangeRequestId) -> Result<ChangeRequest, ApiError> {
    let found = app.change_requests.get(id).await?;
    found
        .filter(|found| caller.reaches(&found.organization) && is_visible(found, &caller.party()))
        .ok_or(ApiError::NotFound("change request"))
}

/// Checks whether a request has changed since it was read.
pub(crate) async fn has_moved(app: &Management, request: &ChangeRequest) -> Result<bool, ApiError> {
    let found = app.change_requests.get(&request.id).await?;
    Ok(found.is_none_or(|found| found.version != request.version))
}

/// Checks whether a party that can see the organization's clients can see this request: requests about anything else
/// are visible only to the requester and to parties that could make the change.
pub(crate) fn is_visible(request: &ChangeRequest, party: &Party) -> bool {
    match request.command {
        Command::Client { .. } => true,
        Command::Organization { .. } | Command::Administrator { .. } => {
            let may = party.rights.missing(&request.command, &request.organization).is_none();
            may || party.actor.is(&request.requested_by)
        }
    }
}

/// Commits a transition that has no further effect, and returns the request afterwards. After a conflict, `decide` runs
/// again on a fresh read.
pub(crate) async fn change(
    app: &Management,
    caller: &Caller,
    id: &ChangeRequestId,
    decide: impl Fn(&ChangeRequest) -> Result<Transition, RequestError>,
) -> Result<ChangeRequest, ApiError> {
    retry_on_conflict!(async {
        let request = load(app, caller, id).await?;
        let changed = match decide(&request) {
            Ok(changed) => changed,
            Err(error) => return Err(refusal(app, caller, error).await),
        };
        app.change_requests.commit(&changed, Effect::default(), &app.trail, &caller.attribution()).await?;
        Ok(changed.committed())
    })
}
