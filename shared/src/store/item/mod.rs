//! The only place that knows how things are written as items: one file per kind, attribute names inside.

pub mod administrator;
pub mod attempts;
pub mod backup;
pub mod change_request;
pub mod client;
pub mod event;
pub mod idempotency;
pub mod invitation;
pub mod organization;
pub mod reminder;
pub mod secret;
pub mod session;

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// A stored item that does not read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the item {key} of the table {table} is corrupt at {attribute}")]
pub struct Corrupt {
    /// The table, by its short name.
    pub table: &'static str,
    /// The item's key.
    pub key: String,
    /// The attribute that is missing or does not parse.
    pub attribute: String,
}

/// The day under which the index of what expires finds something.
#[must_use]
pub fn expiry_day(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// Builds an item attribute by attribute.
#[derive(Debug, Default)]
pub struct Writer(Item);

impl Writer {
    /// An attribute of text.
    #[must_use]
    pub fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(value.into()));
        self
    }

    /// An attribute of text, or none.
    #[must_use]
    pub fn optional_text(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// An instant, as text such as `2026-03-01T12:00:00Z`.
    #[must_use]
    pub fn time(self, name: &str, value: Timestamp) -> Self {
        self.text(name, value.to_string())
    }

    /// An instant, or none.
    #[must_use]
    pub fn optional_time(self, name: &str, value: Option<Timestamp>) -> Self {
        self.optional_text(name, value.map(|at| at.to_string()))
    }

    /// A number.
    #[must_use]
    pub fn number(mut self, name: &str, value: impl Display) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(value.to_string()));
        self
    }

    /// A number, or none.
    #[must_use]
    pub fn optional_number(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self,
        }
    }

    /// True or false.
    #[must_use]
    pub fn flag(mut self, name: &str, value: bool) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::Bool(value));
        self
    }

    /// True, or nothing.
    #[must_use]
    pub fn flag_if(self, name: &str, value: bool) -> Self {
        if value { self.flag(name, true) } else { self }
    }

    /// A list of texts.
    #[must_use]
    pub fn texts(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        let list = values.into_iter().map(AttributeValue::S).collect();
        self.0.insert(name.to_owned(), AttributeValue::L(list));
        self
    }

    /// A map of items by name.
    #[must_use]
    pub fn map(mut self, name: &str, values: impl IntoIterator<Item = (String, Item)>) -> Self {
        let map = values.into_iter().map(|(key, item)| (key, AttributeValue::M(item))).collect();
        self.0.insert(name.to_owned(), AttributeValue::M(map));
        self
    }

    /// The finished item.
    #[must_use]
    pub fn finish(self) -> Item {
        self.0
    }
}

/// Reads an item attribute by attribute; an attribute that does not parse is [`Corrupt`].
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    table: &'static str,
    key: &'a str,
    item: &'a Item,
}

impl<'a> Reader<'a> {
    /// Reads `item`, which is called `key` in errors.
    #[must_use]
    pub fn new(table: &'static str, key: &'a str, item: &'a Item) -> Self {
        Self { table, key, item }
    }

    /// The error that names `attribute`.
    #[must_use]
    pub fn corrupt(&self, attribute: &str) -> Corrupt {
        Corrupt { table: self.table, key: self.key.to_owned(), attribute: attribute.to_owned() }
    }

    /// An attribute of text, or none.
    ///
    /// # Errors
    /// If the attribute has another type.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Corrupt> {
        match self.item.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.corrupt(name)),
        }
    }

    /// An attribute of text.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn text(&self, name: &str) -> Result<&'a str, Corrupt> {
        self.optional_text(name)?.ok_or_else(|| self.corrupt(name))
    }

    /// An attribute of text that `parse` takes.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn parsed<T, E>(&self, name: &str, parse: impl FnOnce(&'a str) -> Result<T, E>) -> Result<T, Corrupt> {
        parse(self.text(name)?).map_err(|_| self.corrupt(name))
    }

    /// An attribute of text that names something: `None` of `find` is corrupt.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn named<T>(&self, name: &str, find: impl FnOnce(&str) -> Option<T>) -> Result<T, Corrupt> {
        find(self.text(name)?).ok_or_else(|| self.corrupt(name))
    }

    /// An instant.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn time(&self, name: &str) -> Result<Timestamp, Corrupt> {
        self.parsed(name, str::parse)
    }

    /// An instant, or none.
    ///
    /// # Errors
    /// If the attribute does not parse.
    pub fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, Corrupt> {
        self.optional_text(name)?.map(str::parse).transpose().map_err(|_| self.corrupt(name))
    }

    /// A whole number.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, Corrupt> {
        match self.item.get(name) {
            Some(AttributeValue::N(digits)) => digits.parse().map_err(|_| self.corrupt(name)),
            _ => Err(self.corrupt(name)),
        }
    }

    /// A whole number, or none.
    ///
    /// # Errors
    /// If the attribute does not parse.
    pub fn optional_number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Corrupt> {
        if self.item.contains_key(name) { self.number(name).map(Some) } else { Ok(None) }
    }

    /// True or false.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn flag(&self, name: &str) -> Result<bool, Corrupt> {
        match self.item.get(name) {
            Some(AttributeValue::Bool(value)) => Ok(*value),
            _ => Err(self.corrupt(name)),
        }
    }

    /// The value of a flag; false if it is absent.
    ///
    /// # Errors
    /// If the attribute has another type.
    pub fn optional_flag(&self, name: &str) -> Result<bool, Corrupt> {
        if self.item.contains_key(name) { self.flag(name) } else { Ok(false) }
    }

    /// A list of texts, each of which `parse` takes.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn texts<T, C: FromIterator<T>>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<C, Corrupt> {
        let Some(AttributeValue::L(list)) = self.item.get(name) else { return Err(self.corrupt(name)) };
        list.iter()
            .map(|value| value.as_s().ok().and_then(|text| parse(text)))
            .collect::<Option<C>>()
            .ok_or_else(|| self.corrupt(name))
    }

    /// A list of texts, each of which `parse` takes, or none.
    ///
    /// # Errors
    /// If the attribute does not parse.
    pub fn optional_texts<T, C: FromIterator<T>>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<C>, Corrupt> {
        if self.item.contains_key(name) { self.texts(name, parse).map(Some) } else { Ok(None) }
    }

    /// A map of items by name.
    ///
    /// # Errors
    /// If the attribute is missing, or does not parse.
    pub fn map(&self, name: &str) -> Result<Vec<(&'a str, Reader<'a>)>, Corrupt> {
        let Some(AttributeValue::M(map)) = self.item.get(name) else { return Err(self.corrupt(name)) };
        map.iter()
            .map(|(key, value)| match value {
                AttributeValue::M(item) => Ok((key.as_str(), Self { item, ..*self })),
                _ => Err(self.corrupt(name)),
            })
            .collect()
    }
}
