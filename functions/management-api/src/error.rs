//! Everything that a request may be refused for, and the one place that turns it into a problem.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use shared::domain::administrator::Privilege;
use shared::domain::change_request::RequestError;
use shared::domain::client::{ChangeError, NotRegenerable, NotRevealable};
use shared::domain::command::CommandError;
use shared::domain::grant::InvalidGrants;
use shared::domain::session::Session;
use shared::http::Problem;
use shared::http::problem::FieldError;
use shared::keys::hashing::HashError;
use shared::keys::sealing::{OpenError, SealError};
use shared::keys::vault::VaultError;
use shared::store::{CommitError, StoreError};
use shared::telemetry::chain;

use crate::body::MAX_BODY_BYTES;
use crate::change_requests;
use crate::denied::Denied;
use crate::kind::Kind;
use crate::people_error::PeopleError;
use crate::session::cookie;

/// How long to wait before trying again where nothing better is known, in seconds.
const RETRY_SOON_SECONDS: i64 = 1;
/// How much of a wrong field's name, and of what is wrong with it, is answered.
const SHOWN_CHARACTERS: usize = 200;

/// Why a request is not fulfilled. `Display` is for the log, the problem is for the caller.
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
    /// One field that is wrong.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: shortened(field.into()), message: shortened(message.into()) }])
    }

    /// Whether nobody knows what came of the request.
    pub(crate) fn leaves_open(&self) -> bool {
        matches!(self, Self::Unsettled(_) | Self::Panicked)
    }

    /// Writes into the log what somebody who runs the service has to look at.
    pub(crate) fn log(&self) {
        match self {
            Self::Store(StoreError::Unavailable { .. }) | Self::Unsettled(_) | Self::Busy => {
                tracing::warn!(error = %self, "unavailable");
            }
            Self::Store(StoreError::Corrupt(_))
            | Self::SealedTotpKey(_)
            | Self::UnsealedSecret(_)
            | Self::SealedSecret
            | Self::UnusableTotpKey
            | Self::Ungated
            | Self::Panicked => tracing::error!(error = %self, "internal error"),
            Self::Keys(reason) => tracing::error!(error = chain(reason), "machines cannot be let in"),
            Self::Hash(reason) => tracing::error!(error = %self, %reason, "internal error"),
            Self::MalformedBody(_)
            | Self::SignInFailed
            | Self::NotSignedIn
            | Self::SessionEnded
            | Self::WrongOneTimePassword
            | Self::StepUpRequired
            | Self::CrossOrigin
            | Self::MissingPrivilege(_)
            | Self::Denied(_)
            | Self::NotFound(_)
            | Self::MethodNotAllowed
            | Self::AlreadyExists(_)
            | Self::TooManySecrets(_)
            | Self::LastSecret
            | Self::NotRegenerable(_)
            | Self::NotRestorable
            | Self::NotRevealable(_)
            | Self::Request(_)
            | Self::BaseMoved
            | Self::TooFewApprovers
            | Self::People(_)
            | Self::Conflict
            | Self::PreconditionFailed
            | Self::BodyTooLarge
            | Self::UnsupportedMediaType
            | Self::Invalid(_)
            | Self::TooManyAttempts { .. } => tracing::info!(outcome = "refused", reason = %self, "refused"),
        }
    }

    /// What the caller is told.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::MalformedBody(place) => of(Kind::MalformedBody, format!("The body cannot be read as JSON: {place}.")),
            Self::SignInFailed => challenged(
                Kind::SignInFailed,
                "E-mail address, password and one-time password, or recovery code, do not belong together, or the code was \
                 used already.",
            ),
            Self::NotSignedIn => {
                challenged(Kind::NotSignedIn, "The request carries neither a session nor an access token.")
            }
            Self::Denied(denied) => denied.problem(),
            Self::SessionEnded => {
                let mut problem = challenged(Kind::SessionEnded, "The session has ended. Sign in again.");
                problem.headers.push((header::SET_COOKIE, cookie::cleared()));
                problem
            }
            Self::WrongOneTimePassword => challenged(
                Kind::WrongOneTimePassword,
                "The one-time password is wrong, or was used already. Wait for the next one.",
            ),
            Self::StepUpRequired => step_up_required(),
            Self::CrossOrigin => of(
                Kind::CrossOrigin,
                "A request that changes something needs `Sec-Fetch-Site: same-origin`, or an `Origin` that is this \
                 deployment's own.",
            ),
            Self::MissingPrivilege(privilege) => missing(*privilege),
            Self::NotFound(what) => of(Kind::NotFound, format!("There is no such {what}.")),
            Self::MethodNotAllowed => of(Kind::MethodNotAllowed, "The `Allow` header names the methods of this path."),
            Self::AlreadyExists(detail) => of(Kind::AlreadyExists, detail.as_str()),
            Self::TooManySecrets(count) => of(
                Kind::TooManySecrets,
                format!("The client has {count} live secrets, as many as it may have. Delete one first."),
            ),
            Self::LastSecret => of(
                Kind::LastSecret,
                "Without this secret the client can get no more tokens. Repeat the request with `confirm=last` if that \
                 is meant.",
            ),
            Self::NotRegenerable(reason) => of(Kind::NotRegenerable, format!("The secret stays as it is: {reason}.")),
            Self::NotRestorable => of(Kind::NotRestorable, "The secret has expired: it would not work again."),
            Self::NotRevealable(reason) => of(Kind::NotRevealable, format!("There is nothing to show: {reason}.")),
            Self::Request(error) => change_requests::problem(*error),
            Self::BaseMoved => of(
                Kind::Conflict,
                "What the request changes has changed since it was made. Nothing was overwritten, and the request still \
                 waits: withdraw or reject it, and ask for the change anew.",
            ),
            Self::TooFewApprovers => of(
                Kind::TooFewApprovers,
                "While a second administrator has to approve changes, two people of the organization need the privileges \
                 `clients:read`, `administrators:manage` and `organization:change`, as owners have them.",
            ),
            Self::People(error) => error.problem(),
            Self::Conflict => of(Kind::Conflict, "Others changed the same thing each time this was tried. Try again."),
            Self::PreconditionFailed => of(
                Kind::PreconditionFailed,
                "It has another version than `If-Match` says. Read it again, look at what changed, and try again.",
            ),
            Self::BodyTooLarge => of(Kind::BodyTooLarge, format!("A body has at most {MAX_BODY_BYTES} bytes.")),
            Self::UnsupportedMediaType => {
                of(Kind::UnsupportedMediaType, "Send the body as JSON, with `Content-Type: application/json`.")
            }
            Self::Invalid(errors) => {
                let mut problem = of(Kind::InvalidRequest, "The member `errors` says which fields are wrong, and why.");
                problem.errors.clone_from(errors);
                problem
            }
            Self::TooManyAttempts { retry_after_seconds } => later(
                of(
                    Kind::TooManyAttempts,
                    format!("Too many attempts failed. Nothing more is tried for {retry_after_seconds} seconds."),
                ),
                *retry_after_seconds,
            ),
            Self::Busy => unavailable("Too many changes at once. Try again in a moment."),
            Self::Keys(_) => unavailable("Access tokens cannot be verified at the moment. Try again in a moment."),
            Self::Store(StoreError::Unavailable { .. }) => {
                unavailable("The storage did not answer. Try again in a moment.")
            }
            Self::Unsettled(_) => unavailable(
                "The storage did not answer, so that the change may have been made or not. Look before you try again.",
            ),
            Self::Store(StoreError::Corrupt(_))
            | Self::Hash(_)
            | Self::SealedTotpKey(_)
            | Self::UnsealedSecret(_)
            | Self::SealedSecret
            | Self::UnusableTotpKey
            | Self::Ungated
            | Self::Panicked => of(
                Kind::InternalError,
                "It is not your fault. The `request_id` finds the cause in the log of this deployment.",
            ),
        }
    }
}

/// The problem of a privilege that an account lacks.
pub(crate) fn missing(privilege: Privilege) -> Problem {
    of(Kind::MissingPrivilege, format!("This needs the privilege `{privilege}`, which your account lacks."))
}

/// The beginning of a text that may repeat what the caller sent.
fn shortened(text: String) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The problem of a kind.
pub(crate) fn of(kind: Kind, detail: impl Into<String>) -> Problem {
    Problem::new(kind.status(), kind.anchor(), kind.title(), detail)
}

/// RFC 9110 section 11.6.1: a 401 names a challenge. No browser knows these schemes, so none shows a dialog.
pub(crate) fn challenged(kind: Kind, detail: &str) -> Problem {
    let mut problem = of(kind, detail);
    // RFC 6750 section 3.1: where no token was presented, there is no error code
    let challenges = HeaderValue::from_static("Session realm=\"countersign\", Bearer realm=\"countersign\"");
    problem.headers.push((header::WWW_AUTHENTICATE, challenges));
    problem
}

/// RFC 9470 section 3, with `max_age` in the problem as well.
fn step_up_required() -> Problem {
    let mut problem = of(
        Kind::InsufficientUserAuthentication,
        "This needs a one-time password of the last 5 minutes. Enter one with `POST /v1/session/step-up`, and repeat \
         the request.",
    );
    let challenge = format!(
        "Session realm=\"countersign\", error=\"insufficient_user_authentication\", \
         error_description=\"A one-time password of the last 5 minutes is needed\", max_age={}",
        Session::STEP_UP_SECONDS
    );
    problem.headers.extend(HeaderValue::try_from(challenge).map(|value| (header::WWW_AUTHENTICATE, value)));
    problem.extensions.insert("max_age".to_owned(), Session::STEP_UP_SECONDS.into());
    problem
}

/// The problem of something that is out of reach for a moment.
fn unavailable(detail: &str) -> Problem {
    later(of(Kind::Unavailable, detail), RETRY_SOON_SECONDS)
}

/// The same problem with how long to wait.
pub(crate) fn later(mut problem: Problem, seconds: i64) -> Problem {
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
    problem
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict { .. } => Self::Conflict,
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

/// The error travels to [`crate::answer`], which knows the request's id.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.problem().status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
