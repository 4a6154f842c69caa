//! Reading a request body up to a limit.

use std::error::Error;
use std::iter;

use axum::body::{Body, Bytes, to_bytes};
use http_body_util::LengthLimitError;

/// A body that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is longer than the limit.
    #[error("the body is too long")]
    TooLong,
    /// The body ended early, or its framing is broken.
    #[error("the body ended early or is not framed as HTTP requires")]
    Broken(#[source] axum::Error),
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`BodyError`] where the body is longer or broken.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, BodyError> {
    to_bytes(body, limit).await.map_err(|error| {
        let mut causes = iter::successors(Some(&error as &dyn Error), |&error| error.source());
        if causes.any(<dyn Error>::is::<LengthLimitError>) { BodyError::TooLong } else { BodyError::Broken(error) }
    })
}
