//! The full names of tables, as a deployment gives them.

use std::collections::BTreeMap;

use super::schema::{self, Table};
use crate::env::Environment;

/// The full names of the tables that a function uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables(BTreeMap<&'static str, String>);

impl Tables {
    /// Reads the full name of each table from its variable. The environment notes those that are missing.
    pub fn read(environment: &mut Environment<'_>, tables: &[Table]) -> Self {
        let read = |table: &Table| Some((table.name, environment.required(table.variable)?));
        Self(tables.iter().filter_map(read).collect())
    }

    /// All tables of the deployment whose table names begin with `prefix`.
    #[must_use]
    pub fn of_deployment(prefix: &str) -> Self {
        Self(schema::TABLES.iter().map(|table| (table.name, table.name_in(prefix))).collect())
    }

    /// The full name of a table. It is empty for a table that was not read, and DynamoDB refuses every call on that.
    #[must_use]
    pub fn name(&self, table: &Table) -> String {
        self.0.get(table.name).cloned().unwrap_or_default()
    }
}
