//! `GET /v1/change-requests/{change_request_id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::id::ChangeRequestId;

use super::ChangeRequestJson;
use super::load::load;
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;

/// Shows one change request.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    At(id): At<ChangeRequestId>,
) -> Result<Response, ApiError> {
    let request = load(&app, &caller, &id).await?;
    Ok(ChangeRequestJson::of(&request, &caller.party(), caller.arrival.at).answer())
}
