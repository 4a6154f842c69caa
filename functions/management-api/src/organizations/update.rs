//! `PATCH /v1/organizations/{organization}`: updates the name and the given settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::command::Command;
use shared::domain::id::{OrganizationKey, ResourceKey};
use shared::domain::organization::{Organization, OrganizationUpdate};
use shared::domain::privilege::Privilege;
use shared::domain::text::Name;

use super::OrganizationJson;
use super::settings::UpdateOrganizationSettings;
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

/// The fields to change; omitted fields keep their values.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct UpdateOrganization {
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Name")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "object")]
    settings: UpdateOrganizationSettings,
    /// The resources that clients can be granted; null for all. Only operators can set it. Existing grants are kept.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "GrantableResources")]
    grantable_resources: Option<GrantableResources>,
    #[serde(default, deserialize_with = "permanent", rename = "key")]
    #[schemars(skip)]
    _key: (),
}

/// Resources; null for all.
#[derive(Clone, Deserialize, JsonSchema)]
struct GrantableResources(Option<BTreeSet<ResourceKey>>);

/// Updates an organization. Retries after a conflict.
///
/// Approval can be switched on only if two people can approve, and is switched off only after a second one approves
/// that.
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
        let Some(change) = before.update(asked.clone().beside(&before))? else { return Ok(answer(before)) };
        let (old, new) = (&before.settings, &change.after.settings);
        if old.custody != new.custody || old.multi_admin != new.multi_admin {
            caller.require_step_up()?;
        }
        let guard = match (old.multi_admin, new.multi_admin) {
            (false, true) => Some(two_approvers(&app, &key).await?),
            (true, false) if change.after.grantable != before.grantable => {
                return Err(ApiError::invalid("grantable_resources", "is changed by itself, since the rest waits"));
            }
            (true, false) => {
                let Organization { name, settings, .. } = change.after;
                let command = Command::Organization { name, settings: Box::new(settings) };
                let diff = change.event.changes;
                let request = open(&app, &caller, key.clone(), command, diff, Some(before.version)).await?;
                return Ok(accepted(&app, &caller, &request));
            }
            _ => None,
        };
        let writes = [app.organizations.write(&change.after)].into_iter().chain(guard).collect();
        app.trail.commit(writes, &change.event, &caller.attribution()).await?;
        Ok(answer(change.committed()))
    })
}

impl UpdateOrganization {
    /// Returns the update, with omitted settings taken from `before`.
    fn beside(self, before: &Organization) -> OrganizationUpdate {
        let grantable = self.grantable_resources.map(|GrantableResources(given)| given);
        OrganizationUpdate { name: self.name, settings: Some(self.settings.apply(&before.settings)), grantable }
    }
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
