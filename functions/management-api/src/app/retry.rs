//! Changes that others may make at the same time: each try begins with a fresh read.

use shared::backoff;
use shared::store::CommitError;

use crate::app::error::ApiError;

/// How often a change is tried.
const TRIES: u32 = 5;

/// The tries of one change.
#[derive(Debug, Default)]
pub(crate) struct Tries(u32);

impl Tries {
    /// Begins the next try, a while after the one before. Where there were enough, the change is refused.
    pub(crate) async fn next(&mut self) -> Result<(), ApiError> {
        match self.0 {
            0 => {}
            TRIES.. => return Err(ApiError::Conflict),
            tried => backoff::pause(tried).await,
        }
        self.0 += 1;
        Ok(())
    }
}

/// Whether a commit went through; not, where somebody else was quicker: a fresh read tells what they did.
pub(crate) fn went_through(outcome: Result<(), CommitError>) -> Result<bool, ApiError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict { .. }) => Ok(false),
        Err(other) => Err(other.into()),
    }
}
