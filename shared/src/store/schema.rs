//! The tables: their keys, indexes and time-to-live attributes, which match those of the deployment template.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, TimeToLiveSpecification,
};

/// A key attribute and its type: `S` text or `N` number.
pub type KeyAttribute = (&'static str, ScalarAttributeType);

/// A global secondary index; it projects every attribute.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// Its partition key.
    pub partition: KeyAttribute,
    /// Its sort key.
    pub sort: KeyAttribute,
}

/// A table of the deployment.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name after the deployment's prefix, such as `audit-events`.
    pub name: &'static str,
    /// The environment variable that holds its full name.
    pub variable: &'static str,
    /// Its partition key.
    pub partition: KeyAttribute,
    /// Its sort key, where it has one.
    pub sort: Option<KeyAttribute>,
    /// Its indexes.
    pub indexes: &'static [Index],
    /// The attribute by which DynamoDB cleans up, in seconds since 1970; it never decides anything.
    pub time_to_live: Option<&'static str>,
}

const TEXT: ScalarAttributeType = ScalarAttributeType::S;
const NUMBER: ScalarAttributeType = ScalarAttributeType::N;

/// The time-to-live attribute, in seconds since 1970-01-01T00:00:00Z, of every table that has one.
pub const PURGE_AT: &str = "purge_at";
/// The partition key of `organizations`, and whose a client, administrator or event is.
pub const ORGANIZATION: &str = "organization";
/// The sort key of tables that keep an aggregate's parts in one partition.
pub const PART: &str = "part";
/// The partition key of `clients`.
pub const CLIENT_ID: &str = "client_id";
/// The partition key of `administrators` and `change-requests`.
pub const ID: &str = "id";
/// The partition key of `audit-events`.
pub const TRAIL: &str = "trail";
/// The sort key of `audit-events`.
pub const SEQUENCE: &str = "sequence";
/// The partition key of `revocations`.
pub const TOKEN_ID: &str = "token_id";
/// The partition key of `idempotency-keys`.
pub const IDEMPOTENCY_KEY: &str = "idempotency_key";
/// The partition key of `attempts`.
pub const SUBJECT: &str = "subject";
/// The partition key of `reminders`.
pub const RECIPIENT: &str = "recipient";
/// The sort key of `reminders`.
pub const ENTRY: &str = "entry";
/// The partition key of the indexes that list things; absent on what is not listed.
pub const LISTED_IN: &str = "listed_in";
/// The partition key of the index of what expires: the day, as `2026-03-01`; absent on what cannot expire.
pub const EXPIRY_DAY: &str = "expiry_day";
/// When something expires.
pub const EXPIRES_AT: &str = "expires_at";

/// The index that lists what belongs together.
pub const LISTING: &str = "listing";
/// The index of what expires, by day.
pub const EXPIRIES: &str = "expiries";

/// Organizations, and the resource catalogue.
pub const ORGANIZATIONS: Table = Table {
    name: "organizations",
    variable: "ORGANIZATIONS_TABLE",
    partition: (ORGANIZATION, TEXT),
    sort: Some((PART, TEXT)),
    indexes: &[Index { name: LISTING, partition: (LISTED_IN, TEXT), sort: (ORGANIZATION, TEXT) }],
    time_to_live: None,
};

/// Administrators, the addresses that they sign in with, their sessions, invitations, and who manages whom.
pub const ADMINISTRATORS: Table = Table {
    name: "administrators",
    variable: "ADMINISTRATORS_TABLE",
    partition: (ID, TEXT),
    sort: None,
    indexes: &[Index { name: LISTING, partition: (LISTED_IN, TEXT), sort: (ID, TEXT) }],
    time_to_live: Some(PURGE_AT),
};

/// Clients, each with its secrets in one partition.
pub const CLIENTS: Table = Table {
    name: "clients",
    variable: "CLIENTS_TABLE",
    partition: (CLIENT_ID, TEXT),
    sort: Some((PART, TEXT)),
    indexes: &[
        Index { name: LISTING, partition: (LISTED_IN, TEXT), sort: (CLIENT_ID, TEXT) },
        Index { name: EXPIRIES, partition: (EXPIRY_DAY, TEXT), sort: (EXPIRES_AT, TEXT) },
    ],
    time_to_live: Some(PURGE_AT),
};

/// Changes that wait for a second administrator, and those that waited.
///
/// The key is the id alone, since a link in a mail names nothing else. Ids sort by time, so the index lists the requests
/// of an organization in the order in which they were made, and those that can still wait are the end of it: no index of
/// what is undecided has to be kept. Nothing is purged: a request is the only place that has its discussion.
pub const CHANGE_REQUESTS: Table = Table {
    name: "change-requests",
    variable: "CHANGE_REQUESTS_TABLE",
    partition: (ID, TEXT),
    sort: None,
    indexes: &[Index { name: LISTING, partition: (LISTED_IN, TEXT), sort: (ID, TEXT) }],
    time_to_live: None,
};

/// The audit trail of each organization.
pub const AUDIT_EVENTS: Table = Table {
    name: "audit-events",
    variable: "AUDIT_EVENTS_TABLE",
    partition: (TRAIL, TEXT),
    sort: Some((SEQUENCE, NUMBER)),
    indexes: &[],
    time_to_live: None,
};

/// Access tokens revoked before their end.
pub const REVOCATIONS: Table = Table {
    name: "revocations",
    variable: "REVOCATIONS_TABLE",
    partition: (TOKEN_ID, TEXT),
    sort: None,
    indexes: &[],
    time_to_live: Some(PURGE_AT),
};

/// Failed authentications, counted per subject and window of time.
pub const ATTEMPTS: Table = Table {
    name: "attempts",
    variable: "ATTEMPTS_TABLE",
    partition: (SUBJECT, TEXT),
    sort: None,
    indexes: &[],
    time_to_live: Some(PURGE_AT),
};

/// Requests that came under an idempotency key, for a day.
pub const IDEMPOTENCY_KEYS: Table = Table {
    name: "idempotency-keys",
    variable: "IDEMPOTENCY_KEYS_TABLE",
    partition: (IDEMPOTENCY_KEY, TEXT),
    sort: None,
    indexes: &[],
    time_to_live: Some(PURGE_AT),
};

/// The ledger of reminders, and what is known of the addresses that they go to.
pub const REMINDERS: Table = Table {
    name: "reminders",
    variable: "REMINDERS_TABLE",
    partition: (RECIPIENT, TEXT),
    sort: Some((ENTRY, TEXT)),
    indexes: &[],
    time_to_live: Some(PURGE_AT),
};

/// Every table.
pub const TABLES: [Table; 9] = [
    ORGANIZATIONS,
    ADMINISTRATORS,
    CLIENTS,
    CHANGE_REQUESTS,
    AUDIT_EVENTS,
    REVOCATIONS,
    ATTEMPTS,
    REMINDERS,
    IDEMPOTENCY_KEYS,
];

/// A table that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot create the table {table}: {reason}")]
pub struct SchemaError {
    /// The table's full name.
    pub table: String,
    /// The error of the storage.
    pub reason: String,
}

impl Table {
    /// The full name in a deployment with this prefix, such as `countersign-audit-events`.
    #[must_use]
    pub fn name_in(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.name)
    }

    fn key(partition: &KeyAttribute, sort: Option<&KeyAttribute>) -> Vec<KeySchemaElement> {
        let element = |attribute: &KeyAttribute, kind| {
            KeySchemaElement::builder().attribute_name(attribute.0).key_type(kind).build().ok()
        };
        [element(partition, KeyType::Hash), sort.and_then(|sort| element(sort, KeyType::Range))]
            .into_iter()
            .flatten()
            .collect()
    }

    fn attributes(&self) -> Vec<AttributeDefinition> {
        let mut keys = vec![&self.partition];
        keys.extend(&self.sort);
        keys.extend(self.indexes.iter().flat_map(|index| [&index.partition, &index.sort]));
        keys.sort_by_key(|attribute| attribute.0);
        keys.dedup_by_key(|attribute| attribute.0);
        keys.into_iter()
            .filter_map(|(name, kind)| {
                AttributeDefinition::builder().attribute_name(*name).attribute_type(kind.clone()).build().ok()
            })
            .collect()
    }

    /// Creates the table if it does not exist: for the local stack only; on AWS the template creates it.
    ///
    /// # Errors
    /// If the storage refuses the table.
    pub async fn create_if_missing(&self, dynamodb: &Client, prefix: &str) -> Result<(), SchemaError> {
        let table = self.name_in(prefix);
        let all = Projection::builder().projection_type(ProjectionType::All).build();
        let indexes: Vec<_> = self
            .indexes
            .iter()
            .filter_map(|index| {
                GlobalSecondaryIndex::builder()
                    .index_name(index.name)
                    .set_key_schema(Some(Self::key(&index.partition, Some(&index.sort))))
                    .projection(all.clone())
                    .build()
                    .ok()
            })
            .collect();
        let created = dynamodb
            .create_table()
            .table_name(&table)
            .set_key_schema(Some(Self::key(&self.partition, self.sort.as_ref())))
            .set_attribute_definitions(Some(self.attributes()))
            .set_global_secondary_indexes((!indexes.is_empty()).then_some(indexes))
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await;
        match created {
            Ok(_) => {}
            Err(e) if e.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => return Ok(()),
            Err(e) => return Err(SchemaError { table, reason: DisplayErrorContext(&e).to_string() }),
        }
        let Some(attribute) = self.time_to_live else { return Ok(()) };
        let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute).build();
        match dynamodb
            .update_time_to_live()
            .table_name(&table)
            .set_time_to_live_specification(specification.ok())
            .send()
            .await
        {
            Ok(_) => Ok(()),
            Err(e) => Err(SchemaError { table, reason: DisplayErrorContext(&e).to_string() }),
        }
    }
}
