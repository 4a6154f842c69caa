//! `PATCH /v1/organizations/{organization}`: its name and settings, those alone that are given.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use shared::domain::event::{Action, FieldChange};
use shared::domain::id::OrganizationKey;
use shared::domain::organization::Organization;
use shared::domain::text::Name;
use shared::store::CommitError;

use super::settings::{SettingsUpdate, differences};
use super::{OrganizationJson, load};
use crate::Management;
use crate::body::{JsonBody, object, permanent, present};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::{IfMatch, TRIES, etag};

/// What is to change; what is left out stays.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct UpdateOrganization {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Name")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "object")]
    settings: SettingsUpdate,
    #[serde(default, deserialize_with = "permanent", rename = "key")]
    #[schemars(skip)]
    _key: (),
}

/// Changes an organization. It is tried again where somebody else was quicker.
pub(crate) async fn update(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At(key): At<OrganizationKey>,
    JsonBody(asked): JsonBody<UpdateOrganization>,
) -> Result<impl IntoResponse, ApiError> {
    for _ in 0..TRIES {
        let before = load(&app, &caller, &key).await?;
        if_match.check(before.version)?;
        let (after, changes) = applied(&before, asked.clone())?;
        if changes.is_empty() {
            return Ok(answer(before));
        }
        let (action, by) = (Action::OrganizationUpdated, caller.attribution());
        match app.organizations.commit(&after, action, changes, &app.trail, &by).await {
            Ok(()) => return Ok(answer(Organization { version: after.version.next(), ..after })),
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::Conflict)
}

fn applied(before: &Organization, asked: UpdateOrganization) -> Result<(Organization, Vec<FieldChange>), ApiError> {
    let name = asked.name.unwrap_or_else(|| before.name.clone());
    let settings = asked.settings.apply(&before.settings).map_err(ApiError::Invalid)?;
    let renamed = FieldChange::between("name", json!(before.name), json!(name));
    let changes = renamed.into_iter().chain(differences(&before.settings, &settings)).collect();
    Ok((Organization { name, settings, ..before.clone() }, changes))
}

fn answer(organization: Organization) -> impl IntoResponse {
    ([(header::ETAG, etag(organization.version))], Json(OrganizationJson::from(organization)))
}
