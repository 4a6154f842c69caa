//! What a change request is at one instant, and the words for it.

use crate::domain::words::words;

/// Status of a change request at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeRequestStatus {
    /// It waits for a decision.
    Pending,
    /// It was approved, and made.
    Approved,
    /// It was approved, and its secret waits to be collected.
    Collectable,
    /// Its secret was made and shown.
    Collected,
    /// It was rejected.
    Rejected,
    /// It was taken back.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
    /// It was approved, but its secret was not collected in time.
    Lapsed,
}

words!(ChangeRequestStatus {
    Pending = "pending",
    Approved = "approved",
    Collectable = "collectable",
    Collected = "collected",
    Rejected = "rejected",
    Withdrawn = "withdrawn",
    Expired = "expired",
    Lapsed = "lapsed",
});
