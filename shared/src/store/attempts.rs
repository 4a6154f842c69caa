//! Failed authentications, counted per subject in fixed windows of time.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;

use super::error::StoreError;
use super::item::{self, Item, Writer};
use super::tables::Tables;
use super::{read, schema};

/// Maximum number of failures of a subject in a window of time.
#[derive(Debug, Clone, Copy)]
pub struct AttemptLimit {
    /// Failures that are answered; the next attempt is not.
    pub failures: u64,
    /// Length of a window, in seconds.
    pub window_seconds: i64,
}

/// Too many failures: no further attempt is allowed in this window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// Seconds until the next window begins: the value of `Retry-After`.
    pub retry_after_seconds: i64,
}

/// The counts of a deployment.
#[derive(Debug, Clone)]
pub struct AttemptStore {
    dynamodb: DynamoDb,
    table: String,
}

impl AttemptLimit {
    fn window(self, now: Timestamp) -> i64 {
        now.as_second().div_euclid(self.window_seconds.max(1))
    }

    fn window_end(self, now: Timestamp) -> i64 {
        (self.window(now) + 1).saturating_mul(self.window_seconds.max(1))
    }

    fn judge(self, failures: u64, now: Timestamp) -> Result<(), Limited> {
        if failures < self.failures {
            return Ok(());
        }
        Err(Limited { retry_after_seconds: (self.window_end(now) - now.as_second()).max(1) })
    }

    fn key(self, subject: &str, now: Timestamp) -> Item {
        item::attempts::key(subject, self.window(now))
    }
}

impl AttemptStore {
    /// The counts of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::ATTEMPTS) }
    }

    /// Checks that `subject` may make another attempt in this window.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn check(
        &self,
        subject: &str,
        limit: AttemptLimit,
        now: Timestamp,
    ) -> Result<Result<(), Limited>, StoreError> {
        let counted = read::item(&self.dynamodb, &self.table, limit.key(subject, now)).await?;
        Ok(limit.judge(item::attempts::failures(counted.as_ref()), now))
    }

    /// Counts a failure, and reports whether it exceeds the limit.
    ///
    /// # Errors
    /// If the storage fails, or what is stored does not parse.
    pub async fn record(
        &self,
        subject: &str,
        limit: AttemptLimit,
        now: Timestamp,
    ) -> Result<Result<(), Limited>, StoreError> {
        let failures = self.add(subject, limit, now, 1).await?;
        Ok(limit.judge(failures.saturating_sub(1), now))
    }

    /// Removes a failure counted in advance at `now`, since the attempt did not fail.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn forgive(&self, subject: &str, limit: AttemptLimit, now: Timestamp) -> Result<(), StoreError> {
        self.add(subject, limit, now, -1).await.map(drop)
    }

    async fn add(&self, subject: &str, limit: AttemptLimit, now: Timestamp, change: i8) -> Result<u64, StoreError> {
        let values = Writer::default().number(":purge", limit.window_end(now)).number(":change", change).finish();
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(limit.key(subject, now)))
            .update_expression("SET #purge = :purge ADD #f :change")
            .expression_attribute_names("#purge", schema::PURGE_AT)
            .expression_attribute_names("#f", item::attempts::FAILURES)
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|e| StoreError::of("UpdateItem", &e))?;
        Ok(item::attempts::failures(update.attributes()))
    }
}
