//! `GET /v1/organizations/{organization}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use shared::domain::id::OrganizationKey;

use super::{OrganizationJson, load};
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::etag;

/// Shows one organization.
pub(crate) async fn show(
    State(app): State<Arc<Management>>,
    caller: Caller,
    At(key): At<OrganizationKey>,
) -> Result<impl IntoResponse, ApiError> {
    let organization = load(&app, &caller, &key).await?;
    Ok(([(header::ETAG, etag(organization.version))], Json(OrganizationJson::from(organization))))
}
