//! Requests that may be sent twice and are carried out once (draft-ietf-httpapi-idempotency-key-header).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::time::plus_seconds;

/// A key is remembered for this many seconds.
pub const KEPT_SECONDS: i64 = 24 * 3_600;
/// A request that has not ended after this many seconds never will: its process is gone. No function runs so long.
const RUNS_SECONDS: i64 = 60;

/// What is remembered of a request under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The SHA-256 of what was asked, in base64url.
    pub digest: String,
    /// When it began, in whole seconds.
    pub began_at: Timestamp,
    /// What came of it; none while it runs, and where nobody knows.
    pub outcome: Option<Outcome>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// It was answered so, and is again.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The `Location` of what was made.
        location: Option<String>,
        /// The `ETag` of what was made.
        etag: Option<String>,
        /// The body.
        body: String,
    },
    /// A secret was made, which is kept nowhere and so is not shown again.
    SecretMade {
        /// Whose it is.
        client_id: String,
        /// Its id, which may be shown.
        secret_id: String,
    },
}

impl Remembered {
    /// A request that begins at `now`.
    #[must_use]
    pub fn begin(digest: String, now: Timestamp) -> Self {
        Self { digest, began_at: super::time::whole_seconds(now), outcome: None }
    }

    /// Whether it may still run at `now`. What came of one that does not, and has no outcome, nobody knows.
    #[must_use]
    pub fn may_run(&self, now: Timestamp) -> bool {
        self.outcome.is_none() && now < plus_seconds(self.began_at, RUNS_SECONDS)
    }

    /// From when on nothing is remembered of it.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        plus_seconds(self.began_at, KEPT_SECONDS)
    }
}
