//! `GET /v1/organizations`: all of them for operators, only their own for other callers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shared::store::organizations::OrganizationStore;

use super::OrganizationJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations::named_or_own;
use crate::http::query::{ListQuery, PageJson, Query};

/// Lists a page of the organizations that are visible to the caller.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageJson<OrganizationJson>>, ApiError> {
    let from = query.cursor(OrganizationStore::cursor)?;
    if !caller.is_operator() {
        let own = named_or_own(&app, &caller, None).await?;
        return Ok(Json(PageJson { items: vec![own.into()], next_cursor: None }));
    }
    let page = app.organizations.page(from.as_ref(), query.limit).await?;
    Ok(Json(PageJson::of(page)))
}
