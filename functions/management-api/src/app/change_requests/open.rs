//! Opens change requests.

use shared::domain::change_request::ChangeRequest;
use shared::domain::command::Command;
use shared::domain::event::FieldChange;
use shared::domain::id::{ChangeRequestId, OrganizationKey, Version};
use shared::entropy;
use shared::store::change_requests::Effect;

use super::mail::tell_deciders;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;

/// Stores a command until it is decided, and notifies those who can decide it.
pub(crate) async fn open(
    app: &Management,
    caller: &Caller,
    organization: OrganizationKey,
    command: Command,
    diff: Vec<FieldChange>,
    base_version: Option<Version>,
) -> Result<ChangeRequest, ApiError> {
    let now = caller.context.at;
    let id = ChangeRequestId::random(now, &mut entropy::os_rng());
    let made = ChangeRequest::make(id, organization, command, diff, base_version, &caller.party(), now);
    app.change_requests.commit(&made, Effect::default(), &app.trail, &caller.attribution()).await?;
    let request = made.committed();
    tell_deciders(app, &request, now).await;
    Ok(request)
}
