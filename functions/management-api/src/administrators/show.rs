//! `GET /v1/administrators/{administrator_id}`: one person.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::id::AdministratorId;

use super::{AdministratorJson, load};
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;

/// Shows an administrator.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    At(id): At<AdministratorId>,
) -> Result<impl IntoResponse, ApiError> {
    Ok(AdministratorJson::of(&app, load(&app, &caller, &id).await?).await?.answer())
}
