//! `POST /v1/invitation/accept`: accepts an invitation, and creates or resets the account.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::administrator::SealedTotpKey;
use shared::domain::administrator::change::{AdministratorChange, Credentials, Effect};
use shared::domain::event::Action;
use shared::domain::id::AdministratorId;
use shared::domain::invitation::Invitation;
use shared::domain::recovery_code::RecoveryCode;
use shared::domain::secret::Verifier;
use shared::domain::session::Session;
use shared::domain::time::whole_seconds;
use shared::entropy;
use shared::store::administrators::committed;
use shared::store::{CommitError, Expectation};
use tokio::time::{Instant, sleep_until};

use super::open::unsigned;
use super::presented::PresentedToken;
use crate::app::Management;
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::error::PeopleError;
use crate::app::invitations::{Destination, opened_by};
use crate::app::retry::retry_on_conflict;
use crate::app::throttle::CountedAttempt;
use crate::enrolment::{chosen_password, new_recovery_codes};
use crate::http::body::JsonBody;
use crate::http::cookie::SessionToken;
use crate::session::one_time_password::{OneTimePassword, step_of};
use crate::session::presented::PresentedPassword;
use crate::session::{REFUSAL_TAKES, begun, new_session};

/// The credentials of a new or reset account.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct AcceptInvitation {
    token: PresentedToken,
    /// At least 12 characters, and not easily guessed.
    password: PresentedPassword,
    /// A one-time password of the authenticator from the latest call that opened the invitation.
    one_time_password: OneTimePassword,
}

/// New credentials, generated once for all attempts to commit.
struct Chosen {
    password: Verifier,
    codes: Vec<RecoveryCode>,
    verifiers: Vec<Verifier>,
}

/// Creates or resets the account, and starts its session. A link works once.
pub(crate) async fn accept(
    State(app): State<Arc<Management>>,
    context: RequestContext,
    JsonBody(asked): JsonBody<AcceptInvitation>,
) -> Result<Response, ApiError> {
    let earliest = Instant::now() + REFUSAL_TAKES;
    let AcceptInvitation { token, password, one_time_password } = asked;
    let counted = CountedAttempt::to_open_invitation(&app, &context).await?;
    let mut chosen = None;
    let mut counted_guess = None;
    retry_on_conflict!(async {
        let Some((invitation, destination)) = opened_by(&app, token.0.as_ref(), context.at).await? else {
            sleep_until(earliest).await;
            return Err(ApiError::NotFound("invitation"));
        };
        if counted_guess.is_none() {
            counted_guess = Some(CountedAttempt::to_accept(&app, &invitation.id, &context).await?);
        }
        let Some((key, step)) = shown_step(&app, &invitation, &one_time_password, &context)? else {
            let refused = invitation.event(Action::InvitationRefused, []);
            app.administrators.record_of_invitation(&refused, &app.trail, &unsigned(&context)).await?;
            return Err(ApiError::WrongOneTimePassword);
        };
        // the one-time password was right, so a rejected new password is not a guess
        if let Some(guess) = counted_guess.take() {
            guess.forgive(&app, &context).await;
        }
        let chosen = match &chosen {
            Some(chosen) => chosen,
            None => chosen.insert(choose(&app, &invitation, &destination, &password).await?),
        };
        let (session_token, session, change) =
            decide(&app, &invitation, &destination, (&key, step), chosen, &context).await?;
        let by = context.attribution(&change.after);
        match app.administrators.commit(&change, &app.trail, &by).await {
            Ok(()) => {
                counted.forgive(&app, &context).await;
                Ok(begun(&app, &session_token, &committed(change), &session, Some(&chosen.codes)))
            }
            Err(CommitError::Conflict(Expectation::AddressFree)) if change.effect == Effect::Created => {
                // only the holder of the link, who reads the mailbox, learns this. If this link was used in the
                // meantime, a fresh read reports that first.
                if opened_by(&app, token.0.as_ref(), context.at).await?.is_some() {
                    return Err(ApiError::AlreadyExists("This address has an account already.".to_owned()));
                }
                Err(ApiError::Conflict)
            }
            Err(error) => Err(error.into()),
        }
    })
}

/// Returns the key of the latest authenticator of the link, and the time step of its one-time password.
fn shown_step(
    app: &Management,
    invitation: &Invitation,
    presented: &OneTimePassword,
    context: &RequestContext,
) -> Result<Option<(SealedTotpKey, u64)>, ApiError> {
    let Some(key) = &invitation.totp_key else { return Ok(None) };
    let step = step_of(app, key, invitation.id.as_str(), presented, context.at)?;
    Ok(step.map(|step| (key.clone(), step)))
}

async fn choose(
    app: &Management,
    invitation: &Invitation,
    destination: &Destination,
    password: &PresentedPassword,
) -> Result<Chosen, ApiError> {
    let owner = (&invitation.email, &invitation.name, destination.organization.as_ref());
    let password = chosen_password(app, "password", &password.0, owner).await?;
    let (codes, verifiers) = new_recovery_codes(app).await?;
    Ok(Chosen { password, codes, verifiers })
}

/// Returns the change to commit, for an existing or a new account.
async fn decide(
    app: &Management,
    invitation: &Invitation,
    destination: &Destination,
    (shown, totp_step): (&SealedTotpKey, u64),
    chosen: &Chosen,
    context: &RequestContext,
) -> Result<(SessionToken, Session, AdministratorChange), ApiError> {
    let (id, epoch) = match &destination.account {
        Some(account) => (account.id.clone(), account.session_epoch.saturating_add(1)),
        None => (AdministratorId::random(&mut entropy::os_rng()), 0),
    };
    let key = app.data_key.open(&shown.0, invitation.id.as_str())?;
    let credentials = Credentials {
        password: chosen.password.clone(),
        totp_key: SealedTotpKey(app.data_key.seal(&key, id.as_str())?),
        totp_step,
        recovery_codes: chosen.verifiers.clone(),
    };
    let (token, new) = new_session(context)?;
    let session = Session::begin(new, id, epoch, whole_seconds(context.at));
    let change = if let Some(account) = &destination.account {
        account.reset(credentials, invitation.used(context.at), session.clone())
    } else {
        let managers = app.administrators.managers(invitation.organization.as_ref()).await?;
        let change = invitation.accept(credentials, session.clone(), &managers, context.at);
        change.map_err(|_| ApiError::People(PeopleError::LastAdministrator))?
    };
    Ok((token, session, change))
}
