//! The reads that stores have in common.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::error::StoreError;
use super::item::Corrupt;
use super::item::{Item, Writer};
use super::page::{Cursor, Page};
use super::schema;

/// The item at `key`, strongly consistent.
pub(super) async fn item(dynamodb: &DynamoDb, table: &str, key: Item) -> Result<Option<Item>, StoreError> {
    let got = dynamodb.get_item().table_name(table).set_key(Some(key)).consistent_read(true).send().await;
    Ok(got.map_err(|e| StoreError::of("GetItem", &e))?.item)
}

/// Every item of a query, in as many requests as it takes; for a partition, which is a few kilobytes, that is one.
pub(super) async fn all_pages(query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    let mut query = query;
    loop {
        let page = query.clone().send().await.map_err(|e| StoreError::of("Query", &e))?;
        items.extend(page.items.unwrap_or_default());
        match page.last_evaluated_key {
            Some(key) if !key.is_empty() => query = query.set_exclusive_start_key(Some(key)),
            _ => return Ok(items),
        }
    }
}

/// A list that the index `listing` of a table keeps.
pub(super) struct Listing<'a, T> {
    /// Value of the index's partition key for this list.
    pub(super) listed_in: &'a str,
    /// Returns the table key of the item that a cursor names.
    pub(super) key: fn(&str) -> Item,
    /// Parses an item.
    pub(super) read: fn(&Item) -> Result<T, Corrupt>,
    /// Returns the text by which a cursor names an item.
    pub(super) place: fn(&T) -> String,
}

impl<T> Listing<'_, T> {
    /// A page of at most `limit`, in the order of the index. Eventually consistent.
    pub(super) async fn page(
        &self,
        dynamodb: &DynamoDb,
        table: &str,
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<T>, StoreError> {
        self.page_of(self.query(dynamodb, table), from, limit).await
    }

    /// A page of at most `limit` in the opposite order, back to the first whose `sort_key` is not below `down_to`.
    /// Eventually consistent.
    pub(super) async fn page_back(
        &self,
        dynamodb: &DynamoDb,
        table: &str,
        (sort_key, down_to): (&str, &str),
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<T>, StoreError> {
        let values = Writer::default().text(":l", self.listed_in).text(":k", down_to).finish();
        let query = self
            .query(dynamodb, table)
            .scan_index_forward(false)
            .key_condition_expression("#l = :l AND #k >= :k")
            .expression_attribute_names("#k", sort_key)
            .set_expression_attribute_values(Some(values));
        self.page_of(query, from, limit).await
    }

    async fn page_of(
        &self,
        query: QueryFluentBuilder,
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<T>, StoreError> {
        let query =
            query.limit(limit.saturating_add(1)).set_exclusive_start_key(from.map(|Cursor(place)| self.start(place)));
        let page = query.send().await.map_err(|e| StoreError::of("Query", &e))?;
        let items = page.items().iter().map(self.read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, page.last_evaluated_key().is_some(), self.place))
    }

    /// All of it, in the order of the index; an item that does not read stands for itself. Eventually consistent.
    pub(super) async fn all(&self, dynamodb: &DynamoDb, table: &str) -> Result<Vec<Result<T, Corrupt>>, StoreError> {
        Ok(all_pages(self.query(dynamodb, table)).await?.iter().map(self.read).collect())
    }

    fn query(&self, dynamodb: &DynamoDb, table: &str) -> QueryFluentBuilder {
        dynamodb
            .query()
            .table_name(table)
            .index_name(schema::LISTING)
            .key_condition_expression("#l = :l")
            .expression_attribute_names("#l", schema::LISTED_IN)
            .set_expression_attribute_values(Some(Writer::default().text(":l", self.listed_in).finish()))
    }

    fn start(&self, place: &str) -> Item {
        let listed_in = Writer::default().text(schema::LISTED_IN, self.listed_in).finish();
        (self.key)(place).into_iter().chain(listed_in).collect()
    }
}
