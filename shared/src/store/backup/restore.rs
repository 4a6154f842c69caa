//! Restores records of a backup, and finds the obstacles to that.

use super::BackupStore;
use super::error::{Obstacle, RestoreError};
use crate::domain::administrator::Administrator;
use crate::domain::administrator::managers::{LastManager, Managers};
use crate::domain::event::{Action, Attribution, NewEvent, Target, Trail};
use crate::domain::id::OrganizationKey;
use crate::store::audit::AuditTrail;
use crate::store::error::{CommitError, StoreError};
use crate::store::item::backup::{Kind, Record};
use crate::store::write::{Expectation, Write};
use crate::store::{item, read, schema};

/// Maximum number of writes in one transaction, beside the event.
const WRITES: usize = 99;

/// Result of restoring a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// It did not exist and was created.
    Created,
    /// It existed with different content and was replaced.
    Replaced,
    /// It existed with the same content.
    Unchanged,
}

impl BackupStore {
    /// Returns the stored record with the same name.
    async fn stored(&self, record: &Record) -> Result<Option<Record>, RestoreError> {
        match record {
            Record::Resource(resource) => {
                let mut stored = self.organizations_store().catalogue().await?.resources;
                Ok(stored.remove(&resource.key).map(Record::Resource))
            }
            Record::Organization(organization) => self.organization(&organization.key).await,
            Record::Client(registration) => self.client(&registration.client.client_id).await,
            Record::Administrator(account) => self.administrator(&account.id).await,
        }
    }

    /// Returns the obstacle to restoring a record, if there is one.
    ///
    /// # Errors
    /// If there is an obstacle to restoring the record, it does not parse, or the storage fails.
    pub async fn obstacle(&self, record: &Record, overwrite: bool) -> Result<Option<Obstacle>, RestoreError> {
        let stored = self.stored(record).await?;
        self.obstacle_beside(record, stored.as_ref(), overwrite).await
    }

    async fn obstacle_beside(
        &self,
        record: &Record,
        stored: Option<&Record>,
        overwrite: bool,
    ) -> Result<Option<Obstacle>, RestoreError> {
        if let Some(stored) = stored {
            if stored.organization() != record.organization() {
                let owner = owner(stored.organization());
                return Ok(Some(Obstacle::Elsewhere { what: record.to_string(), owner }));
            }
            if stored.says_the_same_as(record) {
                return Ok(None);
            }
            if let Record::Resource(_) = record {
                return Ok(Some(Obstacle::Permanent(record.to_string())));
            }
            if !overwrite {
                return Ok(Some(Obstacle::Differs(record.to_string())));
            }
        }
        Ok(match record {
            Record::Resource(resource) => {
                let catalogue = self.organizations_store().catalogue().await?;
                let refused = catalogue.add(resource.clone().into(), resource.created_at).err();
                refused.map(|error| Obstacle::Catalogue(resource.key.clone(), error))
            }
            Record::Administrator(account) => match self.address_taken(record, account).await? {
                None => self.managers_with(account).await?.err().map(|e| Obstacle::LastManager(record.to_string(), e)),
                taken => taken,
            },
            Record::Organization(organization) => {
                organization.settings.check().err().map(|error| Obstacle::Settings(organization.key.clone(), error))
            }
            Record::Client(_) => None,
        })
    }

    async fn address_taken(&self, record: &Record, account: &Administrator) -> Result<Option<Obstacle>, StoreError> {
        let key = item::administrator::email_key(&account.email);
        let Some(address) = read::item(&self.dynamodb, &self.table(Kind::Administrator), key).await? else {
            return Ok(None);
        };
        let holder = item::administrator::read_owner(&address)?;
        if holder == account.id {
            return Ok(None);
        }
        let theirs = self.administrators_store().get(&holder).await?;
        let owner = owner(theirs.and_then(|theirs| theirs.organization).as_ref());
        Ok(Some(Obstacle::AddressTaken { what: record.to_string(), holder, owner }))
    }

    /// Returns the managers of administrators after the account is stored, if that changes them.
    async fn managers_with(
        &self,
        account: &Administrator,
    ) -> Result<Result<Option<Managers>, LastManager>, StoreError> {
        Ok(self.administrators_store().managers(account.organization.as_ref()).await?.with(account))
    }

    /// Restores a record, with its event. An identical record is left alone; a different one is replaced only with
    /// `overwrite`, and a resource never, since its audience and scopes are permanent.
    ///
    /// # Errors
    /// If there is an obstacle to restoring the record, it does not parse, or the storage fails.
    pub async fn restore(
        &self,
        record: Record,
        overwrite: bool,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<Restored, RestoreError> {
        let suspension = match &record {
            Record::Organization(organization) => Some((organization.key.clone(), organization.suspended_at.is_some())),
            _ => None,
        };
        let restored = self.put_back(record, overwrite, trail, by).await?;
        if let Some((organization, suspended)) = suspension {
            // clients created since the export are in no file, but follow their organization as well
            self.clients_store().spread_suspension(&organization, suspended, trail, by).await?;
        }
        Ok(restored)
    }

    async fn put_back(
        &self,
        mut record: Record,
        overwrite: bool,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<Restored, RestoreError> {
        let stored = self.stored(&record).await?;
        if let Some(obstacle) = self.obstacle_beside(&record, stored.as_ref(), overwrite).await? {
            return Err(obstacle.into());
        }
        let same = stored.as_ref().is_some_and(|stored| stored.says_the_same_as(&record));
        if same && self.is_marked_so(&record).await? {
            return Ok(Restored::Unchanged);
        }
        let event = match &record {
            Record::Resource(resource) => {
                let store = self.organizations_store();
                let added = store.catalogue().await?.add(resource.clone().into(), resource.created_at);
                let added = added.map_err(|error| Obstacle::Catalogue(resource.key.clone(), error))?;
                return match store.commit_resource(&added, trail, by).await {
                    Ok(()) => Ok(Restored::Created),
                    Err(CommitError::Conflict(_)) => Err(RestoreError::Raced("the catalogue".to_owned())),
                    Err(error) => Err(error.into()),
                };
            }
            Record::Organization(_) => Action::OrganizationImported,
            Record::Client(_) => Action::ClientImported,
            Record::Administrator(_) => Action::AdministratorImported,
        };
        let event = imported(&record, event);
        if let Some(stored) = &stored {
            record.set_version(stored.version().next());
        }
        let mut writes = self.own_writes(&record, stored.as_ref());
        let (what_is_beside, beside) = self.beside(&record).await?;
        writes.extend(beside);
        if writes.len() > WRITES {
            return Err(Obstacle::TooMany(record.to_string()).into());
        }
        trail.commit(writes, &event, by).await.map_err(|error| match error {
            CommitError::Conflict(Expectation::RecordUnchanged) => RestoreError::Raced(record.to_string()),
            CommitError::Conflict(_) => RestoreError::Raced(what_is_beside),
            other => other.into(),
        })?;
        Ok(if stored.is_some() { Restored::Replaced } else { Restored::Created })
    }

    /// The items of a record in the place of those that are stored.
    fn own_writes(&self, record: &Record, stored: Option<&Record>) -> Vec<Write> {
        let kind = record.kind();
        let (table, partition) = match kind {
            Kind::Resource | Kind::Organization => (self.table(kind), schema::ORGANIZATION),
            Kind::Client => (self.table(kind), schema::CLIENT_ID),
            Kind::Administrator => (self.table(kind), schema::ID),
        };
        let (kept, there) = (record.keys(), stored.map(Record::keys).unwrap_or_default());
        let gone = there.iter().filter(|key| !kept.contains(key)).map(|key| Write::delete(&table, key.clone()));
        let items = record.items().into_iter().enumerate().map(|(place, item)| match stored {
            Some(stored) if place == 0 => Write::replace(&table, item::client::VERSION, stored.version(), item),
            Some(_) if there.contains(&kind.key_in(&item)) => Write::put_whatever_is_there(&table, item),
            _ => Write::create(&table, partition, item),
        });
        gone.chain(items).map(|write| write.expecting(Expectation::RecordUnchanged)).collect()
    }

    /// Checks that the clients' table has the suspension mark exactly if the organization is suspended: the mark is
    /// lost with that table, while the organization stays.
    async fn is_marked_so(&self, record: &Record) -> Result<bool, StoreError> {
        let Record::Organization(organization) = record else { return Ok(true) };
        let key = item::client::suspension_key(&organization.key);
        let mark = read::item(&self.dynamodb, &self.table(Kind::Client), key).await?;
        Ok(mark.is_some() == organization.suspended_at.is_some())
    }

    /// Returns what is stored outside a record's own items and derived from them, as a description and as writes: the
    /// mark of a suspended organization, a client's entry in the directory of its organization, and the managers of its
    /// administrators.
    async fn beside(&self, record: &Record) -> Result<(String, Vec<Write>), RestoreError> {
        let clients = self.clients_store();
        Ok(match record {
            Record::Resource(_) => (String::new(), Vec::new()),
            Record::Organization(organization) => {
                let mark = clients.suspension(&organization.key, organization.suspended_at.is_some());
                (record.to_string(), vec![mark])
            }
            Record::Client(registration) => {
                let client = &registration.client;
                let writes = match client.deleted_at {
                    Some(_) => vec![clients.delisting(client)],
                    None => clients.enlisting(client).into(),
                };
                (format!("whether {} is suspended", client.organization), writes)
            }
            Record::Administrator(account) => {
                let managers = self.managers_with(account).await?;
                let managers = managers.map_err(|error| Obstacle::LastManager(record.to_string(), error))?;
                let renewed = managers.map(|managers| self.administrators_store().renew_managers(&managers));
                let writes = renewed.into_iter().collect();
                (format!("who manages the administrators of {}", owner(account.organization.as_ref())), writes)
            }
        })
    }
}

fn imported(record: &Record, action: Action) -> NewEvent {
    let target = match record {
        Record::Resource(resource) => Target::Resource(resource.key.clone()),
        Record::Organization(organization) => Target::Organization(organization.key.clone()),
        Record::Client(registration) => Target::Client(registration.client.client_id.clone()),
        Record::Administrator(account) => Target::Administrator(account.id.clone()),
    };
    NewEvent { trail: Trail::of(record.organization()), action, target, changes: Vec::new() }
}

/// Returns the owner in words.
fn owner(organization: Option<&OrganizationKey>) -> String {
    organization.map_or_else(|| "the operators".to_owned(), |key| format!("the organization {key}"))
}
