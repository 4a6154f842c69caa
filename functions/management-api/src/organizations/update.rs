//! `PATCH /v1/organizations/{organization}`: its name and settings, those alone that are given.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::command::Command;
use shared::domain::event::Action;
use shared::domain::id::{OrganizationKey, ResourceKey};
use shared::domain::organization::Organization;
use shared::domain::privilege::Privilege;
use shared::domain::text::Name;

use super::settings::UpdateOrganizationSettings;
use super::{OrganizationJson, changes};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::change_requests::open;
use crate::app::commands::two_approvers;
use crate::app::error::ApiError;
use crate::app::organizations::load;
use crate::app::precondition::{IfMatch, etag};
use crate::app::retry::retry_on_conflict;
use crate::change_requests::accepted;
use crate::http::body::{JsonBody, object, permanent, present};
use crate::http::path::PathId;

/// What is to change; what is left out stays.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct UpdateOrganization {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Name")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "object")]
    settings: UpdateOrganizationSettings,
    /// The resources that its clients may be granted, null for all: an operator's to say. What clients have they keep.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "GrantableResources")]
    grantable_resources: Option<GrantableResources>,
    #[serde(default, deserialize_with = "permanent", rename = "key")]
    #[schemars(skip)]
    _key: (),
}

/// Resources, or null, which is all of them.
#[derive(Clone, Deserialize, JsonSchema)]
struct GrantableResources(Option<BTreeSet<ResourceKey>>);

/// Changes an organization. It is tried again where somebody else was quicker.
///
/// Having changes approved begins only where two people can, and ends only when a second one has approved that.
pub(crate) async fn update(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(key): PathId<OrganizationKey>,
    JsonBody(asked): JsonBody<UpdateOrganization>,
) -> Result<Response, ApiError> {
    if let Some(GrantableResources(grantable)) = &asked.grantable_resources {
        caller.require(&app, Privilege::PlatformOperate).await?;
        check_known(&app, grantable.as_ref()).await?;
    }
    retry_on_conflict!(async {
        let before = load(&app, &caller, &key).await?;
        if_match.check(before.version)?;
        let after = applied(&before, asked.clone())?;
        let changes = changes(&before, &after);
        if changes.is_empty() {
            return Ok(answer(before));
        }
        let (old, new) = (&before.settings, &after.settings);
        if old.custody != new.custody || old.multi_admin != new.multi_admin {
            caller.require_step_up()?;
        }
        let guard = match (before.settings.multi_admin, after.settings.multi_admin) {
            (false, true) => Some(two_approvers(&app, &key).await?),
            (true, false) if after.grantable != before.grantable => {
                return Err(ApiError::invalid("grantable_resources", "is changed by itself, since the rest waits"));
            }
            (true, false) => {
                let command = Command::Organization { name: after.name, settings: Box::new(after.settings) };
                let request = open(&app, &caller, key.clone(), command, changes, Some(before.version)).await?;
                return Ok(accepted(&app, &caller, &request));
            }
            _ => None,
        };
        let (write, event) = app.organizations.change(&after, Action::OrganizationUpdated, changes);
        let writes = [write].into_iter().chain(guard).collect();
        app.trail.commit(writes, &event, &caller.attribution()).await?;
        Ok(answer(Organization { version: after.version.next(), ..after }))
    })
}

fn applied(before: &Organization, asked: UpdateOrganization) -> Result<Organization, ApiError> {
    let name = asked.name.unwrap_or_else(|| before.name.clone());
    let settings = asked.settings.apply(&before.settings).map_err(ApiError::Invalid)?;
    let grantable =
        asked.grantable_resources.map_or_else(|| before.grantable.clone(), |GrantableResources(given)| given);
    Ok(Organization { name, settings, grantable, ..before.clone() })
}

async fn check_known(app: &Management, grantable: Option<&BTreeSet<ResourceKey>>) -> Result<(), ApiError> {
    let catalogue = app.catalogue().await?;
    match grantable.and_then(|keys| keys.iter().find(|key| !catalogue.resources.contains_key(key))) {
        Some(unknown) => Err(ApiError::invalid("grantable_resources", format!("there is no resource {unknown}"))),
        None => Ok(()),
    }
}

fn answer(organization: Organization) -> Response {
    ([(header::ETAG, etag(organization.version))], Json(OrganizationJson::from(organization))).into_response()
}
