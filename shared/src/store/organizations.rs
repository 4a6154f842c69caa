//! Organizations and the resource catalogue.

use aws_sdk_dynamodb::Client as DynamoDb;

use super::audit::AuditTrail;
use super::error::{CommitError, StoreError};
use super::item::Corrupt;
use super::item::{self, Writer};
use super::page::{Cursor, InvalidCursor, Page};
use super::read::{self, Listing, all_pages};
use super::schema;
use super::tables::Tables;
use super::write::Write;
use crate::domain::event::Attribution;
use crate::domain::id::OrganizationKey;
use crate::domain::organization::{Organization, OrganizationChange};
use crate::domain::resource::{Catalogue, CatalogueChange};

const LISTING: Listing<'static, Organization> = Listing {
    listed_in: item::organization::ALL_ORGANIZATIONS,
    key: |key| {
        let part = item::organization::ORGANIZATION_PART;
        Writer::default().text(schema::ORGANIZATION, key).text(schema::PART, part).finish()
    },
    read: item::organization::read,
    place: |last| last.key.to_string(),
};

/// The organizations of a deployment.
#[derive(Debug, Clone)]
pub struct OrganizationStore {
    dynamodb: DynamoDb,
    table: String,
}

impl OrganizationStore {
    /// The organizations of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::ORGANIZATIONS) }
    }

    /// An organization, strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn get(&self, key: &OrganizationKey) -> Result<Option<Organization>, StoreError> {
        let item = read::item(&self.dynamodb, &self.table, item::organization::key(key)).await?;
        Ok(item.as_ref().map(item::organization::read).transpose()?)
    }

    /// A page of at most `limit` organizations, in the order of their keys. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn page(&self, from: Option<&Cursor>, limit: i32) -> Result<Page<Organization>, StoreError> {
        LISTING.page(&self.dynamodb, &self.table, from, limit).await
    }

    /// Every organization, in the order of their keys; one that does not read stands for itself. Eventually
    /// consistent.
    ///
    /// # Errors
    /// If an attribute is missing or does not parse.
    pub async fn all(&self) -> Result<Vec<Result<Organization, Corrupt>>, StoreError> {
        LISTING.all(&self.dynamodb, &self.table).await
    }

    /// Checks that a cursor is one of this list.
    ///
    /// # Errors
    /// If the text is not a cursor of this list.
    pub fn cursor(text: &str) -> Result<Cursor, InvalidCursor> {
        let cursor = Cursor::decode(text)?;
        OrganizationKey::parse(cursor.0.as_str()).map(|_| cursor).map_err(|_| InvalidCursor)
    }

    /// Commits a change of an organization.
    ///
    /// # Errors
    ///
    /// [`CommitError::Conflict`], where the organization has changed since it was read or, if it is new, its key is
    /// taken; the others where the storage fails.
    pub async fn commit(
        &self,
        change: &OrganizationChange,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        trail.commit(vec![self.write(&change.after)], &change.event, by).await
    }

    /// The write of a new or changed organization, which expects the version that it had.
    #[must_use]
    pub fn write(&self, organization: &Organization) -> Write {
        let expected = organization.version;
        let next = Organization { version: expected.next(), ..organization.clone() };
        Write::replace(&self.table, item::organization::VERSION, expected, item::organization::write(&next))
    }

    /// The resource catalogue, strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn catalogue(&self) -> Result<Catalogue, StoreError> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#o = :o")
            .expression_attribute_names("#o", schema::ORGANIZATION)
            .set_expression_attribute_values(Some(
                Writer::default().text(":o", item::organization::CATALOGUE).finish(),
            ));
        Ok(item::organization::read_catalogue(&all_pages(query).await?)?)
    }

    /// Commits a resource that is added to the catalogue.
    ///
    /// # Errors
    ///
    /// [`CommitError::Conflict`], where the catalogue has changed since it was read; the others where the storage fails.
    pub async fn commit_resource(
        &self,
        change: &CatalogueChange,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let head = item::organization::write_catalogue_head(change.base.next());
        let writes = vec![
            Write::replace(&self.table, item::organization::VERSION, change.base, head),
            Write::create(&self.table, schema::ORGANIZATION, item::organization::write_resource(&change.resource)),
        ];
        trail.commit(writes, &change.event, by).await
    }
}
