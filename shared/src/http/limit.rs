//! Telling a body that is too long from one that is broken.

use std::error::Error;

use http_body_util::LengthLimitError;

/// Whether a body could not be read because it is longer than its limit.
#[must_use]
pub fn is_over_limit(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
