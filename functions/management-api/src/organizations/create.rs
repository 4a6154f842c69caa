//! `POST /v1/organizations`: for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::id::OrganizationKey;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::organization::{CreateOrganizationError, Organization};
use shared::domain::text::Name;
use shared::store::CommitError;

use super::OrganizationJson;
use super::settings::UpdateOrganizationSettings;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::precondition::etag;
use crate::http::body::{JsonBody, object};

/// A new organization. Omitted settings have their defaults.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateOrganization {
    key: OrganizationKey,
    name: Name,
    #[serde(default, deserialize_with = "object")]
    settings: UpdateOrganizationSettings,
}

/// Creates an organization.
pub(crate) async fn create(
    State(app): State<Arc<Management>>,
    caller: Caller,
    JsonBody(asked): JsonBody<CreateOrganization>,
) -> Result<impl IntoResponse, ApiError> {
    let settings = asked.settings.apply(&OrganizationSettings::default());
    let created = Organization::create(asked.key, asked.name, settings, caller.context.at);
    let change = created.map_err(|error| match error {
        CreateOrganizationError::Settings(error) => error.into(),
        CreateOrganizationError::NoApprovers => ApiError::TooFewApprovers,
    })?;
    app.organizations.commit(&change, &app.trail, &caller.attribution()).await.map_err(|error| match error {
        CommitError::Conflict(_) => {
            ApiError::AlreadyExists(format!("There is an organization {} already.", change.after.key))
        }
        other => other.into(),
    })?;
    let made = change.committed();
    let location = app.issuer.url(&format!("/v1/organizations/{}", made.key));
    let headers = [(header::LOCATION, location), (header::ETAG, etag(made.version))];
    Ok((StatusCode::CREATED, headers, Json(OrganizationJson::from(made))))
}
