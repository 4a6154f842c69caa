//! Checks that tables are as the code expects them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{KeySchemaElement, TableDescription, TableStatus, TimeToLiveStatus};

use super::error::StoreError;
use super::schema::{KeyAttribute, Table};

/// Problems of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// Problems that keep the code from working.
    pub wrong: Vec<String>,
    /// Missing parts that the code works without, but should have.
    pub missing: Vec<String>,
}

impl Table {
    /// Compares the table of a deployment with what the code expects.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn condition(&self, dynamodb: &Client, prefix: &str) -> Result<Condition, StoreError> {
        let name = self.name_in(prefix);
        let mut condition = Condition::default();
        let described = match dynamodb.describe_table().table_name(&name).send().await {
            Ok(described) => described.table.unwrap_or_else(|| TableDescription::builder().build()),
            Err(e) if e.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) => {
                condition.wrong.push("it does not exist".to_owned());
                return Ok(condition);
            }
            Err(e) => return Err(StoreError::of("DescribeTable", &e)),
        };
        if described.table_status().is_some_and(|status| *status != TableStatus::Active) {
            condition.wrong.push("it is not active yet".to_owned());
        }
        if keys(described.key_schema()) != expected(&self.partition, self.sort.as_ref()) {
            condition.wrong.push("its keys are others".to_owned());
        }
        for index in self.indexes {
            let found =
                described.global_secondary_indexes().iter().find(|found| found.index_name() == Some(index.name));
            match found {
                None => condition.wrong.push(format!("the index {} is missing", index.name)),
                Some(found) if keys(found.key_schema()) != expected(&index.partition, Some(&index.sort)) => {
                    condition.wrong.push(format!("the index {} has other keys", index.name));
                }
                Some(_) => {}
            }
        }
        if let Some(attribute) = self.time_to_live {
            let described = dynamodb.describe_time_to_live().table_name(&name).send().await;
            let described = described.map_err(|e| StoreError::of("DescribeTimeToLive", &e))?;
            let enabled = described.time_to_live_description().is_some_and(|found| {
                found.attribute_name() == Some(attribute)
                    && matches!(
                        found.time_to_live_status(),
                        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
                    )
            });
            if !enabled {
                condition.missing.push("what has ended is not cleaned up (time to live)".to_owned());
            }
        }
        if !described.deletion_protection_enabled().unwrap_or(false) {
            condition.missing.push("deletion protection".to_owned());
        }
        Ok(condition)
    }
}

fn keys(schema: &[KeySchemaElement]) -> Vec<&str> {
    schema.iter().map(KeySchemaElement::attribute_name).collect()
}

fn expected<'k>(partition: &'k KeyAttribute, sort: Option<&'k KeyAttribute>) -> Vec<&'k str> {
    [partition].into_iter().chain(sort).map(|(name, _)| *name).collect()
}
