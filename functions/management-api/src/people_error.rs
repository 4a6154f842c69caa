//! What requests about people and their accounts may be refused for.

use shared::domain::invitation::NotPending;
use shared::http::Problem;

use crate::error::{ApiError, challenged, later, of};
use crate::kind::Kind;

/// Why something about people stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeopleError {
    #[error("the present password is wrong")]
    WrongPassword,
    #[error("nobody else manages the administrators")]
    LastAdministrator,
    #[error(transparent)]
    NotPending(#[from] NotPending),
    #[error("the invitation was made before changes had to be approved")]
    NotApproved,
    #[error("no authenticator waits for its first one-time password")]
    NoPendingAuthenticator,
    #[error("too much mail")]
    TooManyMails { retry_after_seconds: i64 },
}

impl PeopleError {
    /// What the caller is told.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::WrongPassword => challenged(Kind::WrongPassword, "The present password is wrong."),
            Self::LastAdministrator => of(
                Kind::LastAdministrator,
                "Nobody else here could manage administrators and settings then. Give somebody else the privileges \
                 first: `clients:read`, `administrators:manage` and `organization:change`.",
            ),
            Self::NotPending(NotPending(what)) => of(Kind::NotPending, format!("The invitation was {what} already.")),
            Self::NotApproved => of(
                Kind::NotPending,
                "The invitation was made before a second administrator had to approve changes, so that its link works no \
                 more. Withdraw it, and invite them again.",
            ),
            Self::NoPendingAuthenticator => of(
                Kind::NoPendingAuthenticator,
                "Begin with `POST /v1/account/authenticator`, and confirm within 15 minutes.",
            ),
            Self::TooManyMails { retry_after_seconds } => later(
                of(
                    Kind::TooManyRequests,
                    format!(
                        "Too much mail was sent to this address, or from this organization. Wait \
                         {retry_after_seconds} seconds."
                    ),
                ),
                *retry_after_seconds,
            ),
        }
    }
}

impl From<NotPending> for ApiError {
    fn from(error: NotPending) -> Self {
        Self::People(error.into())
    }
}
