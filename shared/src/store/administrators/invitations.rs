//! Invitations, in the table of the administrators that they make.

use super::AdministratorStore;
use crate::domain::event::{Attribution, NewEvent};
use crate::domain::id::{InvitationId, OrganizationKey, Version};
use crate::domain::invitation::{Invitation, InvitationChange};
use crate::store::audit::AuditTrail;
use crate::store::error::{CommitError, StoreError};
use crate::store::page::{Cursor, InvalidCursor, Page};
use crate::store::read::Listing;
use crate::store::write::Write;
use crate::store::{item, schema};

impl AdministratorStore {
    /// An invitation, strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn invitation(&self, id: &InvitationId) -> Result<Option<Invitation>, StoreError> {
        let item = self.item(item::invitation::key(id)).await?;
        Ok(item.as_ref().map(item::invitation::read).transpose()?)
    }

    /// A page of at most `limit` invitations to an organization or, with none, of operators, in the order of their
    /// ids. Eventually consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn invitations(
        &self,
        organization: Option<&OrganizationKey>,
        from: Option<&Cursor>,
        limit: i32,
    ) -> Result<Page<Invitation>, StoreError> {
        let listing = Listing {
            listed_in: &item::invitation::listed_in(organization),
            key: item::invitation::key_of,
            read: item::invitation::read,
            place: |last: &Invitation| last.id.to_string(),
        };
        listing.page(&self.dynamodb, &self.table, from, limit).await
    }

    /// Checks that a cursor is one of the list of invitations.
    ///
    /// # Errors
    /// If the text is not a cursor of this list.
    pub fn invitation_cursor(text: &str) -> Result<Cursor, InvalidCursor> {
        let cursor = Cursor::decode(text)?;
        InvitationId::parse(cursor.0.as_str()).map(|_| cursor).map_err(|_| InvalidCursor)
    }

    /// Commits a change of an invitation.
    ///
    /// A conflict says that it has changed since it was read.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn commit_invitation(
        &self,
        change: &InvitationChange,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        trail.commit(vec![self.invitation_write(&change.after)], &change.event, by).await
    }

    /// Writes into the trail what was done with an invitation that stays as it is.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn record_of_invitation(
        &self,
        event: &NewEvent,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        trail.commit(Vec::new(), event, by).await
    }

    /// Returns the write that stores a new or changed invitation.
    #[must_use]
    pub fn invitation_write(&self, invitation: &Invitation) -> Write {
        let next = Invitation { version: invitation.version.next(), ..invitation.clone() };
        let item = item::invitation::write(&next);
        if invitation.version == Version::NEW {
            return Write::create(&self.table, schema::ID, item);
        }
        Write::replace(&self.table, item::administrator::VERSION, invitation.version, item)
    }
}
