//! Retries a change after a conflict with a concurrent change.

/// Maximum number of attempts of a change.
pub(crate) const ATTEMPTS: u32 = 5;

/// Repeats an `async` block while it ends in `ApiError::Conflict`, with a growing pause between attempts, and returns
/// its result. Each attempt starts with a fresh read, so that it sees concurrent changes.
///
/// A macro, because the future of an `AsyncFnMut` cannot be bound to be `Send`, as handlers have to be.
macro_rules! retry_on_conflict {
    (async $attempt:block) => {{
        let mut attempted = 1;
        loop {
            match async { $attempt }.await {
                Err($crate::app::error::ApiError::Conflict) if attempted < $crate::app::retry::ATTEMPTS => {
                    shared::backoff::pause(attempted).await;
                    attempted += 1;
                }
                ended => break ended,
            }
        }
    }};
}

pub(crate) use retry_on_conflict;
