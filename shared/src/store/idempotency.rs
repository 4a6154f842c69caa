//! Requests that are carried out once, however often they are sent: by their `Idempotency-Key`.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;

use super::error::StoreError;
use super::item::{self, Writer};
use super::tables::Tables;
use super::{read, schema};
use crate::domain::idempotency::{Outcome, Remembered};

/// The requests of a deployment that came under a key.
#[derive(Debug, Clone)]
pub struct IdempotencyStore {
    dynamodb: DynamoDb,
    table: String,
}

impl IdempotencyStore {
    /// The requests of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::IDEMPOTENCY_KEYS) }
    }

    /// Begins a request, or answers with the one that came first under the same key. One that is forgotten does not
    /// count. Of many at once, one begins.
    ///
    /// # Errors
    /// If the storage fails, or what is stored does not parse.
    pub async fn begin(&self, subject: &str, request: &Remembered) -> Result<Option<Remembered>, StoreError> {
        let now = request.began_at.as_second();
        let values = Writer::default().number(":now", now).finish();
        loop {
            let put = self
                .dynamodb
                .put_item()
                .table_name(&self.table)
                .set_item(Some(item::idempotency::write(subject, request)))
                .condition_expression("attribute_not_exists(#k) OR #p <= :now")
                .expression_attribute_names("#k", schema::IDEMPOTENCY_KEY)
                .expression_attribute_names("#p", schema::PURGE_AT)
                .set_expression_attribute_values(Some(values.clone()))
                .send()
                .await;
            match put {
                Ok(_) => return Ok(None),
                Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {}
                Err(e) => return Err(StoreError::of("PutItem", &e)),
            }
            let first = read::item(&self.dynamodb, &self.table, item::idempotency::key(subject)).await?;
            if let Some(first) = first {
                return Ok(Some(item::idempotency::read(&first)?));
            }
        }
    }

    /// Remembers what came of a request.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn end(&self, subject: &str, request: &Remembered, outcome: &Outcome) -> Result<(), StoreError> {
        let values = Writer::default()
            .text(":outcome", item::idempotency::text(outcome))
            .number(":began", request.began_at.as_second())
            .finish();
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::idempotency::key(subject)))
            .update_expression("SET #o = :outcome")
            .condition_expression("#b = :began")
            .expression_attribute_names("#o", item::idempotency::OUTCOME)
            .expression_attribute_names("#b", item::idempotency::BEGAN_AT)
            .set_expression_attribute_values(Some(values));
        update.send().await.map(drop).map_err(|e| StoreError::of("UpdateItem", &e))
    }

    /// Forgets a request that was refused: nothing came of it, and the same key may be tried again.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn forget(&self, subject: &str, request: &Remembered) -> Result<(), StoreError> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item::idempotency::key(subject)))
            .condition_expression("#b = :began")
            .expression_attribute_names("#b", item::idempotency::BEGAN_AT)
            .set_expression_attribute_values(Some(
                Writer::default().number(":began", request.began_at.as_second()).finish(),
            ));
        delete.send().await.map(drop).map_err(|e| StoreError::of("DeleteItem", &e))
    }
}
