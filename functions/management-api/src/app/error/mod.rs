//! All errors of a request. `Display` and the causes are for the log; `http/problem.rs` defines what the caller is
//! told.

mod denied;
mod idempotency;
mod people;

use shared::domain::change_request::RequestError;
use shared::domain::client::error::{ChangeError, NotRegenerable, NotRevealable};
use shared::domain::command::CommandError;
use shared::domain::grant::InvalidGrants;
use shared::domain::invitation::NotPending;
use shared::domain::privilege::Privilege;
use shared::http::problem::FieldError;
use shared::keys::hashing::HashError;
use shared::keys::sealing::{OpenError, SealError};
use shared::keys::vault::VaultError;
use shared::store::{CommitError, StoreError};
use shared::text::shortened;

pub(crate) use denied::Denied;
pub(crate) use idempotency::IdempotencyError;
pub(crate) use people::PeopleError;

/// Maximum number of characters of an invalid field's name, and of its message, in a response.
const SHOWN_CHARACTERS: usize = 200;

/// Reason why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("the body is not JSON: {0}")]
    MalformedBody(String),
    #[error("the sign-in failed")]
    SignInFailed,
    #[error("not signed in")]
    NotSignedIn,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the one-time password is wrong or used up")]
    WrongOneTimePassword,
    #[error("the last one-time password is too long ago")]
    StepUpRequired,
    #[error("a state-changing request without same-origin proof")]
    CrossOrigin,
    #[error("the privilege {0} is missing")]
    MissingPrivilege(Privilege),
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("method not allowed")]
    MethodNotAllowed,
    #[error("{0}")]
    AlreadyExists(String),
    #[error("the client has {0} live secrets")]
    TooManySecrets(usize),
    #[error("the client has no other secret to go on with")]
    LastSecret,
    #[error("the secret cannot be regenerated: {0}")]
    NotRegenerable(NotRegenerable),
    #[error("the secret cannot be restored")]
    NotRestorable,
    #[error("the secret cannot be revealed: {0}")]
    NotRevealable(NotRevealable),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("what the change request changes has changed meanwhile")]
    BaseMoved,
    #[error("fewer than two people could approve changes")]
    TooFewApprovers,
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error("changed by others again and again")]
    Conflict,
    #[error("the version is not the one of If-Match")]
    PreconditionFailed,
    #[error("the body is too long")]
    BodyTooLarge,
    #[error("the body is not announced as JSON")]
    UnsupportedMediaType,
    #[error("invalid fields")]
    Invalid(Vec<FieldError>),
    #[error("too many failed attempts")]
    TooManyAttempts { retry_after_seconds: i64 },
    #[error("too many changes at once")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the public keys cannot be read")]
    Keys(#[from] VaultError),
    #[error("hashing failed")]
    Hash(#[from] HashError),
    #[error("a sealed TOTP key does not open")]
    SealedTotpKey(#[from] OpenError),
    #[error("the copy of a secret cannot be sealed")]
    UnsealedSecret(#[from] SealError),
    #[error("the sealed copy of a secret does not open")]
    SealedSecret,
    #[error("a TOTP key is not usable")]
    UnusableTotpKey,
    #[error("a request arrived without passing its access check")]
    Ungated,
    #[error("a request panicked")]
    Panicked,
    #[error("{0}")]
    Unsettled(StoreError),
}

impl ApiError {
    /// Returns the error for one invalid field.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let shown = |text: String| shortened(&text, SHOWN_CHARACTERS);
        Self::Invalid(vec![FieldError { field: shown(field.into()), message: shown(message.into()) }])
    }

    /// Checks whether the outcome of the request is unknown.
    pub(crate) fn leaves_open(&self) -> bool {
        matches!(self, Self::Unsettled(_) | Self::Panicked)
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(_) => Self::Conflict,
            CommitError::Busy => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
            CommitError::Unsettled(error) => Self::Unsettled(error),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let field = match &error {
            ChangeError::NotFound(what) => return Self::NotFound(what),
            ChangeError::TooManySecrets(count) => return Self::TooManySecrets(*count),
            ChangeError::LastSecret => return Self::LastSecret,
            ChangeError::NotRegenerable(reason) => return Self::NotRegenerable(reason.clone()),
            ChangeError::NotRestorable => return Self::NotRestorable,
            ChangeError::NotRevealable(reason) => return Self::NotRevealable(*reason),
            ChangeError::OverlapTooLong(_) => "overlap_seconds",
            ChangeError::NotInFuture(field) => field,
            ChangeError::TooLong(_) | ChangeError::ExpiryRequired(_) => "expires_at",
            ChangeError::EmptyValidity => "not_before",
            ChangeError::ClientIdTooLong => "key",
        };
        Self::invalid(field, error.to_string())
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        let field = match &error {
            CommandError::Change(reason) => return reason.clone().into(),
            CommandError::Grants(InvalidGrants::UnknownResource(key) | InvalidGrants::NoSuchLevel(key, _)) => {
                format!("grants.{key}")
            }
            CommandError::NotGrantable(keys) => {
                let wrong = |key| FieldError { field: format!("grants.{key}"), message: error.to_string() };
                return Self::Invalid(keys.iter().map(wrong).collect());
            }
            CommandError::UnknownServed(_) => "serves".to_owned(),
        };
        Self::invalid(field, error.to_string())
    }
}

impl From<NotPending> for ApiError {
    fn from(error: NotPending) -> Self {
        Self::People(error.into())
    }
}
