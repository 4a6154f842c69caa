//! Errors of the storage.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use super::item::Corrupt;
use super::write::Expectation;

/// Failure of a storage operation.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The storage was not reached or refused; the same call may succeed later.
    #[error("the storage did not answer {operation}: {reason}")]
    Unavailable {
        /// The operation.
        operation: &'static str,
        /// The error code, or the stage at which the call failed. Never the SDK's own text, which may quote the
        /// request.
        reason: String,
    },
    /// A stored item cannot be parsed.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

impl StoreError {
    pub(super) fn of<E: ProvideErrorMetadata>(operation: &'static str, error: &SdkError<E>) -> Self {
        let reason = match error {
            SdkError::ConstructionFailure(_) => "the request could not be built",
            SdkError::TimeoutError(_) => "timed out",
            SdkError::DispatchFailure(_) => "not reached",
            SdkError::ResponseError(_) => "unreadable answer",
            _ => error.code().unwrap_or("unknown error"),
        };
        Self::Unavailable { operation, reason: reason.to_owned() }
    }
}

/// A change that was not committed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// Something stored is not as the change expects it: it exists already, is gone, or has another version.
    #[error("the stored state has changed meanwhile")]
    Conflict(Expectation),
    /// Too many others committed to the same trail at once.
    #[error("too many changes at once")]
    Busy,
    /// The storage failed, and nothing was committed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The storage did not say whether the change was committed: all of it was, or nothing.
    #[error("nobody knows whether the change was committed: {0}")]
    Unsettled(StoreError),
}
