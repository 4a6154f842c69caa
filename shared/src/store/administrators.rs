//! Administrators, with their sessions and invitations.

mod invitations;
mod sessions;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};

use super::audit::AuditTrail;
use super::error::{CommitError, StoreError};
use super::item::Corrupt;
use super::item::{self, Item, Writer};
use super::page::{Cursor, InvalidCursor, Page};
use super::read::{self, Listing};
use super::schema;
use super::tables::Tables;
use super::write::{Expectation, Write};
use crate::domain::administrator::Administrator;
use crate::domain::administrator::change::{AdministratorChange, Effect, SessionEffect};
use crate::domain::administrator::managers::Managers;
use crate::domain::email::Email;
use crate::domain::event::{Action, Attribution};
use crate::domain::id::{AdministratorId, OrganizationKey, Version};
use crate::domain::session::Session;

/// Maximum number of attempts to commit a new account while the managers of administrators change concurrently.
const TRIES: u32 = 20;

/// The administrators of a deployment.
#[derive(Debug, Clone)]
pub struct AdministratorStore {
    dynamodb: DynamoDb,
    table: String,
}

impl AdministratorStore {
    /// The administrators of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::ADMINISTRATORS) }
    }

    /// An account, strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn get(&self, id: &AdministratorId) -> Result<Option<Administrator>, StoreError> {
        let item = self.item(item::administrator::key(id)).await?;
        Ok(item.as_ref().map(item::administrator::read).transpose()?)
    }

    /// The account that signs in with this address.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn by_email(&self, email: &Email) -> Result<Option<Administrator>, StoreError> {
        match self.item(item::administrator::email_key(email)).await? {
            Some(item) => self.get(&item::administrator::read_owner(&item)?).await,
            None => Ok(None),
        }
    }

    /// Returns the managers of the administrators of an organization or, with `None`, of the operators. Strongly
    /// consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn managers(&self, organization: Option<&OrganizationKey>) -> Result<Managers, StoreError> {
        match self.item(item::administrator::managers_key(organization)).await? {
            Some(item) => Ok(item::administrator::read_managers(organization, &item)?),
            None => Ok(Managers::nobody(organization.cloned())),
        }
    }

    /// A page of at most `limit` accounts of an organization or, with none, of operators, in the order of their ids.
    /// Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn page(
        &self,
        organization: Option<&OrganizationKey>,
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<Administrator>, StoreError> {
        listing(organization).page(&self.dynamodb, &self.table, from, limit).await
    }

    /// All accounts of an organization, in the order of their ids; an account that cannot be parsed is returned as its
    /// error. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn all(&self, organization: &OrganizationKey) -> Result<Vec<Result<Administrator, Corrupt>>, StoreError> {
        listing(Some(organization)).all(&self.dynamodb, &self.table).await
    }

    /// Checks that a cursor is one of the list of accounts.
    ///
    /// # Errors
    /// If the text is not a cursor of this list.
    pub fn cursor(text: &str) -> Result<Cursor, InvalidCursor> {
        let cursor = Cursor::decode(text)?;
        AdministratorId::parse(cursor.0.as_str()).map(|_| cursor).map_err(|_| InvalidCursor)
    }

    /// Commits a new account that somebody vouches for, such as the first of a deployment.
    ///
    /// A conflict means that the address is taken.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn create(
        &self,
        administrator: &Administrator,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        for _ in 0..TRIES {
            let managers = self.managers(administrator.organization.as_ref()).await?;
            // a new account removes no manager
            let Ok(change) = administrator.clone().create(&managers) else { return Err(CommitError::Busy) };
            match self.commit(&change, trail, by).await {
                Err(CommitError::Conflict(Expectation::ManagersUnchanged)) => {}
                other => return other,
            }
        }
        Err(CommitError::Busy)
    }

    /// Commits a change of an account, with its event and all that belongs to it.
    ///
    /// A conflict means that something has changed since it was read. For a new account, a conflict on
    /// [`Expectation::AddressFree`] means that the address is taken.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn commit(
        &self,
        change: &AdministratorChange,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        trail.commit(self.writes(change), &change.event, by).await
    }

    /// Returns the writes of a change of an account.
    #[must_use]
    pub fn writes(&self, change: &AdministratorChange) -> Vec<Write> {
        let AdministratorChange { after, effect, managers, invitation, session, event: _ } = change;
        let key = item::administrator::key(&after.id);
        let version = (item::administrator::VERSION, after.version);
        let next = Administrator { version: after.version.next(), ..after.clone() };
        let mut writes = match effect {
            Effect::Created => vec![
                Write::create(&self.table, schema::ID, item::administrator::write(&next)),
                Write::create(&self.table, schema::ID, item::administrator::write_email(&next))
                    .expecting(Expectation::AddressFree),
            ],
            Effect::Updated => {
                let mut item = item::administrator::write(&next);
                // a sign-in writes these without a version of their own: they stay as they are stored
                item.remove(item::administrator::LAST_TOTP_STEP);
                let mut optional = item::administrator::OPTIONAL.to_vec();
                if !matches!(session, Some(SessionEffect::Begin(_))) {
                    item.remove(item::administrator::LAST_SIGNED_IN_AT);
                    optional.retain(|name| *name != item::administrator::LAST_SIGNED_IN_AT);
                }
                vec![Write::merge_at(&self.table, key, version, item, &optional)]
            }
            Effect::Reenrolled => {
                let item = item::administrator::write(&next);
                vec![Write::merge_at(&self.table, key, version, item, &item::administrator::OPTIONAL)]
            }
            Effect::Removed => vec![
                Write::delete_at(&self.table, key, version),
                Write::delete(&self.table, item::administrator::email_key(&after.email)),
            ],
        };
        writes.extend(managers.as_ref().map(|managers| self.renew_managers(managers)));
        writes.extend(invitation.as_ref().map(|invitation| self.invitation_write(invitation)));
        writes.extend(session.as_ref().map(|effect| match effect {
            SessionEffect::Begin(session) => self.begin_write(session),
            SessionEffect::Keep(digest) => {
                let epoch = Writer::default().number(item::session::EPOCH, after.session_epoch).finish();
                Write::set(&self.table, item::session::key(digest), schema::ID, epoch)
            }
        }));
        writes
    }

    /// Those who manage administrators, unchanged but for their version.
    #[must_use]
    pub fn renew_managers(&self, managers: &Managers) -> Write {
        let next = Managers { version: managers.version.next(), ..managers.clone() };
        let item = item::administrator::write_managers(&next);
        Write::replace(&self.table, item::administrator::VERSION, managers.version, item)
            .expecting(Expectation::ManagersUnchanged)
    }

    /// Returns a check that writes nothing and fails if the account has changed since it was read.
    #[must_use]
    pub fn expect(&self, administrator: &Administrator) -> Write {
        let key = item::administrator::key(&administrator.id);
        Write::expect_version(&self.table, key, item::administrator::VERSION, administrator.version)
    }

    /// Begins a session with a one-time password of `totp_step`, which is then used up together with all earlier ones.
    ///
    /// A conflict means that the one-time password was already used, or that the account was changed or removed since
    /// it was read.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn sign_in(
        &self,
        administrator: &Administrator,
        totp_step: u64,
        session: &Session,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let values = Writer::default()
            .number(":s", totp_step)
            .number(":v", administrator.version)
            .time(":at", session.created_at)
            .finish();
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::administrator::key(&administrator.id)))
            .update_expression("SET #s = :s, #at = :at")
            .condition_expression("#s < :s AND #v = :v")
            .expression_attribute_names("#s", item::administrator::LAST_TOTP_STEP)
            .expression_attribute_names("#at", item::administrator::LAST_SIGNED_IN_AT)
            .expression_attribute_names("#v", item::administrator::VERSION)
            .set_expression_attribute_values(Some(values))
            .build();
        let used_up = Write::of(TransactWriteItem::builder().set_update(update.ok()).build())
            .expecting(Expectation::OneTimePasswordUnused);
        let writes = vec![used_up, self.begin_write(session)];
        trail.commit(writes, &administrator.event(Action::SignedIn, []), by).await
    }

    /// Records in the trail that a sign-in to an account, or an operation in it, was refused.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn record_refusal(
        &self,
        administrator: &Administrator,
        refused: Action,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        trail.commit(Vec::new(), &administrator.event(refused, []), by).await
    }

    /// Uses up a one-time password of `totp_step` and all earlier ones: a code works once (RFC 6238 section 5.2).
    fn use_up(&self, administrator: &Administrator, totp_step: u64) -> Write {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::administrator::key(&administrator.id)))
            .update_expression("SET #s = :s")
            .condition_expression("#s < :s")
            .expression_attribute_names("#s", item::administrator::LAST_TOTP_STEP)
            .set_expression_attribute_values(Some(Writer::default().number(":s", totp_step).finish()))
            .build();
        Write::of(TransactWriteItem::builder().set_update(update.ok()).build())
            .expecting(Expectation::OneTimePasswordUnused)
    }

    async fn item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        read::item(&self.dynamodb, &self.table, key).await
    }
}

/// The account as it is after a change was committed.
#[must_use]
pub fn committed(change: AdministratorChange) -> Administrator {
    let version: Version = change.after.version.next();
    Administrator { version, ..change.after }
}

fn listing(organization: Option<&OrganizationKey>) -> Listing<'_, Administrator> {
    Listing {
        listed_in: item::administrator::listed_in(organization),
        key: |id| Writer::default().text(schema::ID, id).finish(),
        read: item::administrator::read,
        place: |last: &Administrator| last.id.to_string(),
    }
}
