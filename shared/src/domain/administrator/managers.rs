//! Who may manage administrators: an organization, and the deployment, always keeps somebody who can.

use std::collections::BTreeSet;

use super::Administrator;
use crate::domain::id::{AdministratorId, OrganizationKey, Version};
use crate::domain::privilege::Privilege;

/// Without this person nobody would be left to manage the administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody else could manage the administrators")]
pub struct LastManager;

/// Everybody who can manage the administrators and the settings of one organization or, for the operators, of the deployment.
///
/// It is stored and versioned by itself, so that two who are removed at the same time cannot both be the one but last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managers {
    /// Whose administrators; none is the operators.
    pub organization: Option<OrganizationKey>,
    /// The accounts.
    pub members: BTreeSet<AdministratorId>,
    /// Version for optimistic locking.
    pub version: Version,
}

impl Managers {
    /// What a manager holds.
    pub const PRIVILEGES: [Privilege; 3] =
        [Privilege::ClientsRead, Privilege::AdministratorsManage, Privilege::OrganizationChange];

    /// Nobody yet.
    #[must_use]
    pub fn nobody(organization: Option<OrganizationKey>) -> Self {
        Self { organization, members: BTreeSet::new(), version: Version::NEW }
    }

    /// The managers once `administrator` is stored as it is given, where that changes them.
    ///
    /// # Errors
    /// `LastManager` if nobody would be left.
    pub fn with(&self, administrator: &Administrator) -> Result<Option<Self>, LastManager> {
        if !administrator.is_manager() {
            return self.without(&administrator.id);
        }
        let mut after = self.clone();
        Ok(after.members.insert(administrator.id.clone()).then_some(after))
    }

    /// The managers without `id`, where that changes them.
    ///
    /// # Errors
    /// `LastManager` if nobody would be left.
    pub fn without(&self, id: &AdministratorId) -> Result<Option<Self>, LastManager> {
        let mut after = self.clone();
        if !after.members.remove(id) {
            return Ok(None);
        }
        if after.members.is_empty() { Err(LastManager) } else { Ok(Some(after)) }
    }
}

impl Administrator {
    /// Whether they can manage the administrators and the settings where they are one, and decide when a colleague asks
    /// for a change of these. An operator has to operate for that: without, the account reaches nothing.
    #[must_use]
    pub fn is_manager(&self) -> bool {
        let manages = Managers::PRIVILEGES.iter().all(|privilege| self.privileges.contains(privilege));
        manages && (self.organization.is_some() || self.privileges.contains(&Privilege::PlatformOperate))
    }
}
