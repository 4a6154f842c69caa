//! Clients with their secrets.

use std::collections::HashMap;
use std::ops::Range;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::Timestamp;

use super::audit::AuditTrail;
use super::error::{CommitError, StoreError};
use super::item::Corrupt;
use super::item::client::Listed;
use super::item::{self, Writer};
use super::page::{Cursor, InvalidCursor, Page};
use super::read::{self, Listing, all_pages};
use super::tables::Tables;
use super::write::{Expectation, Write};
use super::{batch, schema};
use crate::domain::client::Client;
use crate::domain::client::registration::{Registration, RegistrationChange};
use crate::domain::event::Attribution;
use crate::domain::id::{ClientId, OrganizationKey, SecretId, Version};
use crate::domain::reminder::Expiring;
use crate::domain::secret::{LastUsed, Verifier};
use crate::domain::time::{DAY_SECONDS, plus_seconds};

/// The clients of a deployment.
#[derive(Debug, Clone)]
pub struct ClientStore {
    pub(super) dynamodb: DynamoDb,
    pub(super) table: String,
}

impl ClientStore {
    /// The clients of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::CLIENTS) }
    }

    /// A client with the given secret, if it has it: one strongly consistent read. Its cost here does not grow with the
    /// number of secrets, since the table filters them.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn with_secret(&self, id: &ClientId, secret: &SecretId) -> Result<Option<Registration>, StoreError> {
        let names_it = Writer::default().text(":s", secret.as_str()).finish();
        let query = self
            .partition(id)
            .filter_expression("attribute_not_exists(#s) OR #s = :s")
            .expression_attribute_names("#s", item::secret::SECRET_ID);
        let values = query.get_expression_attribute_values().clone().unwrap_or_default();
        let values = values.into_iter().chain(names_it).collect();
        let items = all_pages(query.set_expression_attribute_values(Some(values))).await?;
        Ok(item::client::read_partition(&items)?)
    }

    /// A client without its secrets, strongly consistent; a deleted one is there as its tombstone.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn client(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        let key = item::client::key(id, item::client::CLIENT_PART);
        let item = read::item(&self.dynamodb, &self.table, key).await?;
        Ok(item.as_ref().map(item::client::read).transpose()?)
    }

    /// Makes one read and ignores its answer, so that the first request finds an open connection: opening one takes
    /// most of a cold start, and Lambda does not throttle this phase. If the read fails, the first request connects
    /// again.
    pub async fn connect(&self) {
        if let Ok(nobody) = ClientId::parse("nobody") {
            drop(self.client(&nobody).await);
        }
    }

    /// A client with all of its secrets; a deleted one is there as its tombstone.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn registration(&self, id: &ClientId) -> Result<Option<Registration>, StoreError> {
        Ok(item::client::read_partition(&all_pages(self.partition(id)).await?)?)
    }

    /// Clients and secrets that expire in `within`, a period of at most a day or two, with the instant of expiry, in no
    /// order; an item that cannot be parsed is returned as its error. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn expiring(
        &self,
        within: &Range<Timestamp>,
    ) -> Result<Vec<Result<(Expiring, Timestamp), Corrupt>>, StoreError> {
        let mut found = Vec::new();
        let mut day_start = within.start;
        while day_start < within.end {
            let day = item::expiry_day(day_start);
            let last = plus_seconds(within.end, -1).to_string();
            let values = Writer::default().text(":d", &day).time(":from", within.start).text(":last", last).finish();
            let [id, secret, at] = item::client::EXPIRING;
            let query = self
                .dynamodb
                .query()
                .table_name(&self.table)
                .index_name(schema::EXPIRIES)
                .key_condition_expression("#d = :d AND #at BETWEEN :from AND :last")
                .projection_expression("#id, #s, #at")
                .expression_attribute_names("#d", schema::EXPIRY_DAY)
                .expression_attribute_names("#id", id)
                .expression_attribute_names("#s", secret)
                .expression_attribute_names("#at", at)
                .set_expression_attribute_values(Some(values));
            found.extend(all_pages(query).await?.iter().map(item::client::read_expiring));
            day_start = plus_seconds(day_start, DAY_SECONDS - day_start.as_second().rem_euclid(DAY_SECONDS));
        }
        Ok(found)
    }

    /// Returns the organizations of these clients; clients that cannot be parsed are left out. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn organizations_of(
        &self,
        ids: impl IntoIterator<Item = &ClientId>,
    ) -> Result<HashMap<ClientId, OrganizationKey>, StoreError> {
        let keys = ids.into_iter().map(|id| item::client::key(id, item::client::CLIENT_PART)).collect();
        let attributes = [schema::CLIENT_ID, schema::ORGANIZATION];
        let items = batch::get(&self.dynamodb, &self.table, keys, &attributes, false).await?;
        Ok(items.iter().filter_map(|item| item::client::read_organization(item).ok()).collect())
    }

    /// A page of at most `limit` clients of an organization, in the order of `client_id`. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn page(
        &self,
        organization: &OrganizationKey,
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<Listed>, StoreError> {
        let listing = Listing {
            listed_in: organization.as_str(),
            key: |id| {
                let part = item::client::CLIENT_PART;
                Writer::default().text(schema::CLIENT_ID, id).text(schema::PART, part).finish()
            },
            read: item::client::read_listed,
            place: |last: &Listed| last.client.client_id.to_string(),
        };
        listing.page(&self.dynamodb, &self.table, from, limit).await
    }

    /// When each of these clients, of those that ever were, was last used: a list does not say, since a use is written
    /// on its secret alone. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn last_uses(&self, listed: &[Listed]) -> Result<HashMap<ClientId, Timestamp>, StoreError> {
        let key = |client: &ClientId, secret: &SecretId| item::client::key(client, &item::secret::part(secret));
        let keys = listed.iter().flat_map(|Listed { client, secrets }| {
            secrets.iter().map(move |secret| key(&client.client_id, &secret.id))
        });
        let attributes = [schema::CLIENT_ID, item::secret::LAST_USED_AT];
        let items = batch::get(&self.dynamodb, &self.table, keys.collect(), &attributes, false).await?;
        let mut uses = HashMap::new();
        for item in &items {
            if let Some((client_id, at)) = item::secret::read_use(item)? {
                uses.entry(client_id).and_modify(|latest| *latest = at.max(*latest)).or_insert(at);
            }
        }
        Ok(uses)
    }

    /// Checks that a cursor is one of this list.
    ///
    /// # Errors
    /// If the text is not a cursor of this list.
    pub fn cursor(text: &str) -> Result<Cursor, InvalidCursor> {
        let cursor = Cursor::decode(text)?;
        ClientId::parse(cursor.0.as_str()).map(|_| cursor).map_err(|_| InvalidCursor)
    }

    /// Commits a change to a client and its secrets together with its event.
    ///
    /// A conflict means that the client has changed since it was read. For a new client, a conflict at the first write
    /// means that its client_id is taken, and at another write that its organization was suspended or resumed.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn commit(
        &self,
        change: &RegistrationChange,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        trail.commit(self.writes(change), &change.event, by).await
    }

    /// Returns the writes of a change to a client and its secrets; the first write expects the version that the client
    /// had.
    #[must_use]
    pub fn writes(&self, change: &RegistrationChange) -> Vec<Write> {
        let expected = change.after.client.version;
        let mut after = change.after.clone();
        after.client.version = expected.next();
        let id = &after.client.client_id;
        let client = item::client::write(&after);
        let mut writes = Vec::new();
        let own = Write::replace(&self.table, item::client::VERSION, expected, client);
        if expected == Version::NEW {
            writes.push(own.expecting(Expectation::ClientIdFree));
            writes.extend(self.enlisting(&after.client));
        } else {
            writes.push(own);
            writes.extend(after.client.deleted_at.map(|_| self.delisting(&after.client)));
        }
        let changed = after.secrets.iter().filter(|secret| change.changed.contains(&secret.id));
        writes.extend(changed.map(|secret| {
            let key = item::client::key(id, &item::secret::part(&secret.id));
            Write::merge(&self.table, key, item::secret::write(id, secret), &item::secret::OPTIONAL)
        }));
        writes.extend(
            change
                .forgotten
                .iter()
                .map(|secret| Write::delete(&self.table, item::client::key(id, &item::secret::part(secret)))),
        );
        writes
    }

    /// Returns a check that writes nothing and fails unless the client has this version.
    #[must_use]
    pub fn expect(&self, id: &ClientId, version: Version) -> Write {
        let key = item::client::key(id, item::client::CLIENT_PART);
        Write::expect_version(&self.table, key, item::client::VERSION, version)
    }

    /// Records when and from where a secret was last used; a secret removed in the meantime stays removed.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn record_use(&self, id: &ClientId, secret: &SecretId, used: &LastUsed) -> Result<(), StoreError> {
        let values = Writer::default().time(":at", used.at).text(":network", used.network.as_str()).finish();
        let update = self
            .update_secret(id, secret)
            .update_expression("SET #at = :at, #network = :network")
            .condition_expression("attribute_exists(#id)")
            .expression_attribute_names("#at", item::secret::LAST_USED_AT)
            .expression_attribute_names("#network", item::secret::LAST_USED_NETWORK)
            .expression_attribute_names("#id", schema::CLIENT_ID)
            .set_expression_attribute_values(Some(values));
        send_unless_moved(update).await
    }

    /// Replaces the verifier of a secret by one with the present hash parameters, unless it has changed meanwhile.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn rehash(
        &self,
        id: &ClientId,
        secret: &SecretId,
        from: &Verifier,
        to: &Verifier,
    ) -> Result<(), StoreError> {
        let values = Writer::default().text(":from", from.as_phc()).text(":to", to.as_phc()).finish();
        let update = self
            .update_secret(id, secret)
            .update_expression("SET #v = :to")
            .condition_expression("#v = :from")
            .expression_attribute_names("#v", item::secret::VERIFIER)
            .set_expression_attribute_values(Some(values));
        send_unless_moved(update).await
    }

    fn update_secret(&self, id: &ClientId, secret: &SecretId) -> UpdateItemFluentBuilder {
        let key = item::client::key(id, &item::secret::part(secret));
        self.dynamodb.update_item().table_name(&self.table).set_key(Some(key))
    }

    pub(super) fn partition(&self, id: &ClientId) -> QueryFluentBuilder {
        self.dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#c = :c")
            .expression_attribute_names("#c", schema::CLIENT_ID)
            .set_expression_attribute_values(Some(Writer::default().text(":c", id.as_str()).finish()))
    }
}

async fn send_unless_moved(update: UpdateItemFluentBuilder) -> Result<(), StoreError> {
    match update.send().await {
        Ok(_) => Ok(()),
        Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(()),
        Err(e) => Err(StoreError::of("UpdateItem", &e)),
    }
}
