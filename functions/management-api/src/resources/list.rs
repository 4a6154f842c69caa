//! `GET /v1/resources`: the resources that can be granted to a client.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shared::domain::organization::Organization;

use super::ResourceJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations;
use crate::http::query::{OrganizationQuery, PageJson, Query};

/// Lists the whole catalogue, ordered by key. For operators who name no organization, shows the resources that any
/// organization can grant.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<OrganizationQuery>,
) -> Result<Json<PageJson<ResourceJson>>, ApiError> {
    let organization: Option<Organization> = match query.organization.as_ref().or(caller.organization()) {
        Some(key) => Some(organizations::load(&app, &caller, key).await?),
        None => None,
    };
    let catalogue = app.catalogue().await?;
    let items = catalogue.resources.into_values().map(|resource| {
        let grantable = organization.as_ref().is_none_or(|organization| organization.may_grant(&resource.key));
        ResourceJson::of(resource, grantable)
    });
    Ok(Json(PageJson { items: items.collect(), next_cursor: None }))
}
