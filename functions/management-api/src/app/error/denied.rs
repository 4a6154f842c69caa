//! Refusals because of the caller, its token (RFC 6750), or its request rate.

use shared::domain::privilege::Privilege;
use shared::domain::resource::AccessLevel;

/// Reason for denying access to a caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    #[error("the access token is not accepted: {0}")]
    InvalidToken(String),
    #[error("a session and an access token in one request")]
    MultipleCredentials,
    #[error("the access token brings no privilege {0}")]
    InsufficientScope(Privilege, AccessLevel),
    #[error("a machine called a route for people")]
    PeopleOnly,
    #[error("a person called a route for machines")]
    MachinesOnly,
    #[error("the organization is suspended")]
    OrganizationSuspended,
    #[error("too many requests")]
    TooManyRequests { retry_after_seconds: i64 },
}
