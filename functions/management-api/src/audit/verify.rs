//! `GET /v1/audit/verify`: checks that a trail is unaltered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::store::audit::AuditTrail;
use shared::store::item::event::{FIRST_PREVIOUS, Link};

use super::trail::AskedTrail;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::http::query::{Parameters, Query, ReadQuery};

/// Default number of events that one request verifies.
const DEFAULT_LIMIT: i32 = 5_000;
const MAX_LIMIT: i32 = 5_000;

/// The part of a trail to verify.
#[derive(Debug, JsonSchema)]
pub(crate) struct VerifyQuery {
    #[schemars(flatten)]
    trail: AskedTrail,
    /// The maximum number of events to check.
    #[schemars(with = "Option<i32>", range(min = 1, max = MAX_LIMIT), extend("default" = DEFAULT_LIMIT))]
    limit: i32,
    /// The `next_cursor` of the previous part.
    #[schemars(rename = "cursor", with = "Option<String>")]
    verified: u64,
}

/// The result of a verification.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Verification")]
pub(crate) struct VerificationJson {
    /// True if the hash chain is intact as far as it was checked.
    verified: bool,
    /// The number of events checked, from the first.
    events_checked: u64,
    /// The last checked event; null if there is none. Keep a copy elsewhere to detect a truncated trail later.
    head: Option<HeadJson>,
    /// The first broken event; null if there is none.
    broken: Option<BreakJson>,
    /// The `cursor` of the next part; null at the end.
    next_cursor: Option<String>,
}

/// The last checked event of a trail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "TrailHead")]
struct HeadJson {
    sequence: u64,
    hash: String,
}

/// The first broken event of a trail.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TrailBreak")]
struct BreakJson {
    sequence: u64,
    reason: TrailBreakReason,
}

/// The reason why an event is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TrailBreakReason {
    /// The event is missing, although later ones exist.
    Missing,
    /// The event does not match its hash.
    Altered,
    /// The event does not have the hash of the previous one.
    Unlinked,
}

impl ReadQuery for VerifyQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        let trail = AskedTrail::read(parameters);
        let limit = parameters.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let verified = parameters.parsed("cursor", AuditTrail::sequence).unwrap_or_default();
        Self { trail, limit, verified }
    }
}

/// Verifies a trail from its first event: sequence numbers have no gap, each hash is correct, and each event contains
/// the hash of the previous one.
///
/// With a cursor, the event at the cursor is read again, so that no hash supplied by the caller has to be trusted.
pub(crate) async fn verify(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<VerifyQuery>,
) -> Result<Json<VerificationJson>, ApiError> {
    let trail = query.trail.open(&app, &caller).await?;
    let mut chain = Chain::from(query.verified.max(1));
    let mut left = query.limit.saturating_add(i32::from(query.verified > 0));
    while left > 0 {
        let links = app.trail.chain(&trail, chain.next, left).await?;
        if links.is_empty() {
            // a cursor names an event, so its absence is a break too
            let lost = query.verified > 0 && chain.head.is_none();
            return Ok(Json(if lost { chain.broken(TrailBreakReason::Missing) } else { chain.report(None) }));
        }
        for link in links {
            left = left.saturating_sub(1);
            if let Err(broken) = chain.extend(link) {
                return Ok(Json(chain.broken(broken)));
            }
        }
    }
    let next = chain.head.as_ref().map(|head| AuditTrail::cursor_at(head.sequence).encode());
    let more = !app.trail.chain(&trail, chain.next, 1).await?.is_empty();
    Ok(Json(chain.report(next.filter(|_| more))))
}

/// The verified part of a chain.
struct Chain {
    next: u64,
    head: Option<HeadJson>,
}

impl Chain {
    fn from(next: u64) -> Self {
        Self { next, head: None }
    }

    fn extend(&mut self, link: Link) -> Result<(), TrailBreakReason> {
        if link.sequence != self.next {
            return Err(TrailBreakReason::Missing);
        }
        if link.hash.as_ref() != Some(&link.computed) {
            return Err(TrailBreakReason::Altered);
        }
        let expected = match &self.head {
            Some(head) => Some(head.hash.as_str()),
            None => (self.next == 1).then_some(FIRST_PREVIOUS),
        };
        if expected.is_some_and(|expected| link.previous_hash.as_deref() != Some(expected)) {
            return Err(TrailBreakReason::Unlinked);
        }
        self.head = Some(HeadJson { sequence: link.sequence, hash: link.computed });
        self.next = link.sequence.saturating_add(1);
        Ok(())
    }

    fn report(self, next_cursor: Option<String>) -> VerificationJson {
        let events_checked = self.head.as_ref().map_or(0, |head| head.sequence);
        VerificationJson { verified: true, events_checked, head: self.head, broken: None, next_cursor }
    }

    fn broken(self, reason: TrailBreakReason) -> VerificationJson {
        let broken = Some(BreakJson { sequence: self.next, reason });
        VerificationJson { verified: false, broken, ..self.report(None) }
    }
}
