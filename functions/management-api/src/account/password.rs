//! `POST /v1/account/password`: changes the password.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::event::Action;
use shared::keys::hashing::{HashParameters, Verification};

use super::notice::{self, Notice};
use super::{change_own, record_refusal};
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::app::error::PeopleError;
use crate::app::throttle::CountedAttempt;
use crate::enrolment::chosen_password;
use crate::http::body::JsonBody;
use crate::session::presented::PresentedPassword;

/// The current and the new password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ChangePassword {
    current_password: PresentedPassword,
    /// At least 12 characters, and not easily guessed.
    new_password: PresentedPassword,
}

/// Changes the caller's password, and ends all of their other sessions.
pub(crate) async fn change_password(
    State(app): State<Arc<Management>>,
    person: Person,
    JsonBody(asked): JsonBody<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let counted = CountedAttempt::to_step_up(&app, &person).await?;
    let account = &person.administrator;
    let present = asked.current_password.0.expose();
    let matched = app.hasher.verify(present, &account.password, HashParameters::PASSWORD).await?;
    if matched == Verification::Mismatch {
        record_refusal(&app, &person, Action::PasswordRefused).await?;
        return Err(ApiError::People(PeopleError::WrongPassword));
    }
    counted.forgive(&app, &person.context).await;
    let organization = match &account.organization {
        Some(key) => app.organizations.get(key).await?,
        None => None,
    };
    let owner = (&account.email, &account.name, organization.as_ref());
    let verifier = chosen_password(&app, "new_password", &asked.new_password.0, owner).await?;
    let changed = change_own(&app, &person, |before| {
        if before.password != account.password {
            // the verified password is no longer the current one
            return Err(ApiError::Conflict);
        }
        Ok(before.change_password(verifier.clone(), &person.session.digest))
    })
    .await?;
    notice::tell(&app, &changed, Notice::PasswordChanged, &person.context).await;
    Ok(StatusCode::NO_CONTENT)
}
