//! Refusals of a request under an `Idempotency-Key` that was used before.

/// Reason why a request with an idempotency key is not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdempotencyError {
    #[error("made by an earlier request under the same idempotency key")]
    AlreadyCreated { client_id: String, secret_id: String },
    #[error("the first request under the same idempotency key still runs")]
    StillRunning,
    #[error("nobody knows what came of the first request under the same idempotency key")]
    OutcomeUnknown,
    #[error("the idempotency key belongs to another request")]
    KeyReused,
}
