//! Access tokens that were revoked before their expiry (RFC 7009).

use aws_sdk_dynamodb::Client as DynamoDb;

use super::error::StoreError;
use super::item::Writer;
use super::tables::Tables;
use super::{read, schema};
use crate::domain::access_token::Claims;

/// The revocations of a deployment. An entry lives until the token expires.
#[derive(Debug, Clone)]
pub struct RevocationStore {
    dynamodb: DynamoDb,
    table: String,
}

impl RevocationStore {
    /// The revocations of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::REVOCATIONS) }
    }

    /// Revokes a token; revoking it again has no effect.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn revoke(&self, claims: &Claims) -> Result<(), StoreError> {
        let item = Writer::default()
            .text(schema::TOKEN_ID, claims.jti.as_str())
            .text(schema::CLIENT_ID, claims.client_id.as_str())
            .number(schema::PURGE_AT, claims.exp)
            .finish();
        let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item)).send().await;
        put.map(drop).map_err(|e| StoreError::of("PutItem", &e))
    }

    /// Checks whether a token was revoked, with a strongly consistent read.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn is_revoked(&self, claims: &Claims) -> Result<bool, StoreError> {
        let key = Writer::default().text(schema::TOKEN_ID, claims.jti.as_str()).finish();
        Ok(read::item(&self.dynamodb, &self.table, key).await?.is_some())
    }
}
