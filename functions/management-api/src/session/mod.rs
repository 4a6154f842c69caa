//! Signing in, showing the session, and signing out.

pub(crate) mod one_time_password;
pub(crate) mod presented;
mod show;
mod sign_in;
mod sign_out;
mod step_up;

use std::collections::BTreeSet;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::administrator::Administrator;
use shared::domain::email::Email;
use shared::domain::id::{AdministratorId, OrganizationKey, SessionId};
use shared::domain::privilege::{Privilege, Role};
use shared::domain::recovery_code::RecoveryCode;
use shared::domain::session::{NewSession, Session};
use shared::domain::text::Name;
use shared::entropy;

pub(crate) use show::show;
pub(crate) use sign_in::{REFUSAL_TAKES, sign_in};
pub(crate) use sign_out::sign_out;
pub(crate) use step_up::step_up;

use crate::app::Management;
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::http::cookie::SessionToken;

/// Creates a session for this request, and the token that proves it.
pub(crate) fn new_session(context: &RequestContext) -> Result<(SessionToken, NewSession), ApiError> {
    let token = SessionToken::random();
    // a token that we generated is well-formed
    let digest = token.digest().ok_or(ApiError::SessionEnded)?;
    let new = NewSession {
        id: SessionId::random(&mut entropy::os_rng()),
        digest,
        source: context.source.map(|source| source.0),
        user_agent: context.user_agent.clone(),
    };
    Ok((token, new))
}

/// Returns the response to a sign-in: the session and its cookie. After enrolment, it also contains recovery codes.
pub(crate) fn begun(
    app: &Management,
    token: &SessionToken,
    administrator: &Administrator,
    session: &Session,
    recovery_codes: Option<&[RecoveryCode]>,
) -> Response {
    let headers = [(header::SET_COOKIE, token.set()), (header::LOCATION, app.issuer.url("/v1/session"))];
    let session = SessionJson::of(administrator, session);
    match recovery_codes {
        None => (StatusCode::CREATED, headers, Json(session)).into_response(),
        Some(codes) => {
            let recovery_codes = codes.iter().map(RecoveryCode::expose).collect();
            (StatusCode::CREATED, headers, Json(EnrolledJson { session, recovery_codes })).into_response()
        }
    }
}

/// An accepted invitation: the new session, and recovery codes for a lost authenticator.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AcceptedInvitation")]
pub(crate) struct EnrolledJson<'a> {
    session: SessionJson<'a>,
    /// The recovery codes. This response is the only one that contains them.
    recovery_codes: Vec<&'a str>,
}

/// The current session and its administrator.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CurrentSession")]
pub(crate) struct SessionJson<'a> {
    administrator_id: &'a AdministratorId,
    email: &'a Email,
    name: &'a Name,
    /// The organization; null for an operator, who acts in all of them.
    organization: Option<&'a OrganizationKey>,
    /// The role with exactly these privileges; null if there is none.
    role: Option<Role>,
    privileges: &'a BTreeSet<Privilege>,
    signed_in_at: Timestamp,
    /// The time of the last one-time password; null if there was none.
    authenticated_at: Option<Timestamp>,
    expires_at: Timestamp,
    idle_timeout_seconds: i64,
}

impl<'a> SessionJson<'a> {
    pub(crate) fn of(administrator: &'a Administrator, session: &Session) -> Self {
        Self {
            administrator_id: &administrator.id,
            email: &administrator.email,
            name: &administrator.name,
            organization: administrator.organization.as_ref(),
            role: Role::of(&administrator.privileges),
            privileges: &administrator.privileges,
            signed_in_at: session.created_at,
            authenticated_at: session.authenticated_at,
            expires_at: session.expires_at(),
            idle_timeout_seconds: Session::IDLE_SECONDS,
        }
    }
}
