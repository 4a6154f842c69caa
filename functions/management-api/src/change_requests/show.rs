//! `GET /v1/change-requests/{change_request_id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::domain::id::ChangeRequestId;

use super::ChangeRequestJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::change_requests::load;
use crate::app::error::ApiError;
use crate::http::path::PathId;

/// Shows one change request.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(id): PathId<ChangeRequestId>,
) -> Result<Response, ApiError> {
    let request = load(&app, &caller, &id).await?;
    Ok(ChangeRequestJson::of(&request, &caller.party(), caller.context.at).answer())
}
