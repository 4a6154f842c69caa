//! The tables behind the deployment: everything they hold, and items written straight into them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use countersign::names::TABLE_PREFIX;
use serde_json::{Value, json};
use shared::store::item::{self, Item};
use shared::store::schema::{self, Table};

use crate::support::app::App;

/// Every item of a table, as DynamoDB has it.
pub async fn items_of(app: &App, table: &Table) -> Vec<Item> {
    let scan = app.stack.aws.dynamodb().scan().table_name(table.name_in(TABLE_PREFIX)).consistent_read(true);
    let page = scan.send().await.unwrap();
    assert!(page.last_evaluated_key().is_none());
    page.items.unwrap_or_default()
}

/// Everything that is stored, in a form to compare.
pub async fn everything(app: &App) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for table in schema::TABLES {
        let items = items_of(app, &table).await;
        all.insert(table.name, items.iter().map(|item| shown(item).to_string()).collect());
    }
    all
}

/// What is stored otherwise than `before`.
pub async fn changed_since(app: &App, before: &BTreeMap<&'static str, BTreeSet<String>>) -> Vec<String> {
    let now = everything(app).await;
    before.iter().flat_map(|(table, items)| items.symmetric_difference(&now[table])).cloned().collect()
}

/// An item in DynamoDB's own JSON, its names in order.
pub fn shown(item: &Item) -> Value {
    item.iter().map(|(name, value)| (name.clone(), shown_value(value))).collect()
}

pub fn shown_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(digits) => json!({ "N": digits }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(shown_value).collect::<Vec<_>>() }),
        AttributeValue::M(item) => json!({ "M": shown(item) }),
        other => panic!("no item of ours has an attribute such as {other:?}"),
    }
}

impl App {
    pub async fn put(&self, table: Table, item: Item) {
        let table = table.name_in(TABLE_PREFIX);
        self.stack.aws.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    /// Makes a stored item one that does not read.
    pub async fn spoil(&self, table: Table, key: Item) {
        let update = self.stack.aws.dynamodb().update_item().table_name(table.name_in(TABLE_PREFIX)).set_key(Some(key));
        let update =
            update.update_expression("SET #v = :v").expression_attribute_names("#v", item::organization::VERSION);
        update.expression_attribute_values(":v", AttributeValue::S("spoilt".to_owned())).send().await.unwrap();
    }

    /// Writes any number of items, 25 at once.
    pub async fn fill(&self, table: Table, items: Vec<Item>) {
        let table = table.name_in(TABLE_PREFIX);
        for chunk in items.chunks(25) {
            let writes = chunk.iter().map(|item| {
                let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            });
            let request = self.stack.aws.dynamodb().batch_write_item().request_items(&table, writes.collect());
            assert!(request.send().await.unwrap().unprocessed_items().is_none_or(std::collections::HashMap::is_empty));
        }
    }
}

/// Everything that a table holds.
pub async fn stored(app: &App, table: schema::Table) -> String {
    format!("{:?}", items_of(app, &table).await)
}
