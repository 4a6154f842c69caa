//! `POST /v1/session`: address, password and one-time password for a session.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::administrator::{Administrator, Email, PasswordPlaintext};
use shared::domain::event::Action;
use shared::domain::session::Session;
use shared::domain::time::whole_seconds;
use shared::keys::hashing::{HashParameters, Verification};
use shared::store::CommitError;
use shared::telemetry::metrics::{self, Metric};
use tokio::time::{Instant, sleep_until};

use super::SessionJson;
use super::cookie::SessionToken;
use super::one_time_password::{OneTimePassword, accepted_step};
use super::throttle::CountedAttempt;
use crate::Management;
use crate::arrival::Arrival;
use crate::body::JsonBody;
use crate::error::ApiError;

/// No refusal is quicker than this: an account that exists costs one more read and an event, which must not show.
const REFUSAL_TAKES: Duration = Duration::from_millis(250);

/// What an administrator signs in with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct SignIn {
    email: Email,
    #[serde(deserialize_with = "password")]
    #[schemars(with = "String", length(max = PasswordPlaintext::MAX_BYTES))]
    password: PasswordPlaintext,
    one_time_password: OneTimePassword,
}

fn password<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<PasswordPlaintext, D::Error> {
    let password = PasswordPlaintext::new(String::deserialize(deserializer)?);
    if password.expose().len() > PasswordPlaintext::MAX_BYTES {
        let message = format!("must have at most {} bytes", PasswordPlaintext::MAX_BYTES);
        return Err(serde::de::Error::custom(message));
    }
    Ok(password)
}

/// Begins a session. Every failure has the same answer, whether there is such an account or not.
pub(crate) async fn sign_in(
    State(app): State<Arc<Management>>,
    arrival: Arrival,
    JsonBody(presented): JsonBody<SignIn>,
) -> Result<Response, ApiError> {
    let refused = |_: &ApiError| metrics::count(Metric::SignInsRefused, 1);
    let earliest = Instant::now() + REFUSAL_TAKES;
    let counted = CountedAttempt::to_sign_in(&app, &presented.email, &arrival).await.inspect_err(refused)?;
    let Some(administrator) = app.administrators.by_email(&presented.email).await? else {
        app.hasher.verify_nothing(presented.password.expose(), HashParameters::PASSWORD).await?;
        sleep_until(earliest).await;
        return Err(ApiError::SignInFailed).inspect_err(refused);
    };
    let by = arrival.attribution(&administrator);
    let Some((token, session)) = begin(&app, &administrator, &presented, &arrival).await? else {
        app.administrators.record_refusal(&administrator, Action::SignInRefused, &app.trail, &by).await?;
        sleep_until(earliest).await;
        return Err(ApiError::SignInFailed).inspect_err(refused);
    };
    counted.forgive(&app, &arrival).await?;
    let headers = [(header::SET_COOKIE, token.set()), (header::LOCATION, app.issuer.url("/v1/session"))];
    Ok((StatusCode::CREATED, headers, Json(SessionJson::of(&administrator, &session))).into_response())
}

/// The new session, where password and one-time password are right and the latter is used for the first time.
async fn begin(
    app: &Management,
    administrator: &Administrator,
    presented: &SignIn,
    arrival: &Arrival,
) -> Result<Option<(SessionToken, Session)>, ApiError> {
    let password = presented.password.expose();
    let verified = app.hasher.verify(password, &administrator.password, HashParameters::PASSWORD).await?;
    let step = accepted_step(app, administrator, &presented.one_time_password, arrival.at)?;
    let (Verification::Match { .. }, Some(step)) = (verified, step) else { return Ok(None) };
    let token = SessionToken::random();
    let Some(digest) = token.digest() else { return Ok(None) };
    let session = Session::begin(digest, administrator.id.clone(), whole_seconds(arrival.at));
    let by = arrival.attribution(administrator);
    match app.administrators.sign_in(administrator, step, &session, &app.trail, &by).await {
        Ok(()) => Ok(Some((token, session))),
        // somebody else was quicker with the same one-time password
        Err(CommitError::Conflict { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}
