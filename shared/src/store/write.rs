//! The single writes that a change consists of.

use aws_sdk_dynamodb::types::builders::{PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};

use super::item::{Item, Writer};
use crate::domain::id::Version;

/// One write of a transaction, with the condition under which it may happen.
#[derive(Debug, Clone)]
pub struct Write {
    pub(super) item: TransactWriteItem,
    pub(super) expectation: Expectation,
}

/// The expectation of a write, which a conflict names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// The stored item is as it was read.
    Unchanged,
    /// The client_id was never given out.
    ClientIdFree,
    /// No account has the e-mail address.
    AddressFree,
    /// The managers of the organization are as they were read.
    ManagersUnchanged,
    /// The account is as it was read, and the one-time password was not used in it yet.
    OneTimePasswordUnused,
    /// The record that an import replaces is as it was read.
    RecordUnchanged,
}

impl Write {
    /// The write with another expectation than that the stored item is unchanged.
    #[must_use]
    pub fn expecting(self, expectation: Expectation) -> Self {
        Self { expectation, ..self }
    }

    pub(super) fn of(item: TransactWriteItem) -> Self {
        Self { item, expectation: Expectation::Unchanged }
    }

    /// Puts an item that must not exist yet; `key` is its partition key.
    #[must_use]
    pub fn create(table: &str, key: &str, item: Item) -> Self {
        Self::put_if(
            Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#k)")
                .expression_attribute_names("#k", key),
        )
    }

    /// Replaces an item that must have the version `expected`; with [`Version::NEW`] it must not exist yet.
    #[must_use]
    pub fn replace(table: &str, attribute: &str, expected: Version, item: Item) -> Self {
        if expected == Version::NEW {
            return Self::create(table, attribute, item);
        }
        Self::put_if(
            Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression("#v = :v")
                .expression_attribute_names("#v", attribute)
                .set_expression_attribute_values(Some(Writer::default().number(":v", expected).finish())),
        )
    }

    /// Sets every attribute of `item` on the item at `key`, removes those of `optional` that it leaves out, and keeps
    /// all other stored attributes.
    #[must_use]
    pub fn merge(table: &str, key: Item, item: Item, optional: &[&str]) -> Self {
        Self::update(Self::merging(table, key, item, optional))
    }

    /// The same with an item that must have the version `expected`.
    #[must_use]
    pub fn merge_at(
        table: &str,
        key: Item,
        (attribute, expected): (&str, Version),
        item: Item,
        optional: &[&str],
    ) -> Self {
        let mut update = Self::merging(table, key, item, optional)
            .condition_expression("#v = :v")
            .expression_attribute_names("#v", attribute);
        for (name, value) in Writer::default().number(":v", expected).finish() {
            update = update.expression_attribute_values(name, value);
        }
        Self::update(update)
    }

    fn merging(table: &str, key: Item, mut item: Item, optional: &[&str]) -> UpdateBuilder {
        item.retain(|name, _| !key.contains_key(name));
        let gone: Vec<&str> = optional.iter().copied().filter(|name| !item.contains_key(*name)).collect();
        let mut update = Update::builder().table_name(table).set_key(Some(key));
        let mut set = Vec::new();
        for (at, (name, value)) in item.into_iter().enumerate() {
            set.push(format!("#s{at} = :s{at}"));
            update = update
                .expression_attribute_names(format!("#s{at}"), name)
                .expression_attribute_values(format!(":s{at}"), value);
        }
        let mut removed = Vec::new();
        for (at, name) in gone.iter().enumerate() {
            removed.push(format!("#r{at}"));
            update = update.expression_attribute_names(format!("#r{at}"), *name);
        }
        let mut expression = format!("SET {}", set.join(", "));
        if !removed.is_empty() {
            expression = format!("{expression} REMOVE {}", removed.join(", "));
        }
        update.update_expression(expression)
    }

    /// Sets the attributes of `item` on the item at `key`, which must be there.
    #[must_use]
    pub fn set(table: &str, key: Item, existing: &str, item: Item) -> Self {
        let update = Self::merging(table, key, item, &[])
            .condition_expression("attribute_exists(#k)")
            .expression_attribute_names("#k", existing);
        Self::update(update)
    }

    /// Deletes the item at `key`, which must have the version `expected`.
    #[must_use]
    pub fn delete_at(table: &str, key: Item, (attribute, expected): (&str, Version)) -> Self {
        let delete = Delete::builder()
            .table_name(table)
            .set_key(Some(key))
            .condition_expression("#v = :v")
            .expression_attribute_names("#v", attribute)
            .set_expression_attribute_values(Some(Writer::default().number(":v", expected).finish()));
        Self::of(TransactWriteItem::builder().set_delete(delete.build().ok()).build())
    }

    /// Puts an item, replacing an existing one. The transaction must also contain a write with an expectation.
    #[must_use]
    pub fn put_whatever_is_there(table: &str, item: Item) -> Self {
        Self::put_if(Put::builder().table_name(table).set_item(Some(item)))
    }

    /// Sets or removes a flag of an existing item, and increments the item's version.
    #[must_use]
    pub fn flag(table: &str, key: Item, flag: &str, set: bool, version: &str) -> Self {
        let (values, expression) = if set {
            (Writer::default().flag(":f", true), "SET #f = :f ADD #v :one")
        } else {
            (Writer::default(), "REMOVE #f ADD #v :one")
        };
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(key))
            .update_expression(expression)
            .condition_expression("attribute_exists(#v)")
            .expression_attribute_names("#f", flag)
            .expression_attribute_names("#v", version)
            .set_expression_attribute_values(Some(values.number(":one", 1).finish()))
            .build()
            .ok();
        Self::of(TransactWriteItem::builder().set_update(update).build())
    }

    /// Writes nothing and expects that the item at `key` exists, or that it does not; `attribute` is one of its
    /// attributes.
    #[must_use]
    pub fn expect(table: &str, key: Item, attribute: &str, there: bool) -> Self {
        let condition = if there { "attribute_exists(#k)" } else { "attribute_not_exists(#k)" };
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(key))
            .condition_expression(condition)
            .expression_attribute_names("#k", attribute)
            .build()
            .ok();
        Self::of(TransactWriteItem::builder().set_condition_check(check).build())
    }

    /// Deletes the item at `key`, if it is there.
    #[must_use]
    pub fn delete(table: &str, key: Item) -> Self {
        let delete = Delete::builder().table_name(table).set_key(Some(key)).build().ok();
        Self::of(TransactWriteItem::builder().set_delete(delete).build())
    }

    /// Changes nothing, but holds only while the item at `key` has the version `expected`.
    #[must_use]
    pub fn expect_version(table: &str, key: Item, attribute: &str, expected: Version) -> Self {
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(key))
            .condition_expression("#v = :v")
            .expression_attribute_names("#v", attribute)
            .set_expression_attribute_values(Some(Writer::default().number(":v", expected).finish()))
            .build()
            .ok();
        Self::of(TransactWriteItem::builder().set_condition_check(check).build())
    }

    fn update(update: UpdateBuilder) -> Self {
        Self::of(TransactWriteItem::builder().set_update(update.build().ok()).build())
    }

    fn put_if(put: PutBuilder) -> Self {
        Self::of(TransactWriteItem::builder().set_put(put.build().ok()).build())
    }
}
