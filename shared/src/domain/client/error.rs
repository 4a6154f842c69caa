//! Reasons why a change to a client or its secrets is refused.

use std::fmt;

use crate::domain::id::SecretId;

/// Why a change to a client or its secrets is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The client, or the secret, does not exist or is deleted.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// An expiry that is not in the future.
    #[error("{0} must be in the future")]
    NotInFuture(&'static str),
    /// A lifetime over what the policy allows, in days.
    #[error("expires_at must be within {0} days from now")]
    TooLong(i64),
    /// The policy wants an expiry.
    #[error("expires_at is required: the organization's settings allow no {0} that never expires")]
    ExpiryRequired(&'static str),
    /// A not-before at or after the expiry.
    #[error("not_before must be before expires_at")]
    EmptyValidity,
    /// The client has as many live secrets as it may.
    #[error("the client has {0} live secrets, as many as it may have: delete one first")]
    TooManySecrets(usize),
    /// Without this secret the client could get no token, and nobody said that this is meant.
    #[error("no other secret of the client works: it could get no more tokens")]
    LastSecret,
    /// A secret that has no successor to get: only one in use has.
    #[error("{0}")]
    NotRegenerable(NotRegenerable),
    /// A deleted secret whose `expires_at` has come meanwhile.
    #[error("the secret has expired: it would not work again")]
    NotRestorable,
    /// A secret of which no copy may be shown.
    #[error("{0}")]
    NotRevealable(NotRevealable),
    /// An overlap over what the organization's settings allow, in seconds.
    #[error("must be at most {0}, as the organization's settings have it")]
    OverlapTooLong(i64),
    /// The assembled client_id is too long.
    #[error("the client_id would have more than 128 characters")]
    ClientIdTooLong,
}

/// Why a secret cannot be regenerated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRegenerable {
    /// It was regenerated before, by this one.
    ReplacedBy(SecretId),
    /// It has expired.
    Expired,
    /// It is switched off.
    Deactivated,
}

impl fmt::Display for NotRegenerable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReplacedBy(id) => write!(f, "it was regenerated already: {id} came in its place"),
            Self::Expired => f.write_str("it has expired: add a secret instead"),
            Self::Deactivated => f.write_str("it is deactivated: reactivate it first, or add a secret instead"),
        }
    }
}

/// Why a secret cannot be revealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRevealable {
    /// The organization's secrets are shown once.
    Custody,
    /// It was made when the organization's secrets were shown once.
    NoCopy,
}

impl fmt::Display for NotRevealable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Custody => "the organization's secrets are shown once, when they are made",
            Self::NoCopy => "no copy was kept when it was made: regenerate it, and its successor can be revealed",
        })
    }
}
