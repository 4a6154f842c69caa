//! `POST /v1/reminders/recipients/{email}/retry`: retries mail after a delivery failure.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shared::domain::email::Email;
use shared::store::CommitError;

use super::{RecipientJson, recipients};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations;
use crate::http::path::PathId;
use crate::http::query::{OrganizationQuery, Query};

/// Allows the next reminder to be mailed to a recipient again; does nothing if no delivery failed.
pub(crate) async fn retry_recipient(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(email): PathId<Email>,
    Query(query): Query<OrganizationQuery>,
) -> Result<Json<RecipientJson>, ApiError> {
    let organization = organizations::named_or_own(&app, &caller, query.organization).await?;
    if !recipients(&app, &organization).await?.contains(&email) {
        return Err(ApiError::NotFound("recipient"));
    }
    if let Some(failure) = app.reminders.recipient(&email).await?.failure {
        let by = caller.attribution();
        match app.reminders.retry(&email, &failure, &organization.key, &app.trail, &by).await {
            // a mail was delivered in the meantime, or a concurrent request cleared the failure
            Ok(()) | Err(CommitError::Conflict(_)) => {}
            Err(other) => return Err(other.into()),
        }
    }
    let failure = app.reminders.recipient(&email).await?.failure;
    Ok(Json(RecipientJson::of(email, &organization, failure)))
}
