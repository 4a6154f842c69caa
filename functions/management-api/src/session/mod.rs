//! Signing in, seeing who one is, and signing out.

pub(crate) mod cookie;
mod one_time_password;
mod show;
mod sign_in;
mod sign_out;
mod step_up;
mod throttle;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::administrator::{Administrator, Role};
use shared::domain::id::OrganizationKey;
use shared::domain::session::Session;

pub(crate) use show::show;
pub(crate) use sign_in::sign_in;
pub(crate) use sign_out::sign_out;
pub(crate) use step_up::step_up;

/// Who is signed in, and for how long.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub(crate) struct SessionJson<'a> {
    id: &'a str,
    email: &'a str,
    name: &'a str,
    /// Null for an operator, who acts in every organization.
    organization: Option<&'a str>,
    /// Null where the privileges are no role's.
    role: Option<&'static str>,
    privileges: Vec<&'static str>,
    signed_in_at: Timestamp,
    /// When a one-time password was last entered.
    authenticated_at: Timestamp,
    expires_at: Timestamp,
    idle_timeout_seconds: i64,
}

impl<'a> SessionJson<'a> {
    fn of(administrator: &'a Administrator, session: &Session) -> Self {
        Self {
            id: administrator.id.as_str(),
            email: administrator.email.as_str(),
            name: administrator.name.as_str(),
            organization: administrator.organization.as_ref().map(OrganizationKey::as_str),
            role: Role::of(&administrator.privileges).map(Role::as_str),
            privileges: administrator.privileges.iter().map(|privilege| privilege.as_str()).collect(),
            signed_in_at: session.created_at,
            authenticated_at: session.authenticated_at,
            expires_at: session.expires_at(),
            idle_timeout_seconds: Session::IDLE_SECONDS,
        }
    }
}
