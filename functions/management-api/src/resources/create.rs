//! `POST /v1/resources`: for operators.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::id::ResourceKey;
use shared::domain::resource::{AccessLevel, AddResourceError, Audience, NewResource};
use shared::domain::scope::Scope;
use shared::domain::text::Name;

use super::ResourceJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::retry::retry_on_conflict;
use crate::http::body::{JsonBody, unique};

/// A new resource.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateResource {
    key: ResourceKey,
    name: Name,
    /// The audience; the key by default.
    audience: Option<Audience>,
    /// The scope of each access level; null for the default.
    #[schemars(with = "BTreeMap<AccessLevel, Option<Scope>>", extend("minProperties" = 1, "propertyNames" = { "enum": AccessLevel::ALL.map(AccessLevel::as_str) }))]
    #[serde(deserialize_with = "unique")]
    levels: BTreeMap<String, Option<Scope>>,
}

/// Adds a resource to the catalogue. Retries after a conflict.
pub(crate) async fn create(
    State(app): State<Arc<Management>>,
    caller: Caller,
    JsonBody(asked): JsonBody<CreateResource>,
) -> Result<impl IntoResponse, ApiError> {
    let CreateResource { key, name, audience, levels } = asked;
    let new = NewResource { key, name, audience, levels: named_levels(levels)? };
    let by = caller.attribution();
    retry_on_conflict!(async {
        let catalogue = app.catalogue().await?;
        let added = catalogue.add(new.clone(), by.at).map_err(refusal)?;
        app.organizations.commit_resource(&added, &app.trail, &by).await?;
        Ok((StatusCode::CREATED, Json(ResourceJson::of(added.resource, true))))
    })
}

fn named_levels(levels: BTreeMap<String, Option<Scope>>) -> Result<BTreeMap<AccessLevel, Option<Scope>>, ApiError> {
    let named = |(word, scope): (String, _)| match AccessLevel::from_word(&word) {
        Some(level) => Ok((level, scope)),
        None => Err(ApiError::invalid(format!("levels.{word}"), "is no access level: view, change and administer are")),
    };
    levels.into_iter().map(named).collect()
}

fn refusal(error: AddResourceError) -> ApiError {
    match error {
        AddResourceError::KeyTaken(key) => ApiError::AlreadyExists(format!("There is a resource {key} already.")),
        AddResourceError::AudienceTaken(key) => {
            ApiError::AlreadyExists(format!("The audience is that of the resource {key}."))
        }
        AddResourceError::ScopeTaken(scope) => {
            ApiError::AlreadyExists(format!("The scope {scope} is that of another resource."))
        }
        AddResourceError::ScopeRepeated(_) | AddResourceError::NoLevel => {
            ApiError::invalid("levels", error.to_string())
        }
    }
}
