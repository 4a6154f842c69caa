//! `POST /v1/session`: signs in with email address, password, and a one-time password or recovery code.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::administrator::Administrator;
use shared::domain::email::Email;
use shared::domain::event::Action;
use shared::domain::secret::Verifier;
use shared::domain::session::Session;
use shared::domain::time::whole_seconds;
use shared::keys::hashing::{HashParameters, Verification};
use shared::store::administrators::committed;
use shared::telemetry::metrics::{self, Metric};
use tokio::time::{Instant, sleep_until};

use super::one_time_password::{OneTimePassword, accepted_step};
use super::presented::{PresentedPassword, PresentedRecoveryCode};
use super::{begun, new_session};
use crate::account::notice::{self, Notice};
use crate::app::Management;
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::organizations::require_active;
use crate::app::retry::retry_on_conflict;
use crate::app::throttle::CountedAttempt;
use crate::enrolment::place_of_recovery_code;
use crate::http::body::{JsonBody, present};
use crate::http::cookie::SessionToken;

/// Minimum duration of a refusal: an existing account costs more reads and an event, which must not be noticeable.
pub(crate) const REFUSAL_TAKES: Duration = Duration::from_millis(250);

/// The credentials of an administrator. Exactly one of `one_time_password` and `recovery_code` is required.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct SignIn {
    email: Email,
    password: PresentedPassword,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OneTimePassword")]
    one_time_password: Option<OneTimePassword>,
    /// An unused recovery code, which is used up.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "PresentedRecoveryCode")]
    recovery_code: Option<PresentedRecoveryCode>,
}

/// The second factor.
enum Factor {
    OneTimePassword(OneTimePassword),
    RecoveryCode(PresentedRecoveryCode),
}

/// Starts a session. Every failure has the same response, whether the account exists or not.
pub(crate) async fn sign_in(
    State(app): State<Arc<Management>>,
    context: RequestContext,
    JsonBody(asked): JsonBody<SignIn>,
) -> Result<Response, ApiError> {
    let refused = |_: &ApiError| metrics::count(Metric::SignInsRefused, 1);
    let earliest = Instant::now() + REFUSAL_TAKES;
    let SignIn { email, password, one_time_password, recovery_code } = asked;
    let factor = match (one_time_password, recovery_code) {
        (Some(code), None) => Factor::OneTimePassword(code),
        (None, Some(code)) => Factor::RecoveryCode(code),
        (None, None) => return Err(ApiError::invalid("one_time_password", "is missing, or a `recovery_code` instead")),
        (Some(_), Some(_)) => return Err(ApiError::invalid("recovery_code", "stands in place of `one_time_password`")),
    };
    let counted = CountedAttempt::to_sign_in(&app, &email, &context).await.inspect_err(refused)?;
    let mut verified: Option<(Verifier, bool)> = None;
    let mut second_factor = None;
    retry_on_conflict!(async {
        let Some(administrator) = app.administrators.by_email(&email).await? else {
            app.hasher.verify_nothing(password.0.expose(), HashParameters::PASSWORD).await?;
            sleep_until(earliest).await;
            return Err(ApiError::SignInFailed).inspect_err(refused);
        };
        // any other concurrent change of the account is not worth a retry
        let right = match &verified {
            Some((stored, right)) if *stored == administrator.password => *right,
            _ => {
                let password = password.0.expose();
                let matched = app.hasher.verify(password, &administrator.password, HashParameters::PASSWORD).await?;
                matches!(matched, Verification::Match { .. })
            }
        };
        verified = Some((administrator.password.clone(), right));
        if right && second_factor.is_none() {
            match CountedAttempt::to_second_factor(&app, &administrator, &context).await {
                Ok(counted) => second_factor = Some(counted),
                // reporting the limit would reveal that the password is right
                Err(ApiError::TooManyAttempts { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let right = right && second_factor.is_some();
        let Some(SignedIn { token, administrator, session }) =
            begin(&app, administrator.clone(), right, &factor, &context).await?
        else {
            let by = context.attribution(&administrator);
            app.administrators.record_refusal(&administrator, Action::SignInRefused, &app.trail, &by).await?;
            sleep_until(earliest).await;
            return Err(ApiError::SignInFailed).inspect_err(refused);
        };
        counted.forgive(&app, &context).await;
        if let Some(second_factor) = &second_factor {
            second_factor.forgive(&app, &context).await;
        }
        if matches!(factor, Factor::RecoveryCode(_)) {
            let used = Notice::RecoveryCodeUsed { left: administrator.recovery_codes.len() };
            notice::tell(&app, &administrator, used, &context).await;
        }
        Ok(begun(&app, &token, &administrator, &session, None))
    })
}

/// A new session.
struct SignedIn {
    token: SessionToken,
    administrator: Administrator,
    session: Session,
}

/// Starts the session; returns `None` if the password is wrong, or the second factor is wrong or used up. A second
/// factor that another request has just used is a conflict.
async fn begin(
    app: &Management,
    administrator: Administrator,
    right: bool,
    factor: &Factor,
    context: &RequestContext,
) -> Result<Option<SignedIn>, ApiError> {
    let (token, new) = new_session(context)?;
    let now = whole_seconds(context.at);
    let session = Session::begin(new, administrator.id.clone(), administrator.session_epoch, now);
    let by = context.attribution(&administrator);
    let (after, committed) = match factor {
        Factor::OneTimePassword(presented) => {
            let step = accepted_step(app, &administrator, presented, context.at)?;
            let (true, Some(step)) = (right, step) else { return Ok(None) };
            require_active(app, administrator.organization.as_ref()).await?;
            let committed = app.administrators.sign_in(&administrator, step, &session, &app.trail, &by).await;
            (administrator, committed)
        }
        Factor::RecoveryCode(presented) => {
            let place = place_of_recovery_code(app, &administrator, &presented.0).await?;
            let (true, Some(place)) = (right, place) else { return Ok(None) };
            require_active(app, administrator.organization.as_ref()).await?;
            let change = administrator.sign_in_with_recovery_code(place, session.clone().recovered(), context.at);
            let outcome = app.administrators.commit(&change, &app.trail, &by).await;
            (committed(change), outcome)
        }
    };
    committed?;
    Ok(Some(SignedIn { token, administrator: after, session }))
}
