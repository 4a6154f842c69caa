//! Reading whole organizations for a backup, and putting them back.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client as DynamoDb;

use super::administrators::AdministratorStore;
use super::audit::AuditTrail;
use super::clients::ClientStore;
use super::item::backup::{InvalidRecord, Kind, Name, Record};
use super::item::{self, Item, Writer};
use super::organizations::OrganizationStore;
use super::read::{self, all_pages};
use super::{CommitError, StoreError, Write, schema};
use crate::domain::event::{Action, Attribution, NewEvent, Target, Trail};
use crate::domain::id::{AdministratorId, ClientId, OrganizationKey};
use crate::domain::resource::Resource;

/// As many writes as fit into one transaction beside the event.
const WRITES: usize = 99;

/// The tables that a backup reads and a restoration writes.
#[derive(Debug, Clone)]
pub struct BackupStore {
    dynamodb: DynamoDb,
    prefix: String,
}

/// Why something was not put back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is there, and says something else.
    #[error("{0} is there already and differs from the file")]
    Differs(String),
    /// It has more parts than one transaction can write.
    #[error("{0} has too many secrets to be replaced at once: delete it, or some of them, first")]
    TooMany(String),
    /// Nobody would be left who manages the administrators.
    #[error("{0}")]
    LastManager(String),
    /// What is stored does not read.
    #[error("what is stored cannot be compared")]
    Unreadable(#[source] InvalidRecord),
    /// It could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl From<StoreError> for RestoreError {
    fn from(error: StoreError) -> Self {
        Self::Commit(error.into())
    }
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// It was not there, and is now.
    Created,
    /// It was there and differed, and was replaced.
    Replaced,
    /// It was there just so.
    Unchanged,
}

impl BackupStore {
    /// The tables whose names begin with `prefix`.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, prefix: &str) -> Self {
        Self { dynamodb, prefix: prefix.to_owned() }
    }

    fn table(&self, kind: Kind) -> String {
        let table = match kind {
            Kind::Resource | Kind::Organization => schema::ORGANIZATIONS,
            Kind::Client => schema::CLIENTS,
            Kind::Administrator => schema::ADMINISTRATORS,
        };
        table.name_in(&self.prefix)
    }

    /// The resources of the catalogue.
    pub async fn resources(&self) -> Result<Vec<Record>, RestoreError> {
        let store = OrganizationStore::new(self.dynamodb.clone(), self.table(Kind::Resource));
        let items = store.catalogue().await?.resources;
        let records = items.values().map(|resource| vec![item::organization::write_resource(resource)]);
        records.map(|items| Record::of(Kind::Resource, items).map_err(RestoreError::Unreadable)).collect()
    }

    /// An organization.
    pub async fn organization(&self, key: &OrganizationKey) -> Result<Option<Record>, RestoreError> {
        let key = item::organization::key(key);
        let item = read::item(&self.dynamodb, &self.table(Kind::Organization), key).await?;
        record(Kind::Organization, item.into_iter().collect())
    }

    /// The clients of an organization, deleted ones among them: the whole table is looked through, since no index
    /// has what is deleted.
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
    pub async fn client(&self, id: &ClientId) -> Result<Option<Record>, RestoreError> {
        let query = self
            .dynamodb
            .query()
            .table_name(self.table(Kind::Client))
            .consistent_read(true)
            .key_condition_expression("#c = :c")
            .expression_attribute_names("#c", schema::CLIENT_ID)
            .set_expression_attribute_values(Some(Writer::default().text(":c", id.as_str()).finish()));
        record(Kind::Client, all_pages(query).await?)
    }

    /// The administrators of an organization.
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
    pub async fn administrator(&self, id: &AdministratorId) -> Result<Option<Record>, RestoreError> {
        let table = self.table(Kind::Administrator);
        let Some(account) = read::item(&self.dynamodb, &table, item::administrator::key(id)).await? else {
            return Ok(None);
        };
        let email = item::administrator::read(&account).map_err(StoreError::from)?.email;
        let address = read::item(&self.dynamodb, &table, item::administrator::email_key(&email)).await?;
        record(Kind::Administrator, [account].into_iter().chain(address).collect())
    }

    /// What is stored under a record's name.
    async fn stored(&self, name: &Name) -> Result<Option<Record>, RestoreError> {
        match name {
            Name::Resource(resource) => {
                let same_key =
                    |other: &Record| matches!(other.name(), Name::Resource(other) if other.key == resource.key);
                Ok(self.resources().await?.into_iter().find(same_key))
            }
            Name::Organization(key) => self.organization(key).await,
            Name::Client(id, _) => self.client(id).await,
            Name::Administrator(id, _) => self.administrator(id).await,
        }
    }

    /// Whether something else is there under the record's name.
    pub async fn differs(&self, record: &Record) -> Result<bool, RestoreError> {
        Ok(self.stored(record.name()).await?.is_some_and(|stored| !stored.says_the_same_as(record)))
    }

    /// Puts a record back, with its event. What is there just so stays; what differs is replaced only where
    /// `overwrite` says so, and a resource, whose audience and scopes are permanent, never.
    pub async fn restore(
        &self,
        mut record: Record,
        overwrite: bool,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<Restored, RestoreError> {
        let stored = self.stored(record.name()).await?;
        let (shown, event) = match record.name().clone() {
            Name::Resource(resource) => {
                return self.restore_resource(stored.as_ref(), &record, &resource, trail, by).await;
            }
            Name::Organization(key) => (
                format!("the organization {key}"),
                imported(Some(&key.clone()), Action::OrganizationImported, Target::Organization(key)),
            ),
            Name::Client(id, organization) => {
                (format!("the client {id}"), imported(Some(&organization), Action::ClientImported, Target::Client(id)))
            }
            Name::Administrator(id, organization) => (
                format!("the administrator {id}"),
                imported(organization.as_ref(), Action::AdministratorImported, Target::Administrator(id)),
            ),
        };
        let beside = self.beside(&record).await?;
        let table = self.table(record.kind());
        let partition = match record.kind() {
            Kind::Resource | Kind::Organization => schema::ORGANIZATION,
            Kind::Client => schema::CLIENT_ID,
            Kind::Administrator => schema::ID,
        };
        let Some(stored) = stored else {
            let created = record.items.into_iter().map(|item| Write::create(&table, partition, item));
            let writes = created.chain(beside).collect();
            trail.commit(writes, &event, by).await.map_err(|error| match error {
                CommitError::Conflict { .. } => RestoreError::Differs(shown),
                other => other.into(),
            })?;
            return Ok(Restored::Created);
        };
        if stored.says_the_same_as(&record) {
            return Ok(Restored::Unchanged);
        }
        if !overwrite {
            return Err(RestoreError::Differs(shown));
        }
        let expected = stored.version();
        record.set_version(expected.next());
        let kept = record.keys();
        let gone = stored.keys().into_iter().filter(|key| !kept.contains(key));
        let mut writes: Vec<_> = gone.map(|key| Write::delete(&table, key)).collect();
        let mut items = record.items.into_iter();
        let head = items.next().map(|head| Write::replace(&table, item::client::VERSION, expected, head));
        writes.extend(head);
        writes.extend(items.map(|item| Write::put_whatever_is_there(&table, item)));
        writes.extend(beside);
        if writes.len() > WRITES {
            return Err(RestoreError::TooMany(shown));
        }
        trail.commit(writes, &event, by).await?;
        Ok(Restored::Replaced)
    }

    /// What is kept beside a record's own items and follows from them: the mark of a suspended organization, a client's
    /// place in the directory of its organization, and who manages its administrators.
    async fn beside(&self, record: &Record) -> Result<Vec<Write>, RestoreError> {
        let Some(head) = record.items.first() else { return Ok(Vec::new()) };
        let clients = ClientStore::new(self.dynamodb.clone(), self.table(Kind::Client));
        Ok(match record.name() {
            Name::Resource(_) => Vec::new(),
            Name::Organization(key) => {
                let organization = item::organization::read(head).map_err(StoreError::from)?;
                vec![clients.suspension(key, organization.suspended_at.is_some())]
            }
            Name::Client(..) => {
                let client = item::client::read(head).map_err(StoreError::from)?;
                if client.deleted_at.is_some() { Vec::new() } else { clients.enlisting(&client).into() }
            }
            Name::Administrator(_, organization) => {
                let account = item::administrator::read(head).map_err(StoreError::from)?;
                let store = AdministratorStore::new(self.dynamodb.clone(), self.table(Kind::Administrator));
                let managers = store.managers(organization.as_ref()).await?.with(&account);
                let managers =
                    managers.map_err(|error| RestoreError::LastManager(format!("{}: {error}", account.email)))?;
                managers.map(|managers| store.renew_managers(&managers)).into_iter().collect()
            }
        })
    }

    async fn restore_resource(
        &self,
        stored: Option<&Record>,
        record: &Record,
        resource: &Resource,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<Restored, RestoreError> {
        match stored {
            Some(stored) if stored.says_the_same_as(record) => return Ok(Restored::Unchanged),
            Some(_) => return Err(RestoreError::Differs(format!("the resource {}", resource.key))),
            None => {}
        }
        let store = OrganizationStore::new(self.dynamodb.clone(), self.table(Kind::Resource));
        store.commit_resource(&store.catalogue().await?, resource, trail, by).await?;
        Ok(Restored::Created)
    }
}

fn imported(organization: Option<&OrganizationKey>, action: Action, target: Target) -> NewEvent {
    NewEvent { trail: Trail::of(organization), action, target, changes: Vec::new() }
}

fn record(kind: Kind, items: Vec<Item>) -> Result<Option<Record>, RestoreError> {
    if items.is_empty() {
        return Ok(None);
    }
    Record::of(kind, items).map(Some).map_err(RestoreError::Unreadable)
}
