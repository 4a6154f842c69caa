//! `POST /v1/session/step-up`: enters another one-time password in the same session (RFC 9470).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::event::Action;
use shared::domain::session::Session;
use shared::domain::time::whole_seconds;
use shared::store::{CommitError, Expectation};

use super::SessionJson;
use super::one_time_password::{OneTimePassword, accepted_step};
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::app::throttle::CountedAttempt;
use crate::http::body::JsonBody;

/// The one-time password for a step-up.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct StepUp {
    one_time_password: OneTimePassword,
}

/// Accepts another one-time password, so that for some minutes the session can do operations that need one.
pub(crate) async fn step_up(
    State(app): State<Arc<Management>>,
    caller: Person,
    JsonBody(presented): JsonBody<StepUp>,
) -> Result<Response, ApiError> {
    let counted = CountedAttempt::to_step_up(&app, &caller).await?;
    let (administrator, by) = (&caller.administrator, caller.attribution());
    let stepped_up = Session { authenticated_at: Some(whole_seconds(caller.context.at)), ..caller.session.clone() };
    let taken = match accepted_step(&app, administrator, &presented.one_time_password, caller.context.at)? {
        Some(step) => match app.administrators.step_up(administrator, step, &stepped_up, &app.trail, &by).await {
            Ok(()) => true,
            // a concurrent request used the same one-time password
            Err(CommitError::Conflict(Expectation::OneTimePasswordUnused)) => false,
            Err(CommitError::Conflict(_)) => return Err(ApiError::SessionEnded),
            Err(other) => return Err(other.into()),
        },
        None => false,
    };
    if !taken {
        app.administrators.record_refusal(administrator, Action::StepUpRefused, &app.trail, &by).await?;
        return Err(ApiError::WrongOneTimePassword);
    }
    counted.forgive(&app, &caller.context).await;
    Ok(Json(SessionJson::of(administrator, &stepped_up)).into_response())
}
