//! `GET /v1/session`: who is signed in.

use axum::Json;
use axum::response::{IntoResponse, Response};

use super::SessionJson;
use crate::app::caller::Person;

/// Shows the caller to itself.
pub(crate) async fn show(caller: Person) -> Response {
    Json(SessionJson::of(&caller.administrator, &caller.session)).into_response()
}
