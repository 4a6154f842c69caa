//! `GET /v1/resources`: what can be granted to a client.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::ResourceJson;
use crate::Management;
use crate::error::ApiError;
use crate::query::PageJson;

/// The whole catalogue, in the order of its keys.
pub(crate) async fn list(State(app): State<Arc<Management>>) -> Result<Json<PageJson<ResourceJson>>, ApiError> {
    let catalogue = app.catalogue().await?;
    let items = catalogue.resources.into_values().map(ResourceJson::from).collect();
    Ok(Json(PageJson { items, next_cursor: None }))
}
