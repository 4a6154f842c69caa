//! Suspension of an organization, copied to each of its clients, because the token endpoint reads only a client's own
//! partition.
//!
//! The table also holds a directory of each organization's clients, which, unlike an index, can be read strongly
//! consistently, and a mark while the organization is suspended. A client can only be created in the state given by the
//! mark, so that reading the directory after setting or removing the mark misses no client.

use super::audit::AuditTrail;
use super::clients::ClientStore;
use super::error::{CommitError, StoreError};
use super::item::{self, Writer};
use super::read::all_pages;
use super::write::Write;
use super::{batch, schema};
use crate::domain::client::Client;
use crate::domain::event::Attribution;
use crate::domain::id::{ClientId, OrganizationKey};
use crate::domain::organization::Organization;

/// Clients marked per transaction, which has room for 100 writes.
const BATCH: usize = 90;

impl ClientStore {
    /// Returns the write that begins or ends the suspension of an organization, for the transaction that decides it.
    #[must_use]
    pub fn suspension(&self, organization: &OrganizationKey, suspended: bool) -> Write {
        let mark = item::client::suspension_key(organization);
        if suspended { Write::put_whatever_is_there(&self.table, mark) } else { Write::delete(&self.table, mark) }
    }

    /// Returns the writes that accompany a new client: its entry in the directory, and a check that the suspension of
    /// its organization matches the client.
    pub(super) fn enlisting(&self, client: &Client) -> [Write; 2] {
        let place = item::client::directory_key(&client.organization, &client.client_id);
        [
            Write::put_whatever_is_there(&self.table, place),
            self.expect_suspension(&client.organization, client.suspended),
        ]
    }

    /// Returns the write that removes a deleted client from the directory.
    pub(super) fn delisting(&self, client: &Client) -> Write {
        Write::delete(&self.table, item::client::directory_key(&client.organization, &client.client_id))
    }

    /// Marks every client of an organization as suspended, or removes the marks. Clients already in that state are
    /// skipped, so that an interrupted call can be repeated. Each batch has its event.
    ///
    /// A conflict means that the organization was resumed or suspended again in the meantime.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn spread_suspension(
        &self,
        organization: &OrganizationKey,
        suspended: bool,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        for clients in self.directory(organization).await?.chunks(BATCH) {
            let open = self.marked_otherwise(clients, suspended).await?;
            if open.is_empty() {
                continue;
            }
            let marks = open.iter().map(|client_id| {
                let key = item::client::key(client_id, item::client::CLIENT_PART);
                Write::flag(&self.table, key, item::client::SUSPENDED, suspended, item::client::VERSION)
            });
            let writes = marks.chain([self.expect_suspension(organization, suspended)]).collect();
            let event = Organization::clients_follow(organization, suspended, &open);
            trail.commit(writes, &event, by).await?;
        }
        Ok(())
    }

    fn expect_suspension(&self, organization: &OrganizationKey, suspended: bool) -> Write {
        Write::expect(&self.table, item::client::suspension_key(organization), schema::CLIENT_ID, suspended)
    }

    /// Every client of an organization that is not deleted, strongly consistent.
    async fn directory(&self, organization: &OrganizationKey) -> Result<Vec<ClientId>, StoreError> {
        let partition = item::client::directory(organization);
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("#c = :c")
            .expression_attribute_names("#c", schema::CLIENT_ID)
            .set_expression_attribute_values(Some(Writer::default().text(":c", partition).finish()));
        let places = all_pages(query).await?;
        Ok(places
            .iter()
            .filter_map(|place| item::client::read_directory(place).transpose())
            .collect::<Result<_, _>>()?)
    }

    async fn marked_otherwise(&self, clients: &[ClientId], suspended: bool) -> Result<Vec<ClientId>, StoreError> {
        let keys = clients.iter().map(|client_id| item::client::key(client_id, item::client::CLIENT_PART)).collect();
        let attributes = [schema::CLIENT_ID, item::client::SUSPENDED];
        let items = batch::get(&self.dynamodb, &self.table, keys, &attributes, true).await?;
        let marks = items.iter().map(item::client::read_suspension).collect::<Result<Vec<_>, _>>()?;
        let otherwise = marks.into_iter().filter(|(_, marked)| *marked != suspended);
        Ok(otherwise.map(|(client_id, _)| client_id).collect())
    }
}
