//! `DELETE /v1/session`: signs out.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};

use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::http::cookie;

/// Ends the caller's session and removes the cookie.
pub(crate) async fn sign_out(
    State(app): State<Arc<Management>>,
    caller: Person,
) -> Result<impl IntoResponse, ApiError> {
    let digest = &caller.session.digest;
    app.administrators.sign_out(&caller.administrator, digest, &app.trail, &caller.attribution()).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::cleared())]))
}
