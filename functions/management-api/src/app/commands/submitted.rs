//! The result of a command that may have to wait.

use shared::domain::change_request::ChangeRequest;

/// The result of a command: done, or waiting for a second administrator.
pub(crate) enum Submitted<T> {
    /// It is done, with this result.
    Done(Box<T>),
    /// It waits for approval.
    Waiting(Box<ChangeRequest>),
}

impl<T> Submitted<T> {
    pub(super) fn done(result: T) -> Self {
        Self::Done(Box::new(result))
    }

    pub(super) fn waiting(request: ChangeRequest) -> Self {
        Self::Waiting(Box::new(request))
    }
}
