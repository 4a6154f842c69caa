//! The one place that turns an error into the problem (RFC 9457) that the caller is told.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use shared::domain::change_request::{ChangeRequest, RequestError};
use shared::domain::invitation::NotPending;
use shared::domain::machine::scope_of;
use shared::domain::privilege::Privilege;
use shared::domain::session::Session;
use shared::http::Problem;
use shared::store::StoreError;
use shared::telemetry::chain;

use super::body::MAX_BODY_BYTES;
use super::cookie;
use super::kind::Kind;
use crate::app::error::{ApiError, Denied, IdempotencyError, PeopleError};

/// How long to wait before trying again where nothing better is known, in seconds.
const RETRY_SOON_SECONDS: i64 = 1;

impl ApiError {
    /// Logs the refusal with its causes, at the level of the status: what an operator has to look at is a warning or an error.
    pub(super) fn log(&self, status: StatusCode) {
        match self {
            Self::Keys(_) => tracing::error!(error = chain(self), "machines cannot be let in"),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => tracing::warn!(error = chain(self), "unavailable"),
            _ if status.is_server_error() => tracing::error!(error = chain(self), "internal error"),
            _ => tracing::info!(outcome = "refused", reason = %self, "refused"),
        }
    }

    /// The problem that the caller is told.
    pub(super) fn problem(&self) -> Problem {
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
            Self::Denied(denied) => self::denied(denied),
            Self::Idempotency(error) => idempotency(error),
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
            Self::Request(error) => change_request(*error),
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
            Self::People(error) => people(error),
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
fn missing(privilege: Privilege) -> Problem {
    of(Kind::MissingPrivilege, format!("This needs the privilege `{privilege}`, which your account lacks."))
}

/// The problem of a kind.
fn of(kind: Kind, detail: impl Into<String>) -> Problem {
    Problem::new(kind.status(), kind.anchor(), kind.title(), detail)
}

/// RFC 9110 section 11.6.1: a 401 names a challenge. No browser knows these schemes, so none shows a dialog.
fn challenged(kind: Kind, detail: &str) -> Problem {
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
fn later(mut problem: Problem, seconds: i64) -> Problem {
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
    problem
}

/// The error travels to [`crate::http::answer`], which knows the request's id.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.problem().status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// RFC 6750 for what is wrong with a token, or with what it allows.
fn denied(denied: &Denied) -> Problem {
    match denied {
        Denied::InvalidToken(reason) => token_challenged(
            Kind::InvalidToken,
            format!("The access token is not accepted: {reason}. Get a new one."),
            "error=\"invalid_token\"",
        ),
        Denied::MultipleCredentials => token_challenged(
            Kind::MultipleCredentials,
            "The request carries a session and an access token. Send one of them.",
            "error=\"invalid_request\"",
        ),
        Denied::InsufficientScope(privilege, level) => {
            let scope = scope_of(*level);
            token_challenged(
                Kind::MissingPrivilege,
                format!("This needs the privilege `{privilege}`, which a token of the scope `{scope}` brings."),
                &format!("error=\"insufficient_scope\", scope=\"{scope}\""),
            )
        }
        Denied::PeopleOnly => of(Kind::MissingPrivilege, "Only a person who signs in may do this, and no machine."),
        Denied::MachinesOnly => of(
            Kind::MissingPrivilege,
            "Only a machine may do this, with its own access token. People name the client and the secret.",
        ),
        Denied::OrganizationSuspended => {
            of(Kind::OrganizationSuspended, "Your organization is suspended. Ask whoever runs this deployment.")
        }
        Denied::TooManyRequests { retry_after_seconds } => later(
            of(Kind::TooManyRequests, "You send more requests than are answered. Wait, and send fewer at once."),
            *retry_after_seconds,
        ),
    }
}

/// RFC 6750 section 3: what is wrong with a token, or with what it allows.
fn token_challenged(kind: Kind, detail: impl Into<String>, error: &str) -> Problem {
    let mut problem = of(kind, detail);
    let challenge = HeaderValue::try_from(format!("Bearer realm=\"countersign\", {error}"));
    problem.headers.extend(challenge.map(|value| (header::WWW_AUTHENTICATE, value)));
    problem
}

fn idempotency(error: &IdempotencyError) -> Problem {
    match error {
        IdempotencyError::StillRunning => of(
            Kind::Conflict,
            "The first request under this `Idempotency-Key` is still being carried out. Ask again in a moment.",
        ),
        IdempotencyError::OutcomeUnknown => of(
            Kind::Conflict,
            "What came of the first request under this `Idempotency-Key` is not known. Look whether it was carried \
                 out; to have it carried out now, send it under another key.",
        ),
        IdempotencyError::AlreadyCreated { client_id, secret_id } => already_created(client_id, secret_id),
        IdempotencyError::KeyReused => {
            of(Kind::IdempotencyKeyReused, "The `Idempotency-Key` was sent with another request. Choose a new one.")
        }
    }
}

/// Names what an earlier request made, whose secret is not shown again.
fn already_created(client_id: &str, secret_id: &str) -> Problem {
    let mut problem = of(
        Kind::AlreadyCreated,
        format!(
            "An earlier request under this `Idempotency-Key` made the secret {secret_id} of {client_id}. It was shown \
             then and is kept nowhere. Regenerate it if its answer was lost."
        ),
    );
    problem.extensions.insert("client_id".to_owned(), client_id.into());
    problem.extensions.insert("secret_id".to_owned(), secret_id.into());
    problem
}

fn people(error: &PeopleError) -> Problem {
    match error {
        PeopleError::WrongPassword => challenged(Kind::WrongPassword, "The present password is wrong."),
        PeopleError::LastAdministrator => of(
            Kind::LastAdministrator,
            "Nobody else here could manage administrators and settings then. Give somebody else the privileges \
                 first: `clients:read`, `administrators:manage` and `organization:change`.",
        ),
        PeopleError::NotPending(NotPending(what)) => {
            of(Kind::NotPending, format!("The invitation was {what} already."))
        }
        PeopleError::NotApproved => of(
            Kind::NotPending,
            "The invitation was made before a second administrator had to approve changes, so that its link works no \
                 more. Withdraw it, and invite them again.",
        ),
        PeopleError::NoPendingAuthenticator => of(
            Kind::NoPendingAuthenticator,
            "Begin with `POST /v1/account/authenticator`, and confirm within 15 minutes.",
        ),
        PeopleError::TooManyMails { retry_after_seconds } => later(
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

/// Why a change request stays as it is.
fn change_request(error: RequestError) -> Problem {
    match error {
        RequestError::NotPending(standing) => {
            of(Kind::NotPending, format!("The request is {}: nobody can decide on it any more.", standing.as_str()))
        }
        RequestError::OperatorsRequest => of(
            Kind::OwnRequest,
            "An operator asked for this change. Whether it is made, people of the organization decide.",
        ),
        RequestError::SecondApproval => of(
            Kind::OwnRequest,
            "You have approved this change. A machine asked for it, so that a second person has to approve it as well.",
        ),
        RequestError::OwnRequest => of(
            Kind::OwnRequest,
            "You asked for this change yourself. Another administrator has to decide on it; you may withdraw it.",
        ),
        RequestError::NotRequester => {
            of(Kind::NotRequester, "Only the account that asked for the change may withdraw it or collect its secret.")
        }
        RequestError::Missing(privilege) => missing(privilege),
        RequestError::RequesterLacks => of(
            Kind::RequesterLacksPrivilege,
            "Whoever asked for this change has lost the privilege for it, or has gone. It can be rejected.",
        ),
        RequestError::NotCollectable(standing) => {
            of(Kind::NotCollectable, format!("The request is {}: it has no secret to collect.", standing.as_str()))
        }
        RequestError::TooManyComments => of(
            Kind::TooManyComments,
            format!("A request keeps {} comments. Decide on it, or talk elsewhere.", ChangeRequest::COMMENTS_MAX),
        ),
    }
}
