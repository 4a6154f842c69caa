//! The kinds of problem that the management API answers with; each has its section in docs/ERRORS.md.

use http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $anchor:literal, $title:literal;)*) => {
        /// What is wrong in general.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The kind's name in `type`: the anchor of its section.
            #[must_use]
            pub fn anchor(self) -> &'static str {
                match self {
                    $(Self::$name => $anchor,)*
                }
            }

            /// The kind in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }

            /// The HTTP status of its answers.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }
        }
    };
}

kinds! {
    /// The body cannot be read as JSON.
    MalformedBody = BAD_REQUEST, "malformed-body", "The body is not JSON";
    /// The request says twice who calls.
    MultipleCredentials = BAD_REQUEST, "multiple-credentials", "The request carries a session and an access token";
    /// Address, password and one-time password do not open an account together.
    SignInFailed = UNAUTHORIZED, "sign-in-failed", "The sign-in failed";
    /// There is no session.
    NotSignedIn = UNAUTHORIZED, "not-signed-in", "Sign in first";
    /// The present password is wrong.
    WrongPassword = UNAUTHORIZED, "wrong-password", "The password was not accepted";
    /// The session is over.
    SessionEnded = UNAUTHORIZED, "session-ended", "The session has ended";
    /// The access token is not one of ours, or good no more.
    InvalidToken = UNAUTHORIZED, "invalid-token", "The access token is not accepted";
    /// The one-time password is wrong or used up.
    WrongOneTimePassword = UNAUTHORIZED, "wrong-one-time-password", "The one-time password was not accepted";
    /// The last one-time password is too long ago.
    InsufficientUserAuthentication = UNAUTHORIZED, "insufficient-user-authentication",
        "Enter a one-time password first";
    /// The request does not come from the console's own origin.
    CrossOrigin = FORBIDDEN, "cross-origin", "The request does not come from this origin";
    /// The account lacks a privilege.
    MissingPrivilege = FORBIDDEN, "missing-privilege", "A privilege is missing";
    /// Nobody decides on their own change request.
    OwnRequest = FORBIDDEN, "own-request", "Somebody else has to decide";
    /// Only whoever asked for a change may do this with its request.
    NotRequester = FORBIDDEN, "not-requester", "Only whoever asked for the change may do this";
    /// The caller's organization is suspended.
    OrganizationSuspended = FORBIDDEN, "organization-suspended", "The organization is suspended";
    /// There is no such thing, or none that the caller may know of.
    NotFound = NOT_FOUND, "not-found", "There is no such thing";
    /// The path does not take the method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "The path does not take this method";
    /// Something of that name exists already.
    AlreadyExists = CONFLICT, "already-exists", "It exists already";
    /// An earlier request under the same idempotency key made it, with a secret that is not shown again.
    AlreadyCreated = CONFLICT, "already-created", "It was made already";
    /// The client has as many live secrets as it may.
    TooManySecrets = CONFLICT, "too-many-secrets", "The client has too many secrets";
    /// Without the secret the client could get no more tokens.
    LastSecret = CONFLICT, "last-secret", "It is the client's last secret";
    /// The secret can have no successor.
    NotRegenerable = CONFLICT, "not-regenerable", "The secret cannot be regenerated";
    /// The secret cannot come back.
    NotRestorable = CONFLICT, "not-restorable", "The secret cannot be restored";
    /// There is no copy of the secret to show.
    NotRevealable = CONFLICT, "not-revealable", "The secret cannot be revealed";
    /// The change request does not wait for a decision any more, or the invitation for anybody.
    NotPending = CONFLICT, "not-pending", "It does not wait any more";
    /// There is no secret to collect.
    NotCollectable = CONFLICT, "not-collectable", "There is no secret to collect";
    /// Whoever asked for the change may not make it any more.
    RequesterLacksPrivilege = CONFLICT, "requester-lacks-privilege", "The requester may not make this change any more";
    /// As much was said of the change request as is kept.
    TooManyComments = CONFLICT, "too-many-comments", "The change request has too many comments";
    /// Fewer than two people could approve changes.
    TooFewApprovers = CONFLICT, "too-few-approvers", "Too few people could approve changes";
    /// Without this person nobody could manage the administrators.
    LastAdministrator = CONFLICT, "last-administrator", "Nobody else manages the administrators";
    /// No authenticator waits for its first one-time password.
    NoPendingAuthenticator = CONFLICT, "no-pending-authenticator", "No new authenticator waits";
    /// Others change the same thing at the same time.
    Conflict = CONFLICT, "conflict", "Others changed it at the same time";
    /// It has another version than `If-Match` says.
    PreconditionFailed = PRECONDITION_FAILED, "precondition-failed", "It has changed since it was read";
    /// The body is too long.
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body-too-large", "The body is too long";
    /// The body is not announced as JSON.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body must be application/json";
    /// The idempotency key came with another request before.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The idempotency key is another request's";
    /// Fields of the request are wrong.
    InvalidRequest = UNPROCESSABLE_ENTITY, "invalid-request", "The request has wrong fields";
    /// Too many failed sign-ins or one-time passwords.
    TooManyAttempts = TOO_MANY_REQUESTS, "too-many-attempts", "Too many failed attempts";
    /// The caller sends more requests than are answered, or too much of something in a while.
    TooManyRequests = TOO_MANY_REQUESTS, "too-many-requests", "Too many requests";
    /// A fault of this service.
    InternalError = INTERNAL_SERVER_ERROR, "internal-error", "Something went wrong here";
    /// Storage does not answer, or is too busy.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The service is not available for a moment";
}
