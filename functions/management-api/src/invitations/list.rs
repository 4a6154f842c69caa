//! `GET /v1/invitations`: the invitations of an organization, or of operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use shared::store::administrators::AdministratorStore;

use super::InvitationJson;
use crate::app::Management;
use crate::app::administrators::people_of;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::http::query::{ListQuery, PageJson, Query};

/// Lists a page of the invitations of an organization. For an operator who names no organization, lists those of
/// operators.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    person: Person,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageJson<InvitationJson>>, ApiError> {
    let from = query.cursor(AdministratorStore::invitation_cursor)?;
    let organization = people_of(&app, &person.caller(), query.organization).await?;
    let key = organization.as_ref().map(|organization| &organization.key);
    let page = app.administrators.invitations(key, from.as_ref(), query.limit).await?;
    let now = person.context.at;
    Ok(Json(PageJson::map(page, |invitation| InvitationJson::of(&invitation, None, now))))
}
