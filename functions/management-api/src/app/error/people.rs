//! Refusals of requests about people and their accounts.

use shared::domain::invitation::NotPending;

/// Reason for refusing a change to people or their accounts.
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
