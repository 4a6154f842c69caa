//! A change that is asked for, and waits.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use shared::domain::change_request::ChangeRequest;
use shared::domain::command::Command;
use shared::domain::event::FieldChange;
use shared::domain::id::{ChangeRequestId, OrganizationKey, Version};
use shared::entropy;
use shared::store::change_requests::Effect;

use super::ChangeRequestJson;
use super::mail::tell_deciders;
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;

/// Keeps a command until somebody else has decided on it, and answers with the request that it is now.
pub(crate) async fn open(
    app: &Management,
    caller: &Caller,
    organization: OrganizationKey,
    command: Command,
    diff: Vec<FieldChange>,
    base_version: Option<Version>,
) -> Result<Response, ApiError> {
    let now = caller.arrival.at;
    let id = ChangeRequestId::random(now, &mut entropy::os_rng());
    let made = ChangeRequest::make(id, organization, command, diff, base_version, &caller.party(), now);
    app.change_requests.commit(&made, Effect::default(), &app.trail, &caller.attribution()).await?;
    let request = made.committed();
    tell_deciders(app, &request, now).await;
    let location = app.issuer.url(&format!("/v1/change-requests/{}", request.id));
    let request = ChangeRequestJson::of(&request, &caller.party(), now);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(request)).into_response())
}
