//! Reasons why a record of a backup is not restored.

use crate::domain::administrator::managers::LastManager;
use crate::domain::id::{AdministratorId, OrganizationKey, ResourceKey};
use crate::domain::organization::settings::InvalidSettings;
use crate::domain::resource::AddResourceError;
use crate::store::error::{CommitError, StoreError};
use crate::store::item::backup::InvalidRecord;

/// Obstacle to restoring a record. Trying again does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// It exists with different content.
    #[error("{0} is there already and differs from the file")]
    Differs(String),
    /// It exists with different content, and can never change.
    #[error("{0} is there already and differs from the file")]
    Permanent(String),
    /// It exists and belongs to another owner.
    #[error("{what} belongs to {owner}")]
    Elsewhere {
        /// The record.
        what: String,
        /// Its owner.
        owner: String,
    },
    /// Another account signs in with the address.
    #[error("the address of {what} is that of the account {holder} of {owner}")]
    AddressTaken {
        /// The account with this address in the file.
        what: String,
        /// The account that has the address now.
        holder: AdministratorId,
        /// The owner of that account.
        owner: String,
    },
    /// The catalogue refuses the resource.
    #[error("the resource {0} cannot come into the catalogue: {1}")]
    Catalogue(ResourceKey, AddResourceError),
    /// The organization has settings that are not allowed.
    #[error("the organization {0} cannot have these settings: {1}")]
    Settings(OrganizationKey, InvalidSettings),
    /// Nobody would be left to manage the administrators.
    #[error("{0}: {1}")]
    LastManager(String, LastManager),
    /// It has more parts than one transaction can write.
    #[error("{0} has too many secrets to be replaced at once")]
    TooMany(String),
}

/// Reason why a record was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is an obstacle.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// Somebody else changed it at the same moment.
    #[error("{0} was changed by somebody else at the same moment")]
    Raced(String),
    /// A stored record cannot be parsed.
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
