//! `POST /v1/organizations`: an operator's.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use shared::domain::event::{Action, FieldChange};
use shared::domain::id::{OrganizationKey, Version};
use shared::domain::organization::{Organization, Settings};
use shared::domain::text::Name;
use shared::domain::time::whole_seconds;
use shared::store::CommitError;

use super::OrganizationJson;
use super::settings::{UpdateOrganizationSettings, differences};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::precondition::etag;
use crate::http::body::{JsonBody, object};

/// An organization as it is asked for; settings that it leaves out have their defaults.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateOrganization {
    key: OrganizationKey,
    name: Name,
    #[serde(default, deserialize_with = "object")]
    settings: UpdateOrganizationSettings,
}

/// Makes an organization.
pub(crate) async fn create(
    State(app): State<Arc<Management>>,
    caller: Caller,
    JsonBody(asked): JsonBody<CreateOrganization>,
) -> Result<impl IntoResponse, ApiError> {
    let defaults = Settings::default();
    let settings = asked.settings.apply(&defaults).map_err(ApiError::Invalid)?;
    if settings.multi_admin {
        return Err(ApiError::TooFewApprovers);
    }
    let name = FieldChange::between("name", json!(null), json!(asked.name));
    let changes = name.into_iter().chain(differences(&defaults, &settings)).collect();
    let organization = Organization {
        key: asked.key,
        name: asked.name,
        settings,
        grantable: None,
        suspended_at: None,
        created_at: whole_seconds(caller.context.at),
        version: Version::NEW,
    };
    let by = caller.attribution();
    let action = Action::OrganizationCreated;
    app.organizations.commit(&organization, action, changes, &app.trail, &by).await.map_err(|error| match error {
        CommitError::Conflict { .. } => {
            ApiError::AlreadyExists(format!("There is an organization {} already.", organization.key))
        }
        other => other.into(),
    })?;
    let made = Organization { version: organization.version.next(), ..organization };
    let location = app.issuer.url(&format!("/v1/organizations/{}", made.key));
    let headers = [(header::LOCATION, location), (header::ETAG, etag(made.version))];
    Ok((StatusCode::CREATED, headers, Json(OrganizationJson::from(made))))
}
