//! Sessions, in the table of the administrators whose they are.

use aws_sdk_dynamodb::error::SdkError;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::AdministratorStore;
use crate::domain::administrator::Administrator;
use crate::domain::event::{Action, Attribution, FieldChange};
use crate::domain::session::{Session, SessionDigest};
use crate::store::audit::AuditTrail;
use crate::store::error::{CommitError, StoreError};
use crate::store::item::{self, Writer};
use crate::store::read::all_pages;
use crate::store::schema;
use crate::store::write::Write;

impl AdministratorStore {
    /// The session of this digest; whether it still lasts is for the caller to see.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn session(&self, digest: &SessionDigest) -> Result<Option<Session>, StoreError> {
        let item = self.item(item::session::key(digest)).await?;
        Ok(item.as_ref().map(item::session::read).transpose()?)
    }

    /// The sessions of an account that last at `now`, newest first. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn sessions(&self, administrator: &Administrator, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let listed_in = Writer::default().text(":l", item::session::listed_in(&administrator.id)).finish();
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(schema::LISTING)
            .key_condition_expression("#l = :l")
            .expression_attribute_names("#l", schema::LISTED_IN)
            .set_expression_attribute_values(Some(listed_in));
        let items = all_pages(query).await?;
        let sessions = items.iter().map(item::session::read).collect::<Result<Vec<_>, _>>()?;
        let mut lasting: Vec<Session> =
            sessions.into_iter().filter(|session| session.is_alive_for(administrator, now)).collect();
        lasting.sort_by(|a, b| (b.created_at, b.id.as_str()).cmp(&(a.created_at, a.id.as_str())));
        Ok(lasting)
    }

    /// Writes that a one-time password of `totp_step` was entered in a session; from then on it is used up
    /// with all before it.
    ///
    /// A conflict of `Expectation::OneTimePasswordUnused` says that the one-time password was used already, any other that
    /// the session has ended.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn step_up(
        &self,
        administrator: &Administrator,
        totp_step: u64,
        session: &Session,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let at = Writer::default().optional_time(item::session::AUTHENTICATED_AT, session.authenticated_at).finish();
        let stepped_up = Write::set(&self.table, item::session::key(&session.digest), schema::ID, at);
        let writes = vec![self.use_up(administrator, totp_step), stepped_up];
        trail.commit(writes, &administrator.event(Action::SteppedUp, []), by).await
    }

    /// Writes when a session was last used; one that has ended meanwhile stays ended.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn touch_session(&self, digest: &SessionDigest, now: Timestamp) -> Result<(), StoreError> {
        let touched = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::session::key(digest)))
            .update_expression("SET #seen = :now")
            .condition_expression("attribute_exists(#id)")
            .expression_attribute_names("#seen", item::session::LAST_SEEN_AT)
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

    /// Ends a session by its own sign-out.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn sign_out(
        &self,
        administrator: &Administrator,
        digest: &SessionDigest,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let ended = Write::delete(&self.table, item::session::key(digest));
        trail.commit(vec![ended], &administrator.event(Action::SignedOut, []), by).await
    }

    /// Ends a session from another one.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn end_session(
        &self,
        administrator: &Administrator,
        session: &Session,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let ended = Write::delete(&self.table, item::session::key(&session.digest));
        let which = FieldChange::between("session_id", json!(session.id), Value::Null);
        trail.commit(vec![ended], &administrator.event(Action::SessionEnded, [which]), by).await
    }

    pub(super) fn begin_write(&self, session: &Session) -> Write {
        Write::create(&self.table, schema::ID, item::session::write(session))
    }
}
