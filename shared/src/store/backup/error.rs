//! Reasons why a record of a backup is not restored.

use crate::domain::administrator::managers::LastManager;
use crate::domain::id::{AdministratorId, OrganizationKey, ResourceKey};
use crate::domain::organization::settings::InvalidSettings;
use crate::domain::resource::AddResourceError;
use crate::store::error::{CommitError, StoreError};
use crate::store::item::backup::InvalidRecord;

/// What stands in the way of putting something back. Trying again does not take it away.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// It is there, and says something else.
    #[error("{0} is there already and differs from the file")]
    Differs(String),
    /// It is there, says something else, and can never change.
    #[error("{0} is there already and differs from the file")]
    Permanent(String),
    /// It is there, and belongs to somebody else.
    #[error("{what} belongs to {owner}")]
    Elsewhere {
        /// What it is.
        what: String,
        /// Whose it is.
        owner: String,
    },
    /// Another account signs in with the address.
    #[error("the address of {what} is that of the account {holder} of {owner}")]
    AddressTaken {
        /// Whose address it is in the file.
        what: String,
        /// Who has it.
        holder: AdministratorId,
        /// Whose account that is.
        owner: String,
    },
    /// The catalogue does not take the resource.
    #[error("the resource {0} cannot come into the catalogue: {1}")]
    Catalogue(ResourceKey, AddResourceError),
    /// The organization has settings that are not allowed.
    #[error("the organization {0} cannot have these settings: {1}")]
    Settings(OrganizationKey, InvalidSettings),
    /// Nobody would be left who manages the administrators.
    #[error("{0}: {1}")]
    LastManager(String, LastManager),
    /// It has more parts than one transaction can write.
    #[error("{0} has too many secrets to be replaced at once")]
    TooMany(String),
}

/// Why something was not put back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something stands in the way.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// Somebody else changed it at the same moment.
    #[error("{0} was changed by somebody else at the same moment")]
    Raced(String),
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
