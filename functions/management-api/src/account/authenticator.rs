//! `POST /v1/account/authenticator` and `…/confirm`: replaces the authenticator once the new one is confirmed to work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::event::Action;

use super::notice::{self, Notice};
use super::{change_own, record_refusal};
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::app::error::PeopleError;
use crate::app::throttle::CountedAttempt;
use crate::enrolment::{AuthenticatorJson, new_authenticator};
use crate::http::body::JsonBody;
use crate::session::one_time_password::{OneTimePassword, step_of};

/// A one-time password of the new authenticator.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ConfirmAuthenticator {
    one_time_password: OneTimePassword,
}

/// Creates the key of a new authenticator. The current one stays in use until the new one is confirmed with a one-time
/// password within 15 minutes.
pub(crate) async fn set_up_authenticator(
    State(app): State<Arc<Management>>,
    person: Person,
) -> Result<Json<AuthenticatorJson>, ApiError> {
    let account = &person.administrator;
    let (key, shown) = new_authenticator(&app, &account.email, account.id.as_str())?;
    change_own(&app, &person, |before| Ok(before.begin_authenticator(key.clone(), person.context.at))).await?;
    Ok(Json(shown))
}

/// Replaces the authenticator with the new one, and ends all of the caller's other sessions.
pub(crate) async fn confirm_authenticator(
    State(app): State<Arc<Management>>,
    person: Person,
    JsonBody(presented): JsonBody<ConfirmAuthenticator>,
) -> Result<StatusCode, ApiError> {
    let now = person.context.at;
    if person.administrator.awaited_authenticator(now).is_none() {
        return Err(ApiError::People(PeopleError::NoPendingAuthenticator));
    }
    let counted = CountedAttempt::to_step_up(&app, &person).await?;
    let changed = change_own(&app, &person, |before| {
        let pending = before.awaited_authenticator(now).ok_or(ApiError::People(PeopleError::NoPendingAuthenticator))?;
        let presented = &presented.one_time_password;
        let step = step_of(&app, &pending.totp_key, before.id.as_str(), presented, now)?;
        let change = step.and_then(|step| before.confirm_authenticator(step, &person.session.digest, now));
        change.ok_or(ApiError::WrongOneTimePassword)
    })
    .await;
    if let Err(ApiError::WrongOneTimePassword) = &changed {
        record_refusal(&app, &person, Action::AuthenticatorRefused).await?;
    }
    let changed = changed?;
    counted.forgive(&app, &person.context).await;
    notice::tell(&app, &changed, Notice::AuthenticatorReplaced, &person.context).await;
    Ok(StatusCode::NO_CONTENT)
}
