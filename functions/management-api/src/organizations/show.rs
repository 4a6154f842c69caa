//! `GET /v1/organizations/{organization}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use shared::domain::id::OrganizationKey;

use super::OrganizationJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations::load;
use crate::app::precondition::etag;
use crate::http::path::PathId;

/// Shows one organization.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(key): PathId<OrganizationKey>,
) -> Result<impl IntoResponse, ApiError> {
    let organization = load(&app, &caller, &key).await?;
    Ok(([(header::ETAG, etag(organization.version))], Json(OrganizationJson::from(organization))))
}
