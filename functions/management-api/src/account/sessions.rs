//! `/v1/account/sessions`: the caller's sessions.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::id::SessionId;
use shared::domain::session::{Session, UserAgent};

use super::change_own;
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::http::path::PathId;

/// The sessions of an administrator.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SessionList")]
pub(crate) struct SessionsJson {
    /// The sessions, newest first.
    items: Vec<ListedJson>,
}

/// A session.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct ListedJson {
    id: SessionId,
    created_at: Timestamp,
    /// Exact to a minute.
    last_seen_at: Timestamp,
    /// The IP address of the sign-in; null if there was none.
    source: Option<IpAddr>,
    /// The `User-Agent` of the sign-in.
    user_agent: Option<String>,
    /// True for the session of this request.
    current: bool,
}

/// Lists the caller's sessions.
pub(crate) async fn list_sessions(
    State(app): State<Arc<Management>>,
    person: Person,
) -> Result<Json<SessionsJson>, ApiError> {
    let sessions = app.administrators.sessions(&person.administrator, person.context.at).await?;
    let listed = |session: Session| ListedJson {
        current: session.id == person.session.id,
        id: session.id,
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        source: session.source,
        user_agent: session.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
    };
    Ok(Json(SessionsJson { items: sessions.into_iter().map(listed).collect() }))
}

/// Ends one of the caller's sessions.
pub(crate) async fn end_session(
    State(app): State<Arc<Management>>,
    person: Person,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, ApiError> {
    let sessions = app.administrators.sessions(&person.administrator, person.context.at).await?;
    let found = sessions.into_iter().find(|session| session.id == id).ok_or(ApiError::NotFound("session"))?;
    app.administrators.end_session(&person.administrator, &found, &app.trail, &person.attribution()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends all of the caller's sessions except the current one.
pub(crate) async fn end_other_sessions(
    State(app): State<Arc<Management>>,
    person: Person,
) -> Result<StatusCode, ApiError> {
    change_own(&app, &person, |before| Ok(before.end_sessions(Some(&person.session.digest)))).await?;
    Ok(StatusCode::NO_CONTENT)
}
