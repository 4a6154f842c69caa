//! Requests under an `Idempotency-Key` as items of the table `idempotency-keys`.

use super::{Corrupt, Item, Reader, Writer};
use crate::domain::idempotency::{Outcome, Remembered};
use crate::store::schema::{IDEMPOTENCY_KEY, IDEMPOTENCY_KEYS, PURGE_AT};

/// SHA-256 of the request.
pub const DIGEST: &str = "digest";
/// When the request began, in seconds since 1970-01-01T00:00:00Z.
pub const BEGAN_AT: &str = "began_at";
/// The outcome as JSON; absent while the request runs.
pub const OUTCOME: &str = "outcome";

/// The key of a request.
#[must_use]
pub fn key(subject: &str) -> Item {
    Writer::default().text(IDEMPOTENCY_KEY, subject).finish()
}

/// Writes the stored record of a request.
#[must_use]
pub fn write(subject: &str, remembered: &Remembered) -> Item {
    Writer::default()
        .text(IDEMPOTENCY_KEY, subject)
        .text(DIGEST, remembered.digest.as_str())
        .number(BEGAN_AT, remembered.began_at.as_second())
        .optional_text(OUTCOME, remembered.outcome.as_ref().map(text))
        .number(PURGE_AT, remembered.forgotten_at().as_second())
        .finish()
}

/// Returns the outcome of a request as stored text.
#[must_use]
pub fn text(outcome: &Outcome) -> String {
    serde_json::json!(outcome).to_string()
}

/// Reads the stored record of a request.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Remembered, Corrupt> {
    let unnamed = Reader::new(IDEMPOTENCY_KEYS.name, "?", item);
    let r = Reader::new(IDEMPOTENCY_KEYS.name, unnamed.text(IDEMPOTENCY_KEY)?, item);
    let outcome = r.optional_text(OUTCOME)?.map(serde_json::from_str).transpose();
    Ok(Remembered {
        digest: r.text(DIGEST)?.to_owned(),
        began_at: jiff::Timestamp::from_second(r.number(BEGAN_AT)?).map_err(|_| r.corrupt(BEGAN_AT))?,
        outcome: outcome.map_err(|_| r.corrupt(OUTCOME))?,
    })
}
