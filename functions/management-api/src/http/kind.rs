//! Kinds of problem in the management API; each has a section in docs/ERRORS.md.

use http::StatusCode;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $anchor:literal, $title:literal;)*) => {
        /// The kind of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The fragment of `type`: the anchor of the kind's section.
            #[must_use]
            pub fn anchor(self) -> &'static str {
                match self {
                    $(Self::$name => $anchor,)*
                }
            }

            /// The title: the kind in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }

            /// The HTTP status of the response.
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
    /// The body is not valid JSON.
    MalformedBody = BAD_REQUEST, "malformed-body", "Malformed JSON";
    /// The request carries both a session and an access token.
    MultipleCredentials = BAD_REQUEST, "multiple-credentials", "Multiple credentials";
    /// The email address, password and one-time password do not match an account.
    SignInFailed = UNAUTHORIZED, "sign-in-failed", "Sign-in failed";
    /// The request carries no credentials.
    NotSignedIn = UNAUTHORIZED, "not-signed-in", "Not signed in";
    /// The current password is wrong.
    WrongPassword = UNAUTHORIZED, "wrong-password", "Wrong password";
    /// The session has ended.
    SessionEnded = UNAUTHORIZED, "session-ended", "Session ended";
    /// The access token is not from this deployment, or is no longer valid.
    InvalidToken = UNAUTHORIZED, "invalid-token", "Invalid access token";
    /// The one-time password is wrong or was already used.
    WrongOneTimePassword = UNAUTHORIZED, "wrong-one-time-password", "Wrong one-time password";
    /// The last one-time password was entered too long ago (RFC 9470).
    InsufficientUserAuthentication = UNAUTHORIZED, "insufficient-user-authentication", "One-time password required";
    /// The request does not come from the deployment's own origin.
    CrossOrigin = FORBIDDEN, "cross-origin", "Cross-origin request";
    /// The caller lacks a privilege.
    MissingPrivilege = FORBIDDEN, "missing-privilege", "Missing privilege";
    /// The caller cannot decide this change request.
    OwnRequest = FORBIDDEN, "own-request", "Approval by another person required";
    /// Only the requester can withdraw or collect a change request.
    NotRequester = FORBIDDEN, "not-requester", "Not the requester";
    /// The caller's organization is suspended.
    OrganizationSuspended = FORBIDDEN, "organization-suspended", "Organization suspended";
    /// Nothing is at this path, or nothing that the caller can see.
    NotFound = NOT_FOUND, "not-found", "Not found";
    /// The path does not support the method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed";
    /// The name, address, audience or scope is taken.
    AlreadyExists = CONFLICT, "already-exists", "Already exists";
    /// An earlier request with the same idempotency key created the secret, which is not shown again.
    AlreadyCreated = CONFLICT, "already-created", "Secret already created";
    /// The client has reached its limit of live secrets.
    TooManySecrets = CONFLICT, "too-many-secrets", "Too many secrets";
    /// Without the secret, the client could get no tokens.
    LastSecret = CONFLICT, "last-secret", "Last secret of the client";
    /// The secret cannot be regenerated.
    NotRegenerable = CONFLICT, "not-regenerable", "Secret cannot be regenerated";
    /// The secret cannot be restored.
    NotRestorable = CONFLICT, "not-restorable", "Secret cannot be restored";
    /// The secret cannot be revealed.
    NotRevealable = CONFLICT, "not-revealable", "Secret cannot be revealed";
    /// The change request or invitation is no longer pending.
    NotPending = CONFLICT, "not-pending", "No longer pending";
    /// The change request has no secret to collect.
    NotCollectable = CONFLICT, "not-collectable", "No secret to collect";
    /// The requester has lost the privilege for the change.
    RequesterLacksPrivilege = CONFLICT, "requester-lacks-privilege", "Requester lacks the privilege";
    /// The change request has reached its limit of comments.
    TooManyComments = CONFLICT, "too-many-comments", "Too many comments";
    /// Fewer than two people could approve changes.
    TooFewApprovers = CONFLICT, "too-few-approvers", "Too few approvers";
    /// Nobody else can manage the administrators.
    LastAdministrator = CONFLICT, "last-administrator", "Last administrator";
    /// No new authenticator is waiting to be confirmed.
    NoPendingAuthenticator = CONFLICT, "no-pending-authenticator", "No pending authenticator";
    /// Concurrent changes kept this one from being made.
    Conflict = CONFLICT, "conflict", "Conflicting change";
    /// The current version is not the one in `If-Match`.
    PreconditionFailed = PRECONDITION_FAILED, "precondition-failed", "Version mismatch";
    /// The body is too large.
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body-too-large", "Body too large";
    /// The body is not sent as JSON.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type";
    /// The idempotency key was used for a different request.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "Idempotency key reused";
    /// Fields of the body or query are invalid.
    InvalidRequest = UNPROCESSABLE_ENTITY, "invalid-request", "Invalid request";
    /// Too many sign-ins or one-time passwords failed.
    TooManyAttempts = TOO_MANY_REQUESTS, "too-many-attempts", "Too many failed attempts";
    /// The caller exceeded a rate limit.
    TooManyRequests = TOO_MANY_REQUESTS, "too-many-requests", "Too many requests";
    /// A fault of this deployment.
    InternalError = INTERNAL_SERVER_ERROR, "internal-error", "Internal error";
    /// Storage does not respond, or is too busy.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "Service unavailable";
}
