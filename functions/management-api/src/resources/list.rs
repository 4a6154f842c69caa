//! `GET /v1/resources`: what can be granted to a client.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use http::request::Parts;
use schemars::JsonSchema;
use shared::domain::id::OrganizationKey;
use shared::domain::organization::Organization;

use super::ResourceJson;
use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::organizations;
use crate::query::{PageJson, Parameters};

/// For whom the catalogue is asked for.
#[derive(Debug, JsonSchema)]
pub(crate) struct ResourcesQuery {
    /// Whose clients are to be granted something; nothing is the caller's own organization, and for operators any.
    organization: Option<OrganizationKey>,
}

impl<S: Sync> FromRequestParts<S> for ResourcesQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut parameters = Parameters::of(parts.uri.query().unwrap_or_default());
        let organization = parameters.parsed("organization", str::parse);
        parameters.finish(Self { organization })
    }
}

/// The whole catalogue, in the order of its keys.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    query: ResourcesQuery,
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
