//! `DELETE /v1/administrators/{administrator_id}/sessions`: signs an administrator out everywhere.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use shared::domain::id::AdministratorId;

use crate::app::Management;
use crate::app::administrators::load;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::app::retry::retry_on_conflict;
use crate::http::path::PathId;

/// Ends every session of an administrator.
pub(crate) async fn end_sessions(
    State(app): State<Arc<Management>>,
    person: Person,
    PathId(id): PathId<AdministratorId>,
) -> Result<StatusCode, ApiError> {
    let caller = person.caller();
    retry_on_conflict!(async {
        let change = load(&app, &caller, &id).await?.end_sessions(None);
        app.administrators.commit(&change, &app.trail, &caller.attribution()).await?;
        Ok(StatusCode::NO_CONTENT)
    })
}
