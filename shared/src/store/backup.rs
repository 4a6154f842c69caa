//! Reading whole organizations for a backup; [`restore`] puts them back.

pub mod error;
pub mod restore;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client as DynamoDb;

use self::error::RestoreError;
use super::administrators::AdministratorStore;
use super::clients::ClientStore;
use super::error::StoreError;
use super::item::backup::{Kind, Record};
use super::item::{self, Item, Writer};
use super::organizations::OrganizationStore;
use super::read::{self, all_pages};
use super::schema;
use super::tables::Tables;
use crate::domain::event::Trail;
use crate::domain::id::{AdministratorId, ClientId, OrganizationKey};

/// The tables that a backup reads and a restoration writes.
#[derive(Debug, Clone)]
pub struct BackupStore {
    dynamodb: DynamoDb,
    tables: Tables,
}

impl BackupStore {
    /// The tables of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: Tables) -> Self {
        Self { dynamodb, tables }
    }

    fn table(&self, kind: Kind) -> String {
        let table = match kind {
            Kind::Resource | Kind::Organization => schema::ORGANIZATIONS,
            Kind::Client => schema::CLIENTS,
            Kind::Administrator => schema::ADMINISTRATORS,
        };
        self.tables.name(&table)
    }

    fn clients_store(&self) -> ClientStore {
        ClientStore::new(self.dynamodb.clone(), &self.tables)
    }

    fn administrators_store(&self) -> AdministratorStore {
        AdministratorStore::new(self.dynamodb.clone(), &self.tables)
    }

    fn organizations_store(&self) -> OrganizationStore {
        OrganizationStore::new(self.dynamodb.clone(), &self.tables)
    }

    /// The resources of the catalogue.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn resources(&self) -> Result<Vec<Record>, StoreError> {
        let catalogue = self.organizations_store().catalogue().await?;
        Ok(catalogue.resources.into_values().map(Record::Resource).collect())
    }

    /// An organization.
    ///
    /// # Errors
    /// If what is stored does not parse, or the storage fails.
    pub async fn organization(&self, key: &OrganizationKey) -> Result<Option<Record>, RestoreError> {
        let key = item::organization::key(key);
        let item = read::item(&self.dynamodb, &self.table(Kind::Organization), key).await?;
        record(Kind::Organization, item.as_slice())
    }

    /// The clients of an organization, deleted ones among them: the whole table is looked through, since no index
    /// has what is deleted.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn clients(&self, organization: &OrganizationKey) -> Result<BTreeSet<ClientId>, StoreError> {
        let values = Writer::default().text(":o", organization.as_str()).text(":c", item::client::CLIENT_PART).finish();
        let scan = self
            .dynamodb
            .scan()
            .table_name(self.table(Kind::Client))
            .consistent_read(true)
            .filter_expression("#o = :o AND #p = :c")
            .expression_attribute_names("#o", schema::ORGANIZATION)
            .expression_attribute_names("#p", schema::PART)
            .set_expression_attribute_values(Some(values));
        let mut ids = BTreeSet::new();
        let mut from = None;
        loop {
            let page = scan.clone().set_exclusive_start_key(from).send().await;
            let page = page.map_err(|e| StoreError::of("Scan", &e))?;
            for item in page.items() {
                ids.insert(item::client::read_organization(item)?.0);
            }
            from = page.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() {
                return Ok(ids);
            }
        }
    }

    /// A client with its secrets.
    ///
    /// # Errors
    /// If what is stored does not parse, or the storage fails.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Record>, RestoreError> {
        record(Kind::Client, &all_pages(self.clients_store().partition(id)).await?)
    }

    /// The administrators of an organization.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn administrators(&self, organization: &OrganizationKey) -> Result<Vec<AdministratorId>, StoreError> {
        let listed_in = Writer::default().text(":l", organization.as_str()).finish();
        let query = self
            .dynamodb
            .query()
            .table_name(self.table(Kind::Administrator))
            .index_name(schema::LISTING)
            .key_condition_expression("#l = :l")
            .expression_attribute_names("#l", schema::LISTED_IN)
            .set_expression_attribute_values(Some(listed_in));
        let items = all_pages(query).await?;
        let ids = items.iter().filter_map(|item| item.get(schema::ID)?.as_s().ok());
        // beside accounts the index may list what has another kind of id
        Ok(ids.filter_map(|id| AdministratorId::parse(id.as_str()).ok()).collect())
    }

    /// An account, with the item that keeps its address unique.
    ///
    /// # Errors
    /// If what is stored does not parse, or the storage fails.
    pub async fn administrator(&self, id: &AdministratorId) -> Result<Option<Record>, RestoreError> {
        let table = self.table(Kind::Administrator);
        let Some(account) = read::item(&self.dynamodb, &table, item::administrator::key(id)).await? else {
            return Ok(None);
        };
        let email = item::administrator::read(&account).map_err(StoreError::from)?.email;
        let address = read::item(&self.dynamodb, &table, item::administrator::email_key(&email)).await?;
        let items: Vec<Item> = [account].into_iter().chain(address).collect();
        record(Kind::Administrator, &items)
    }

    /// The audit trail of an organization, as it is stored, oldest first: with the hashes by which it can be checked.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn trail(&self, organization: &OrganizationKey) -> Result<Vec<Item>, StoreError> {
        let trail = item::event::trail_key(&Trail::Organization(organization.clone()));
        let query = self
            .dynamodb
            .query()
            .table_name(self.tables.name(&schema::AUDIT_EVENTS))
            .consistent_read(true)
            .key_condition_expression("#t = :t")
            .expression_attribute_names("#t", schema::TRAIL)
            .set_expression_attribute_values(Some(Writer::default().text(":t", trail).finish()));
        all_pages(query).await
    }
}

fn record(kind: Kind, items: &[Item]) -> Result<Option<Record>, RestoreError> {
    if items.is_empty() {
        return Ok(None);
    }
    Record::of(kind, items).map(Some).map_err(RestoreError::Unreadable)
}
