//! Problems (RFC 9457): the responses to all errors, rendered in this one place.

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

/// The `Retry-After` of short outages, in seconds.
const RETRY_SOON_SECONDS: i64 = 1;

impl ApiError {
    /// Logs the refusal with its causes: as a warning or error if an operator should look at it.
    pub(super) fn log(&self, status: StatusCode) {
        match self {
            Self::Keys(_) => tracing::error!(error = chain(self), "access tokens cannot be verified"),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => tracing::warn!(error = chain(self), "unavailable"),
            _ if status.is_server_error() => tracing::error!(error = chain(self), "internal error"),
            _ => tracing::info!(outcome = "refused", reason = %self, "refused"),
        }
    }

    /// The problem sent to the caller.
    pub(super) fn problem(&self) -> Problem {
        match self {
            Self::MalformedBody(place) => of(Kind::MalformedBody, format!("The body is not valid JSON: {place}.")),
            Self::SignInFailed => challenged(
                Kind::SignInFailed,
                "The email address, password and one-time password (or recovery code) do not match, or the code was \
                 already used.",
            ),
            Self::NotSignedIn => {
                challenged(Kind::NotSignedIn, "The request has neither a session nor an access token.")
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
                "The one-time password is wrong or was already used. Wait for the next one.",
            ),
            Self::StepUpRequired => step_up_required(),
            Self::CrossOrigin => of(
                Kind::CrossOrigin,
                "A request that changes something needs `Sec-Fetch-Site: same-origin`, or the `Origin` of this \
                 deployment.",
            ),
            Self::MissingPrivilege(privilege) => missing(*privilege),
            Self::NotFound(what) => of(Kind::NotFound, format!("The {what} does not exist.")),
            Self::MethodNotAllowed => of(Kind::MethodNotAllowed, "The `Allow` header lists the methods of this path."),
            Self::AlreadyExists(detail) => of(Kind::AlreadyExists, detail.as_str()),
            Self::TooManySecrets(count) => of(
                Kind::TooManySecrets,
                format!("The client has {count} live secrets, which is the limit. Delete one first."),
            ),
            Self::LastSecret => of(
                Kind::LastSecret,
                "Without this secret, the client can no longer get tokens. Repeat the request with `confirm=last` to \
                 delete it anyway.",
            ),
            Self::NotRegenerable(reason) => {
                of(Kind::NotRegenerable, format!("The secret cannot be regenerated: {reason}."))
            }
            Self::NotRestorable => of(Kind::NotRestorable, "The secret has expired, so it would not work."),
            Self::NotRevealable(reason) => of(Kind::NotRevealable, format!("The secret cannot be revealed: {reason}.")),
            Self::Request(error) => change_request(*error),
            Self::BaseMoved => of(
                Kind::Conflict,
                "The target has changed since the change was requested. Nothing was overwritten, and the change request \
                 is still pending: withdraw or reject it, and request the change again.",
            ),
            Self::TooFewApprovers => of(
                Kind::TooFewApprovers,
                "While changes require approval, at least two people in the organization need the privileges \
                 `clients:read`, `administrators:manage` and `organization:change`, as owners have.",
            ),
            Self::People(error) => people(error),
            Self::Conflict => of(Kind::Conflict, "Concurrent changes prevented this one. Try again."),
            Self::PreconditionFailed => of(
                Kind::PreconditionFailed,
                "The current version is not the one in `If-Match`. Read it again, review what changed, and try again.",
            ),
            Self::BodyTooLarge => of(Kind::BodyTooLarge, format!("A body can have at most {MAX_BODY_BYTES} bytes.")),
            Self::UnsupportedMediaType => {
                of(Kind::UnsupportedMediaType, "Send the body as JSON, with `Content-Type: application/json`.")
            }
            Self::Invalid(errors) => {
                let mut problem = of(Kind::InvalidRequest, "`errors` lists the invalid fields.");
                problem.errors.clone_from(errors);
                problem
            }
            Self::TooManyAttempts { retry_after_seconds } => later(
                of(
                    Kind::TooManyAttempts,
                    format!("Too many attempts failed. Try again in {retry_after_seconds} seconds."),
                ),
                *retry_after_seconds,
            ),
            Self::Busy => unavailable("Too many concurrent changes. Try again in a moment."),
            Self::Keys(_) => unavailable("Access tokens cannot be verified right now. Try again in a moment."),
            Self::Store(StoreError::Unavailable { .. }) => {
                unavailable("Storage did not respond. Try again in a moment.")
            }
            Self::Unsettled(_) => unavailable(
                "Storage did not respond, so it is unknown whether the change was made. Check before you try again.",
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
                "Something went wrong on the server. Report the `request_id` to the operator of this deployment.",
            ),
        }
    }
}

/// The problem of an account without `privilege`.
fn missing(privilege: Privilege) -> Problem {
    of(Kind::MissingPrivilege, format!("This requires the privilege `{privilege}`, which your account does not have."))
}

/// The problem of a kind.
fn of(kind: Kind, detail: impl Into<String>) -> Problem {
    Problem::new(kind.status(), kind.anchor(), kind.title(), detail)
}

/// RFC 9110 section 11.6.1: a 401 carries a challenge. Browsers show no dialog for schemes that they do not know.
fn challenged(kind: Kind, detail: &str) -> Problem {
    let mut problem = of(kind, detail);
    // RFC 6750 section 3.1: without a token there is no error code
    let challenges = HeaderValue::from_static("Session realm=\"countersign\", Bearer realm=\"countersign\"");
    problem.headers.push((header::WWW_AUTHENTICATE, challenges));
    problem
}

/// RFC 9470 section 3, with `max_age` in the problem as well.
fn step_up_required() -> Problem {
    let mut problem = of(
        Kind::InsufficientUserAuthentication,
        "This requires a one-time password entered within the last 5 minutes. Send one to \
         `POST /v1/session/step-up`, and repeat the request.",
    );
    let challenge = format!(
        "Session realm=\"countersign\", error=\"insufficient_user_authentication\", \
         error_description=\"A one-time password entered within the last 5 minutes is required\", max_age={}",
        Session::STEP_UP_SECONDS
    );
    problem.headers.extend(HeaderValue::try_from(challenge).map(|value| (header::WWW_AUTHENTICATE, value)));
    problem.extensions.insert("max_age".to_owned(), Session::STEP_UP_SECONDS.into());
    problem
}

/// The problem of a short outage.
fn unavailable(detail: &str) -> Problem {
    later(of(Kind::Unavailable, detail), RETRY_SOON_SECONDS)
}

/// Adds `Retry-After` to a problem.
fn later(mut problem: Problem, seconds: i64) -> Problem {
    problem.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds)));
    problem
}

/// Passes the error to [`crate::http::answer`], which knows the request id.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.problem().status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The problem of a caller without access.
fn denied(denied: &Denied) -> Problem {
    match denied {
        Denied::InvalidToken(reason) => token_challenged(
            Kind::InvalidToken,
            format!("The access token is not accepted: {reason}. Request a new one."),
            "error=\"invalid_token\"",
        ),
        Denied::MultipleCredentials => token_challenged(
            Kind::MultipleCredentials,
            "The request has both a session and an access token. Send one of them.",
            "error=\"invalid_request\"",
        ),
        Denied::InsufficientScope(privilege, level) => {
            let scope = scope_of(*level);
            token_challenged(
                Kind::MissingPrivilege,
                format!("This requires the privilege `{privilege}`, which a token with the scope `{scope}` has."),
                &format!("error=\"insufficient_scope\", scope=\"{scope}\""),
            )
        }
        Denied::PeopleOnly => of(Kind::MissingPrivilege, "Only a signed-in person can do this, not a machine."),
        Denied::MachinesOnly => of(
            Kind::MissingPrivilege,
            "Only a machine can do this, with its own access token. People use the path with client and secret.",
        ),
        Denied::OrganizationSuspended => {
            of(Kind::OrganizationSuspended, "Your organization is suspended. Contact the operator of this deployment.")
        }
        Denied::TooManyRequests { retry_after_seconds } => later(
            of(Kind::TooManyRequests, "You exceeded the rate limit. Wait, and send fewer requests."),
            *retry_after_seconds,
        ),
    }
}

/// A problem with the `Bearer` challenge of RFC 6750 section 3.
fn token_challenged(kind: Kind, detail: impl Into<String>, error: &str) -> Problem {
    let mut problem = of(kind, detail);
    let challenge = HeaderValue::try_from(format!("Bearer realm=\"countersign\", {error}"));
    problem.headers.extend(challenge.map(|value| (header::WWW_AUTHENTICATE, value)));
    problem
}

fn idempotency(error: &IdempotencyError) -> Problem {
    match error {
        IdempotencyError::StillRunning => {
            of(Kind::Conflict, "The first request with this `Idempotency-Key` is still running. Try again in a moment.")
        }
        IdempotencyError::OutcomeUnknown => of(
            Kind::Conflict,
            "The outcome of the first request with this `Idempotency-Key` is unknown. Check whether it took effect; \
                 if not, send it with a new key.",
        ),
        IdempotencyError::AlreadyCreated { client_id, secret_id } => already_created(client_id, secret_id),
        IdempotencyError::KeyReused => {
            of(Kind::IdempotencyKeyReused, "The `Idempotency-Key` was used for a different request. Use a new one.")
        }
    }
}

/// The problem of a repeated request whose first run created a secret, which is not shown again.
fn already_created(client_id: &str, secret_id: &str) -> Problem {
    let mut problem = of(
        Kind::AlreadyCreated,
        format!(
            "An earlier request with this `Idempotency-Key` created the secret {secret_id} of {client_id}. Its \
             response contained the secret, which cannot be shown again. Regenerate it if that response was lost."
        ),
    );
    problem.extensions.insert("client_id".to_owned(), client_id.into());
    problem.extensions.insert("secret_id".to_owned(), secret_id.into());
    problem
}

fn people(error: &PeopleError) -> Problem {
    match error {
        PeopleError::WrongPassword => challenged(Kind::WrongPassword, "The current password is wrong."),
        PeopleError::LastAdministrator => of(
            Kind::LastAdministrator,
            "This is the last administrator with the privileges `clients:read`, `administrators:manage` and \
                 `organization:change`. Give them to another person first.",
        ),
        PeopleError::NotPending(NotPending(what)) => {
            of(Kind::NotPending, format!("The invitation was already {what}."))
        }
        PeopleError::NotApproved => of(
            Kind::NotPending,
            "The invitation was created before changes required approval, so its link no longer works. Withdraw it, \
                 and create a new one.",
        ),
        PeopleError::NoPendingAuthenticator => of(
            Kind::NoPendingAuthenticator,
            "Start with `POST /v1/account/authenticator`, and confirm within 15 minutes.",
        ),
        PeopleError::TooManyMails { retry_after_seconds } => later(
            of(
                Kind::TooManyRequests,
                format!(
                    "Too many mails were sent to this address or from this organization. Try again in \
                         {retry_after_seconds} seconds."
                ),
            ),
            *retry_after_seconds,
        ),
    }
}

/// The problem of a change request that cannot be changed so.
fn change_request(error: RequestError) -> Problem {
    match error {
        RequestError::NotPending(status) => {
            of(Kind::NotPending, format!("The change request is {}, not pending.", status.as_str()))
        }
        RequestError::OperatorsRequest => {
            of(Kind::OwnRequest, "An operator requested this change. It must be decided by people of the organization.")
        }
        RequestError::SecondApproval => of(
            Kind::OwnRequest,
            "You have already approved this change. A machine requested it, so a second person must approve it too.",
        ),
        RequestError::OwnRequest => of(
            Kind::OwnRequest,
            "You requested this change. Another administrator must decide on it; you can withdraw it.",
        ),
        RequestError::NotRequester => {
            of(Kind::NotRequester, "Only the account that requested the change can withdraw it or collect its secret.")
        }
        RequestError::Missing(privilege) => missing(privilege),
        RequestError::RequesterLacks => of(
            Kind::RequesterLacksPrivilege,
            "The requester has lost the privilege for this change, or has been removed. You can reject it.",
        ),
        RequestError::NotCollectable(status) => {
            of(Kind::NotCollectable, format!("The change request is {}; it has no secret to collect.", status.as_str()))
        }
        RequestError::TooManyComments => of(
            Kind::TooManyComments,
            format!(
                "A change request holds up to {} comments. Decide on it, or continue elsewhere.",
                ChangeRequest::COMMENTS_MAX
            ),
        ),
    }
}
