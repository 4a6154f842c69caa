//! `POST /v1/organizations/{organization}/suspend` and `/resume`: for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use shared::domain::id::OrganizationKey;
use shared::domain::organization::Organization;

use super::OrganizationJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::organizations::load;
use crate::app::precondition::{IfMatch, etag};
use crate::app::retry::retry_on_conflict;
use crate::http::path::PathId;

/// Suspends an organization: its people are refused, and its clients get no tokens.
pub(crate) async fn suspend(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(key): PathId<OrganizationKey>,
) -> Result<impl IntoResponse, ApiError> {
    switch(&app, &caller, &if_match, &key, true).await
}

/// Resumes an organization: its people and clients work as before.
pub(crate) async fn resume(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId(key): PathId<OrganizationKey>,
) -> Result<impl IntoResponse, ApiError> {
    switch(&app, &caller, &if_match, &key, false).await
}

/// Commits the suspension first, for people and new clients, then marks every existing client. If that is interrupted,
/// repeating the request completes it.
async fn switch(
    app: &Management,
    caller: &Caller,
    if_match: &IfMatch,
    key: &OrganizationKey,
    suspended: bool,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let after = decide(app, caller, if_match, key, suspended).await?;
    app.clients.spread_suspension(key, suspended, &app.trail, &caller.attribution()).await?;
    Ok(([(header::ETAG, etag(after.version))], Json(OrganizationJson::from(after))))
}

async fn decide(
    app: &Management,
    caller: &Caller,
    if_match: &IfMatch,
    key: &OrganizationKey,
    suspended: bool,
) -> Result<Organization, ApiError> {
    let by = caller.attribution();
    retry_on_conflict!(async {
        let before = load(app, caller, key).await?;
        if_match.check(before.version)?;
        let Some(change) = before.set_suspended(suspended, by.at) else { return Ok(before) };
        let writes = vec![app.organizations.write(&change.after), app.clients.suspension(key, suspended)];
        app.trail.commit(writes, &change.event, &by).await?;
        Ok(change.committed())
    })
}
