//! Scans a trail for matching events, newest first.

use shared::domain::event::{Event, Trail};
use shared::store::audit::AuditTrail;
use shared::store::{Cursor, StoreError};

use super::filter::EventFilter;

/// Number of events read from storage at once.
const CHUNK: i32 = 200;

/// Limits of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Maximum number of events to read, matching or not.
    pub(crate) reads: usize,
    /// Maximum number of matching events.
    pub(crate) finds: usize,
}

/// Passes each matching event to `take`, newest first, until `take` has enough, the budget is used up or the trail
/// ends. Returns the cursor to continue at, unless the trail ended.
pub(crate) async fn scan(
    store: &AuditTrail,
    trail: &Trail,
    filter: &EventFilter,
    mut from: Option<Cursor>,
    budget: Budget,
    mut take: impl FnMut(Event) -> Enough,
) -> Result<Option<Cursor>, StoreError> {
    let (mut reads, mut finds) = (0_usize, 0_usize);
    loop {
        let left = i32::try_from(budget.reads.saturating_sub(reads)).unwrap_or(CHUNK);
        let page = store.page(trail, from.as_ref(), CHUNK.min(left)).await?;
        let mut unread = page.items.len();
        for event in page.items {
            unread = unread.saturating_sub(1);
            reads = reads.saturating_add(1);
            if filter.ends_at(&event) {
                return Ok(None);
            }
            let place = AuditTrail::cursor_at(event.sequence);
            let mut enough = false;
            if filter.takes(&event) {
                finds = finds.saturating_add(1);
                enough = take(event) == Enough::Yes || finds >= budget.finds;
            }
            if enough || reads >= budget.reads {
                return Ok((unread > 0 || page.next.is_some()).then_some(place));
            }
        }
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(None),
        }
    }
}

/// Answer of the receiver: stop or continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enough {
    /// Stop; the next scan continues after this event.
    Yes,
    /// Continue.
    No,
}
