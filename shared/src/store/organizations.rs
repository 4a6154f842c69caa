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
use crate::domain::event::{Action, Attribution, FieldChange, NewEvent, Target, Trail};
use crate::domain::id::OrganizationKey;
use crate::domain::organization::Organization;
use crate::domain::resource::{Catalogue, Resource};

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
    pub async fn get(&self, key: &OrganizationKey) -> Result<Option<Organization>, StoreError> {
        let item = read::item(&self.dynamodb, &self.table, item::organization::key(key)).await?;
        Ok(item.as_ref().map(item::organization::read).transpose()?)
    }

    /// A page of at most `limit` organizations, in the order of their keys. Eventually consistent.
    pub async fn page(&self, from: Option<&Cursor>, limit: i32) -> Result<Page<Organization>, StoreError> {
        LISTING.page(&self.dynamodb, &self.table, from, limit).await
    }

    /// Every organization, in the order of their keys; one that does not read stands for itself. Eventually
    /// consistent.
    pub async fn all(&self) -> Result<Vec<Result<Organization, Corrupt>>, StoreError> {
        LISTING.all(&self.dynamodb, &self.table).await
    }

    /// Checks that a cursor is one of this list.
    pub fn cursor(text: &str) -> Result<Cursor, InvalidCursor> {
        let cursor = Cursor::decode(text)?;
        OrganizationKey::parse(cursor.0.as_str()).map(|_| cursor).map_err(|_| InvalidCursor)
    }

    /// Commits an organization that is new or changed, its version the one before the change.
    ///
    /// A conflict says that it has changed since it was read or, where it is new, that its key is taken.
    pub async fn commit(
        &self,
        organization: &Organization,
        action: Action,
        changes: Vec<FieldChange>,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let (write, event) = self.change(organization, action, changes);
        trail.commit(vec![write], &event, by).await
    }

    /// What a new or changed organization writes, expecting the version that it had, and its event.
    #[must_use]
    pub fn change(&self, organization: &Organization, action: Action, changes: Vec<FieldChange>) -> (Write, NewEvent) {
        let expected = organization.version;
        let next = Organization { version: expected.next(), ..organization.clone() };
        let item = item::organization::write(&next);
        let event = NewEvent {
            trail: Trail::Organization(next.key.clone()),
            action,
            target: Target::Organization(next.key),
            changes,
        };
        (Write::replace(&self.table, item::organization::VERSION, expected, item), event)
    }

    /// The resource catalogue, strongly consistent.
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

    /// Commits a new resource that was checked against `catalogue`.
    pub async fn commit_resource(
        &self,
        catalogue: &Catalogue,
        resource: &Resource,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let head = item::organization::write_catalogue_head(catalogue.version.next());
        let scopes: serde_json::Map<_, _> =
            resource.levels.iter().map(|(level, scope)| (level.as_str().to_owned(), scope.as_str().into())).collect();
        let changes = [
            FieldChange::between("name", serde_json::Value::Null, resource.name.as_str().into()),
            FieldChange::between("audience", serde_json::Value::Null, resource.audience.as_str().into()),
            FieldChange::between("scopes", serde_json::Value::Null, scopes.into()),
        ];
        let event = NewEvent {
            trail: Trail::Platform,
            action: Action::ResourceCreated,
            target: Target::Resource(resource.key.clone()),
            changes: changes.into_iter().flatten().collect(),
        };
        let writes = vec![
            Write::replace(&self.table, item::organization::VERSION, catalogue.version, head),
            Write::create(&self.table, schema::ORGANIZATION, item::organization::write_resource(resource)),
        ];
        trail.commit(writes, &event, by).await
    }
}
