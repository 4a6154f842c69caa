//! Walking a trail from its newest event back, for those that are asked for.

use shared::domain::event::{Event, Trail};
use shared::store::audit::AuditTrail;
use shared::store::{Cursor, StoreError};

use super::filter::EventFilter;

/// How many events are read from the storage at once.
const CHUNK: i32 = 200;

/// How much one request may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// How many events it reads at most, found or passed over.
    pub(crate) reads: usize,
    /// How many it finds at most.
    pub(crate) finds: usize,
}

/// Gives each event that is asked for to `take`, newest first, until `take` has enough, the budget is used up or the
/// trail ends. Answers where to go on, unless the trail ended.
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

/// Whether whoever takes events has enough of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enough {
    /// It goes on behind this one another time.
    Yes,
    /// It takes more.
    No,
}
