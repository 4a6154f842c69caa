//! `GET /v1/reminders/recipients`: recipients of reminders and their delivery failures.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{RecipientJson, recipients};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations;
use crate::http::query::{OrganizationQuery, PageJson, Query};

/// Lists all current recipients of reminders, ordered by address, on one page.
pub(crate) async fn list_recipients(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<OrganizationQuery>,
) -> Result<Json<PageJson<RecipientJson>>, ApiError> {
    let organization = organizations::named_or_own(&app, &caller, query.organization).await?;
    let recipients = recipients(&app, &organization).await?;
    let mut failures = app.reminders.failures(&recipients).await?;
    let items = recipients.into_iter().map(|email| {
        let failure = failures.remove(&email);
        RecipientJson::of(email, &organization, failure)
    });
    Ok(Json(PageJson { items: items.collect(), next_cursor: None }))
}
