//! The audit trail, and the only way to commit a change: together with its event.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::{CommitError, StoreError};
use super::item::event::Link;
use super::item::{self, Writer};
use super::page::{Cursor, InvalidCursor, Page};
use super::schema;
use super::tables::Tables;
use super::write::Write;
use crate::domain::event::{Attribution, Event, NewEvent, Trail};
use crate::{backoff, entropy};

/// Maximum number of attempts to commit when others extend the same trail at the same time.
const TRIES: u32 = 60;
/// Length of a transaction's token, which identifies it.
const TOKEN_BYTES: usize = 24;

/// The audit trails of a deployment.
#[derive(Debug, Clone)]
pub struct AuditTrail {
    dynamodb: DynamoDb,
    table: String,
}

enum Refusal {
    TrailMoved,
    Final(CommitError),
}

impl AuditTrail {
    /// The trails of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::AUDIT_EVENTS) }
    }

    /// Commits a change and its event in one transaction: all of it, or nothing.
    ///
    /// The event takes the next place of its trail and carries the hash of the one before it. If another commit takes
    /// that place first, this one is retried behind it.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn commit(&self, writes: Vec<Write>, event: &NewEvent, by: &Attribution) -> Result<(), CommitError> {
        self.commit_all(writes, &[event], by).await
    }

    /// Commits a change that is several events, one behind the other, in one transaction.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn commit_all(
        &self,
        writes: Vec<Write>,
        events: &[&NewEvent],
        by: &Attribution,
    ) -> Result<(), CommitError> {
        for attempt in 1..=TRIES {
            match self.try_commit(&writes, events, by).await {
                Ok(()) => return Ok(()),
                Err(Refusal::Final(error)) => return Err(error),
                Err(Refusal::TrailMoved) => backoff::pause(attempt).await,
            }
        }
        Err(CommitError::Busy)
    }

    async fn try_commit(&self, writes: &[Write], events: &[&NewEvent], by: &Attribution) -> Result<(), Refusal> {
        let entries = self.entries(events, by).await.map_err(|e| Refusal::Final(e.into()))?;
        let items = writes.iter().chain(&entries).map(|write| write.item.clone()).collect();
        let Err(error) = self.transact(items).await else { return Ok(()) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            let reason = StoreError::of("TransactWriteItems", &error);
            let refused = matches!(&error, SdkError::ServiceError(answer) if answer.raw().status().is_client_error());
            return Err(Refusal::Final(if refused { reason.into() } else { CommitError::Unsettled(reason) }));
        };
        let codes: Vec<&str> = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
        match codes.iter().position(|code| *code == "ConditionalCheckFailed").map(|failed| writes.get(failed)) {
            Some(Some(write)) => Err(Refusal::Final(CommitError::Conflict(write.expectation))),
            Some(None) => Err(Refusal::TrailMoved),
            None if codes.contains(&"TransactionConflict") => Err(Refusal::TrailMoved),
            None => {
                let reason = codes.iter().find(|code| **code != "None").unwrap_or(&"cancelled");
                let reason = (*reason).to_owned();
                Err(Refusal::Final(StoreError::Unavailable { operation: "TransactWriteItems", reason }.into()))
            }
        }
    }

    /// Sends a transaction. Where the SDK has sent it twice and the first is still being carried out, the very same is
    /// sent again: its token tells the storage that it is one.
    async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<(), SdkError<TransactWriteItemsError>> {
        let token = URL_SAFE_NO_PAD.encode(entropy::bytes::<TOKEN_BYTES>());
        let transaction =
            self.dynamodb.transact_write_items().set_transact_items(Some(items)).client_request_token(token);
        for attempt in 1..TRIES {
            match transaction.clone().send().await {
                Err(error) if error.code() == Some("TransactionInProgressException") => backoff::pause(attempt).await,
                sent => return sent.map(drop),
            }
        }
        transaction.send().await.map(drop)
    }

    /// The events in their places, each behind the one before it in its trail.
    async fn entries(&self, events: &[&NewEvent], by: &Attribution) -> Result<Vec<Write>, StoreError> {
        let mut ends: HashMap<&Trail, (u64, String)> = HashMap::new();
        let mut entries = Vec::new();
        for event in events {
            let (sequence, previous) = match ends.remove(&event.trail) {
                Some(end) => end,
                None => self.last(&event.trail).await?,
            };
            let item = item::event::write(event, by, sequence.saturating_add(1), &previous);
            ends.insert(&event.trail, item::event::read_link(&item)?);
            entries.push(Write::create(&self.table, schema::TRAIL, item));
        }
        Ok(entries)
    }

    async fn last(&self, trail: &Trail) -> Result<(u64, String), StoreError> {
        let newest = self.query(trail).scan_index_forward(false).limit(1).send().await;
        let newest = newest.map_err(|e| StoreError::of("Query", &e))?;
        match newest.items().first() {
            Some(item) => Ok(item::event::read_link(item)?),
            None => Ok((0, item::event::FIRST_PREVIOUS.to_owned())),
        }
    }

    /// A page of at most `limit` events, newest first.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn page(&self, trail: &Trail, from: Option<&Cursor>, limit: i32) -> Result<Page<Event>, StoreError> {
        let mut query = self.query(trail).scan_index_forward(false).limit(limit.saturating_add(1));
        if let Some(Cursor(sequence)) = from {
            let start = Writer::default()
                .text(schema::TRAIL, item::event::trail_key(trail))
                .number(schema::SEQUENCE, sequence)
                .finish();
            query = query.set_exclusive_start_key(Some(start));
        }
        let page = query.send().await.map_err(|e| StoreError::of("Query", &e))?;
        let items = page.items().iter().map(item::event::read).collect::<Result<Vec<_>, _>>()?;
        let stopped = page.last_evaluated_key().is_some();
        Ok(Page::cut(items, limit, stopped, |event: &Event| event.sequence.to_string()))
    }

    /// At most `limit` links of the chain from the event with the number `from` on, oldest first. Where the storage
    /// stops earlier there are fewer; there are none only behind the end.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn chain(&self, trail: &Trail, from: u64, limit: i32) -> Result<Vec<Link>, StoreError> {
        let query = self
            .query(trail)
            .key_condition_expression("#t = :t AND #s >= :s")
            .expression_attribute_names("#s", schema::SEQUENCE);
        let values = query.get_expression_attribute_values().clone().unwrap_or_default();
        let values = values.into_iter().chain(Writer::default().number(":s", from).finish()).collect();
        let page = query.set_expression_attribute_values(Some(values)).limit(limit).send().await;
        let page = page.map_err(|e| StoreError::of("Query", &e))?;
        Ok(page.items().iter().map(item::event::read_chain).collect::<Result<_, _>>()?)
    }

    /// The cursor of the event with this number.
    #[must_use]
    pub fn cursor_at(sequence: u64) -> Cursor {
        Cursor(sequence.to_string())
    }

    /// The number of the event that a cursor names.
    ///
    /// # Errors
    /// If the text is not a cursor of this list.
    pub fn sequence(cursor: &str) -> Result<u64, InvalidCursor> {
        Cursor::decode(cursor)?.0.parse().map_err(|_| InvalidCursor)
    }

    /// Checks that a cursor is one of this list.
    ///
    /// # Errors
    /// If the text is not a cursor of this list.
    pub fn cursor(text: &str) -> Result<Cursor, InvalidCursor> {
        Self::sequence(text).map(Self::cursor_at)
    }

    fn query(&self, trail: &Trail) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#t = :t")
            .expression_attribute_names("#t", schema::TRAIL)
            .set_expression_attribute_values(Some(Writer::default().text(":t", item::event::trail_key(trail)).finish()))
    }
}
