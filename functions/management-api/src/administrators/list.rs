//! `GET /v1/administrators`: the people of an organization, or the operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use futures_util::future::try_join_all;
use shared::store::Cursor;
use shared::store::administrators::AdministratorStore;

use super::AdministratorJson;
use crate::app::Management;
use crate::app::administrators::people_of;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::http::query::{ListQuery, PageJson, Query};

/// Lists a page of the administrators of an organization. For an operator who names no organization, lists the
/// operators.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageJson<AdministratorJson>>, ApiError> {
    let from = query.cursor(AdministratorStore::cursor)?;
    let organization = people_of(&app, &caller, query.organization).await?;
    let key = organization.as_ref().map(|organization| &organization.key);
    let page = app.administrators.page(key, from.as_ref(), query.limit).await?;
    let next_cursor = page.next.as_ref().map(Cursor::encode);
    let items = try_join_all(page.items.into_iter().map(|item| AdministratorJson::of(&app, item))).await?;
    Ok(Json(PageJson { items, next_cursor }))
}
