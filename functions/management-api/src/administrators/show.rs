//! `GET /v1/administrators/{administrator_id}`: one person.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::id::AdministratorId;

use super::AdministratorJson;
use crate::app::Management;
use crate::app::administrators::load;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::http::path::PathId;

/// Shows an administrator.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(id): PathId<AdministratorId>,
) -> Result<impl IntoResponse, ApiError> {
    Ok(AdministratorJson::of(&app, load(&app, &caller, &id).await?).await?.answer())
}
