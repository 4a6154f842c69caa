//! Counts of failed authentications as items of the table `attempts`.

use super::{Item, Writer};
use crate::store::schema::SUBJECT;

/// Number of failures.
pub const FAILURES: &str = "failures";

/// The key of a subject's count in one window of time.
#[must_use]
pub fn key(subject: &str, window: i64) -> Item {
    Writer::default().text(SUBJECT, format!("{subject}#{window}")).finish()
}

/// Returns the number of failures in an item; 0 if there is no item.
#[must_use]
pub fn failures(item: Option<&Item>) -> u64 {
    item.and_then(|item| item.get(FAILURES)).and_then(|n| n.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(0)
}
