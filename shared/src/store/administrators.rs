//! Administrators and their sessions.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::Timestamp;

use super::audit::AuditTrail;
use super::item::{self, Item, Writer};
use super::read::{self, Listing};
use super::{CommitError, Corrupt, Cursor, Page, StoreError, Write, schema};
use crate::domain::administrator::{Administrator, Email};
use crate::domain::event::{Action, Attribution, NewEvent, Target, Trail};
use crate::domain::id::{AdministratorId, OrganizationKey};
use crate::domain::session::{Session, SessionDigest};

/// The administrators of a deployment.
#[derive(Debug, Clone)]
pub struct AdministratorStore {
    dynamodb: DynamoDb,
    table: String,
}

impl AdministratorStore {
    /// The administrators in this table.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        Self { dynamodb, table }
    }

    /// An account, strongly consistent.
    pub async fn get(&self, id: &AdministratorId) -> Result<Option<Administrator>, StoreError> {
        let item = self.item(item::administrator::key(id)).await?;
        Ok(item.as_ref().map(item::administrator::read).transpose()?)
    }

    /// The account that signs in with this address.
    pub async fn by_email(&self, email: &Email) -> Result<Option<Administrator>, StoreError> {
        match self.item(item::administrator::email_key(email)).await? {
            Some(item) => self.get(&item::administrator::read_owner(&item)?).await,
            None => Ok(None),
        }
    }

    /// A page of at most `limit` accounts of an organization, in the order of their ids. Eventually consistent.
    pub async fn page(
        &self,
        organization: &OrganizationKey,
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<Administrator>, StoreError> {
        listing(organization).page(&self.dynamodb, &self.table, from, limit).await
    }

    /// Everybody of an organization, in the order of their ids; an account that does not read stands for itself.
    /// Eventually consistent.
    pub async fn all(&self, organization: &OrganizationKey) -> Result<Vec<Result<Administrator, Corrupt>>, StoreError> {
        listing(organization).all(&self.dynamodb, &self.table).await
    }

    /// Commits a new account.
    ///
    /// A conflict at write 1 says that the address is taken.
    pub async fn create(
        &self,
        administrator: &Administrator,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let next = Administrator { version: administrator.version.next(), ..administrator.clone() };
        let writes = vec![
            Write::create(&self.table, schema::ID, item::administrator::write(&next)),
            Write::create(&self.table, schema::ID, item::administrator::write_email(&next)),
        ];
        trail.commit(writes, &Self::event(administrator, Action::AdministratorCreated), by).await
    }

    /// What changes nothing, and holds only while an account is as it was read.
    #[must_use]
    pub fn expect(&self, administrator: &Administrator) -> Write {
        let key = item::administrator::key(&administrator.id);
        Write::expect_version(&self.table, key, item::administrator::VERSION, administrator.version)
    }

    /// Begins a session with a one-time password of `totp_step`, which from then on is used up with all before it.
    ///
    /// A conflict at write 0 says that the one-time password was used already, or the account has gone.
    pub async fn sign_in(
        &self,
        administrator: &Administrator,
        totp_step: u64,
        session: &Session,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let used_up = self.use_up(administrator, totp_step);
        let begun = Write::create(&self.table, schema::ID, item::administrator::write_session(session));
        trail.commit(vec![used_up, begun], &Self::event(administrator, Action::SignedIn), by).await
    }

    /// Writes that a one-time password of `totp_step` was entered in a session; from then on it is used up
    /// with all before it.
    ///
    /// A conflict at write 0 says that the one-time password was used already, at write 1 that the session has ended.
    pub async fn step_up(
        &self,
        administrator: &Administrator,
        totp_step: u64,
        session: &Session,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::administrator::session_key(&session.digest)))
            .update_expression("SET #at = :at")
            .condition_expression("attribute_exists(#id)")
            .expression_attribute_names("#at", item::administrator::AUTHENTICATED_AT)
            .expression_attribute_names("#id", schema::ID)
            .set_expression_attribute_values(Some(Writer::default().time(":at", session.authenticated_at).finish()))
            .build();
        let stepped_up = Write(TransactWriteItem::builder().set_update(update.ok()).build());
        let writes = vec![self.use_up(administrator, totp_step), stepped_up];
        trail.commit(writes, &Self::event(administrator, Action::SteppedUp), by).await
    }

    /// Writes into the trail that a sign-in to an account, or a step-up in it, was refused.
    pub async fn record_refusal(
        &self,
        administrator: &Administrator,
        refused: Action,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        trail.commit(Vec::new(), &Self::event(administrator, refused), by).await
    }

    /// The session of this digest; whether it still lasts is for the caller to see.
    pub async fn session(&self, digest: &SessionDigest) -> Result<Option<Session>, StoreError> {
        let item = self.item(item::administrator::session_key(digest)).await?;
        Ok(item.as_ref().map(|item| item::administrator::read_session(digest, item)).transpose()?)
    }

    /// Writes when a session was last used; one that has ended meanwhile stays ended.
    pub async fn touch_session(&self, digest: &SessionDigest, now: Timestamp) -> Result<(), StoreError> {
        let touched = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::administrator::session_key(digest)))
            .update_expression("SET #seen = :now")
            .condition_expression("attribute_exists(#id)")
            .expression_attribute_names("#seen", item::administrator::LAST_SEEN_AT)
            .expression_attribute_names("#id", schema::ID)
            .set_expression_attribute_values(Some(Writer::default().time(":now", now).finish()))
            .send()
            .await;
        match touched {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(()),
            // a step-up or sign-out is under way; the next request touches again
            Err(SdkError::ServiceError(e)) if e.err().is_transaction_conflict_exception() => Ok(()),
            Err(e) => Err(StoreError::of("UpdateItem", &e)),
        }
    }

    /// Ends a session.
    pub async fn sign_out(
        &self,
        administrator: &Administrator,
        digest: &SessionDigest,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let ended = Write::delete(&self.table, item::administrator::session_key(digest));
        trail.commit(vec![ended], &Self::event(administrator, Action::SignedOut), by).await
    }

    /// Takes a one-time password of `totp_step` and all before it: a code works once (RFC 6238 section 5.2).
    fn use_up(&self, administrator: &Administrator, totp_step: u64) -> Write {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::administrator::key(&administrator.id)))
            .update_expression("SET #s = :s")
            .condition_expression("#s < :s")
            .expression_attribute_names("#s", item::administrator::LAST_TOTP_STEP)
            .set_expression_attribute_values(Some(Writer::default().number(":s", totp_step).finish()))
            .build();
        Write(TransactWriteItem::builder().set_update(update.ok()).build())
    }

    fn event(administrator: &Administrator, action: Action) -> NewEvent {
        NewEvent {
            trail: Trail::of(administrator.organization.as_ref()),
            action,
            target: Target::Administrator(administrator.id.clone()),
            changes: Vec::new(),
        }
    }

    async fn item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        read::item(&self.dynamodb, &self.table, key).await
    }
}

fn listing(organization: &OrganizationKey) -> Listing<'_, Administrator> {
    Listing {
        listed_in: organization.as_str(),
        key: |id| Writer::default().text(schema::ID, id).finish(),
        read: item::administrator::read,
        place: |last: &Administrator| last.id.to_string(),
    }
}
