//! Reads and writes of many items at once, each by its key and for itself.

use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};

use super::error::StoreError;
use super::item::Item;

/// As many keys as one request reads.
const KEYS: usize = 100;
/// Maximum number of items written by one request.
const ITEMS: usize = 25;
/// Maximum number of retries for items that a request left unprocessed.
const TRIES: u32 = 8;
/// Pause before the first retry; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// Returns the existing items with these keys, in no order, with only these attributes.
pub(super) async fn get(
    dynamodb: &DynamoDb,
    table: &str,
    keys: Vec<Item>,
    attributes: &[&str],
    consistent: bool,
) -> Result<Vec<Item>, StoreError> {
    let names = (0..attributes.len()).map(|at| format!("#a{at}"));
    let projection = names.clone().collect::<Vec<_>>().join(", ");
    let names = names.zip(attributes.iter().map(|name| (*name).to_owned())).collect();
    let rest = KeysAndAttributes::builder()
        .projection_expression(projection)
        .set_expression_attribute_names(Some(names))
        .consistent_read(consistent);
    let mut items = Vec::new();
    for chunk in keys.chunks(KEYS) {
        let mut open = rest.clone().set_keys(Some(chunk.to_vec())).build().ok();
        let mut pauses = pauses();
        while let Some(request) = open.take() {
            let got = dynamodb.batch_get_item().request_items(table, request).send().await;
            let mut got = got.map_err(|e| StoreError::of("BatchGetItem", &e))?;
            items.extend(got.responses.as_mut().and_then(|tables| tables.remove(table)).unwrap_or_default());
            open = got.unprocessed_keys.as_mut().and_then(|tables| tables.remove(table));
            if open.is_some() {
                pause(&mut pauses, "BatchGetItem").await?;
            }
        }
    }
    Ok(items)
}

/// Puts each of these items, replacing existing ones. On failure, some may have been put.
pub(super) async fn put(dynamodb: &DynamoDb, table: &str, items: Vec<Item>) -> Result<(), StoreError> {
    for chunk in items.chunks(ITEMS) {
        let puts = chunk.iter().filter_map(|item| PutRequest::builder().set_item(Some(item.clone())).build().ok());
        let mut open: Vec<_> = puts.map(|put| WriteRequest::builder().put_request(put).build()).collect();
        let mut pauses = pauses();
        while !open.is_empty() {
            let written = dynamodb.batch_write_item().request_items(table, open).send().await;
            let mut written = written.map_err(|e| StoreError::of("BatchWriteItem", &e))?;
            open = written.unprocessed_items.as_mut().and_then(|tables| tables.remove(table)).unwrap_or_default();
            if !open.is_empty() {
                pause(&mut pauses, "BatchWriteItem").await?;
            }
        }
    }
    Ok(())
}

fn pauses() -> impl Iterator<Item = Duration> {
    (0..TRIES).map(|attempt| FIRST_PAUSE * 2_u32.pow(attempt))
}

async fn pause(pauses: &mut impl Iterator<Item = Duration>, operation: &'static str) -> Result<(), StoreError> {
    match pauses.next() {
        Some(pause) => {
            tokio::time::sleep(pause).await;
            Ok(())
        }
        None => Err(StoreError::Unavailable { operation, reason: "some of it was left over".to_owned() }),
    }
}
