//! `GET /v1/session`: the current session.

use axum::Json;
use axum::response::{IntoResponse, Response};

use super::SessionJson;
use crate::app::caller::Person;

/// Shows the caller's session and account.
pub(crate) async fn show(caller: Person) -> Response {
    Json(SessionJson::of(&caller.administrator, &caller.session)).into_response()
}
