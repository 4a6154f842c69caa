//! Why a request is not let through, for reasons of who calls, with which token (RFC 6750), how often, and under which
//! idempotency key.

use http::{HeaderValue, header};
use shared::domain::administrator::Privilege;
use shared::domain::machine::scope_of;
use shared::domain::resource::AccessLevel;
use shared::http::Problem;

use crate::error::{later, of};
use crate::kind::Kind;

/// Why a caller is not let through. `Display` is for the log, the problem is for the caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    #[error("the access token is not accepted: {0}")]
    InvalidToken(String),
    #[error("a session and an access token in one request")]
    SeveralCredentials,
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
    #[error("made by an earlier request under the same idempotency key")]
    AlreadyMade { client_id: String, secret_id: String },
    #[error("the first request under the same idempotency key still runs")]
    StillRunning,
    #[error("nobody knows what came of the first request under the same idempotency key")]
    OutcomeUnknown,
    #[error("the idempotency key belongs to another request")]
    IdempotencyKeyReused,
}

impl Denied {
    /// What the caller is told.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::InvalidToken(reason) => challenged(
                Kind::InvalidToken,
                format!("The access token is not accepted: {reason}. Get a new one."),
                "error=\"invalid_token\"",
            ),
            Self::SeveralCredentials => challenged(
                Kind::SeveralCredentials,
                "The request carries a session and an access token. Send one of them.",
                "error=\"invalid_request\"",
            ),
            Self::InsufficientScope(privilege, level) => {
                let scope = scope_of(*level);
                challenged(
                    Kind::MissingPrivilege,
                    format!("This needs the privilege `{privilege}`, which a token of the scope `{scope}` brings."),
                    &format!("error=\"insufficient_scope\", scope=\"{scope}\""),
                )
            }
            Self::PeopleOnly => of(Kind::MissingPrivilege, "Only a person who signs in may do this, and no machine."),
            Self::MachinesOnly => of(
                Kind::MissingPrivilege,
                "Only a machine may do this, with its own access token. People name the client and the secret.",
            ),
            Self::OrganizationSuspended => {
                of(Kind::OrganizationSuspended, "Your organization is suspended. Ask whoever runs this deployment.")
            }
            Self::TooManyRequests { retry_after_seconds } => later(
                of(Kind::TooManyRequests, "You send more requests than are answered. Wait, and send fewer at once."),
                *retry_after_seconds,
            ),
            Self::StillRunning => of(
                Kind::Conflict,
                "The first request under this `Idempotency-Key` is still being carried out. Ask again in a moment.",
            ),
            Self::OutcomeUnknown => of(
                Kind::Conflict,
                "What came of the first request under this `Idempotency-Key` is not known. Look whether it was carried \
                 out; to have it carried out now, send it under another key.",
            ),
            Self::AlreadyMade { client_id, secret_id } => already_made(client_id, secret_id),
            Self::IdempotencyKeyReused => {
                of(Kind::IdempotencyKeyReused, "The `Idempotency-Key` was sent with another request. Choose a new one.")
            }
        }
    }
}

/// RFC 6750 section 3: what is wrong with a token, or with what it allows.
fn challenged(kind: Kind, detail: impl Into<String>, error: &str) -> Problem {
    let mut problem = of(kind, detail);
    let challenge = HeaderValue::try_from(format!("Bearer realm=\"countersign\", {error}"));
    problem.headers.extend(challenge.map(|value| (header::WWW_AUTHENTICATE, value)));
    problem
}

/// Names what an earlier request made, whose secret is not shown again.
fn already_made(client_id: &str, secret_id: &str) -> Problem {
    let mut problem = of(
        Kind::AlreadyMade,
        format!(
            "An earlier request under this `Idempotency-Key` made the secret {secret_id} of {client_id}. It was shown \
             then and is kept nowhere. Regenerate it if its answer was lost."
        ),
    );
    problem.extensions.insert("client_id".to_owned(), client_id.into());
    problem.extensions.insert("secret_id".to_owned(), secret_id.into());
    problem
}
