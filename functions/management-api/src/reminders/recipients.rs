//! `GET /v1/reminders/recipients`: who is reminded, and whether mail reaches them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use http::request::Parts;
use schemars::JsonSchema;
use shared::domain::id::OrganizationKey;

use super::{RecipientJson, recipients};
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::organizations;
use crate::query::{PageJson, Parameters};

/// Whose recipients are asked for.
#[derive(Debug, JsonSchema)]
pub(crate) struct RecipientsQuery {
    /// An operator names it; for everybody else it is their own.
    pub(super) organization: Option<OrganizationKey>,
}

impl<S: Sync> FromRequestParts<S> for RecipientsQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut parameters = Parameters::of(parts.uri.query().unwrap_or_default());
        let organization = parameters.parsed("organization", str::parse);
        parameters.finish(Self { organization })
    }
}

/// Everybody who is reminded at this moment, by address, on one page.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    query: RecipientsQuery,
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
