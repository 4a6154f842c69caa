//! Change requests.

use aws_sdk_dynamodb::Client as DynamoDb;
use jiff::Timestamp;

use super::audit::AuditTrail;
use super::error::{CommitError, StoreError};
use super::item::{self, Writer};
use super::page::{Cursor, InvalidCursor, Page};
use super::read::{self, Listing};
use super::schema;
use super::tables::Tables;
use super::write::Write;
use crate::domain::change_request::{ChangeRequest, ChangeRequestStatus, Transition};
use crate::domain::event::{Attribution, NewEvent};
use crate::domain::id::{ChangeRequestId, OrganizationKey};
use crate::domain::time::plus_seconds;

/// Number of requests read at once in a search for some of them.
const CHUNK: i32 = 100;

/// The change requests of a deployment.
#[derive(Debug, Clone)]
pub struct ChangeRequestStore {
    dynamodb: DynamoDb,
    table: String,
}

/// Writes and events committed together with a transition of a request.
#[derive(Debug, Default)]
pub struct Effect {
    /// The writes.
    pub writes: Vec<Write>,
    /// The events for the audit trail.
    pub events: Vec<NewEvent>,
}

impl ChangeRequestStore {
    /// The change requests of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::CHANGE_REQUESTS) }
    }

    /// A change request, strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn get(&self, id: &ChangeRequestId) -> Result<Option<ChangeRequest>, StoreError> {
        let item = read::item(&self.dynamodb, &self.table, item::change_request::key(id)).await?;
        Ok(item.as_ref().map(item::change_request::read).transpose()?)
    }

    /// A page of at most `limit` requests of an organization that were made at `since` or later, newest first.
    /// Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn page(
        &self,
        organization: &OrganizationKey,
        since: Timestamp,
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<ChangeRequest>, StoreError> {
        let listing = Listing {
            listed_in: organization.as_str(),
            key: |id| Writer::default().text(schema::ID, id).finish(),
            read: item::change_request::read,
            place: |last: &ChangeRequest| last.id.to_string(),
        };
        let first = ChangeRequestId::first_of(since);
        listing.page_back(&self.dynamodb, &self.table, (schema::ID, first.as_str()), from, limit).await
    }

    /// Returns the time since which the oldest request of an organization waiting at `now` has waited. Eventually
    /// consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn waiting_since(
        &self,
        organization: &OrganizationKey,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let since = Self::undecided_since(now);
        let (mut oldest, mut from) = (None, None);
        loop {
            let page = self.page(organization, since, from.as_ref(), CHUNK).await?;
            let waiting = page.items.iter().filter(|request| request.status(now) == ChangeRequestStatus::Pending);
            oldest = waiting.map(|request| request.requested_at).next_back().or(oldest);
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(oldest),
            }
        }
    }

    /// No request that was made before this waits at `now`.
    #[must_use]
    pub fn undecided_since(now: Timestamp) -> Timestamp {
        plus_seconds(now, -ChangeRequest::DECIDED_WITHIN_SECONDS - 1)
    }

    /// The cursor behind this request.
    #[must_use]
    pub fn cursor_at(id: &ChangeRequestId) -> Cursor {
        Cursor(id.to_string())
    }

    /// Checks that a cursor is one of this list.
    ///
    /// # Errors
    /// If the text is not a cursor of this list.
    pub fn cursor(text: &str) -> Result<Cursor, InvalidCursor> {
        let cursor = Cursor::decode(text)?;
        ChangeRequestId::parse(cursor.0.as_str()).map(|_| cursor).map_err(|_| InvalidCursor)
    }

    /// Commits the transition of a request together with its effect: all of it, or nothing.
    ///
    /// A conflict means that the request, or what it changes, has changed since it was read.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn commit(
        &self,
        transition: &Transition,
        effect: Effect,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let Transition { after, event } = transition;
        let next = ChangeRequest { version: after.version.next(), ..after.clone() };
        let item = item::change_request::write(&next);
        let own = Write::replace(&self.table, item::change_request::VERSION, after.version, item);
        let writes = [own].into_iter().chain(effect.writes).collect();
        let events: Vec<&NewEvent> = [event].into_iter().chain(&effect.events).collect();
        trail.commit_all(writes, &events, by).await
    }
}
