//! `GET /v1/clients`: the clients of an organization.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shared::store::clients::ClientStore;

use super::ClientJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations;
use crate::http::query::{ListQuery, PageJson, Query};

/// Lists a page of clients, ordered by `client_id`.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageJson<ClientJson>>, ApiError> {
    let from = query.cursor(ClientStore::cursor)?;
    let organization = organizations::named_or_own(&app, &caller, query.organization).await?;
    let page = app.clients.page(&organization.key, from.as_ref(), query.limit).await?;
    let used = app.clients.last_uses(&page.items).await?;
    Ok(Json(PageJson::map(page, |listed| {
        let last_used_at = used.get(&listed.client.client_id).copied();
        ClientJson::listed(listed, last_used_at, caller.context.at)
    })))
}
