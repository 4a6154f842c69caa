//! Storage in DynamoDB: concrete stores, one per aggregate, and the one function that commits a change.

pub mod administrators;
pub mod attempts;
pub mod audit;
pub mod backup;
mod batch;
pub mod change_requests;
pub mod clients;
mod condition;
pub mod idempotency;
pub mod item;
pub mod organizations;
mod read;
pub mod reminders;
pub mod revocations;
pub mod schema;
mod suspension;
mod write;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use condition::Condition;
pub use item::Corrupt;
pub use write::Write;

/// Storage that did not do what was asked of it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The storage was not reached or refused; the same call may succeed later.
    #[error("the storage did not answer {operation}: {reason}")]
    Unavailable {
        /// What was asked.
        operation: &'static str,
        /// The error code, or how far the call came. Never the SDK's own text, which may quote the request.
        reason: String,
    },
    /// A stored item does not read as what it should be.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

impl StoreError {
    fn of<E: ProvideErrorMetadata>(operation: &'static str, error: &SdkError<E>) -> Self {
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
    Conflict {
        /// Which of the change's writes it is, counted from 0.
        write: usize,
    },
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

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The page of at most `limit` out of items that were read one beyond it, so that a last page which is just full
    /// leads nowhere. `stopped` says that the storage had more but did not hand it out.
    fn cut(mut items: Vec<T>, limit: i32, stopped: bool, place: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = stopped || items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| Cursor(place(last)));
        Self { items, next }
    }
}

/// A cursor that this deployment did not give out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list")]
pub struct InvalidCursor;

/// The place in a list at which a page begins. Opaque to callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor as callers see it.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// Reads a cursor that a caller brings back.
    pub fn decode(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        String::from_utf8(bytes).map(Self).map_err(|_| InvalidCursor)
    }
}
