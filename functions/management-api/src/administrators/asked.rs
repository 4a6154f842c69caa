//! Requested privileges: by the name of a role, or one by one.

use std::collections::BTreeSet;

use shared::domain::privilege::{Privilege, Role};

use crate::app::error::ApiError;

/// A role, or privileges, or neither.
pub(crate) struct AskedPrivileges {
    pub(crate) role: Option<Role>,
    pub(crate) privileges: Option<BTreeSet<Privilege>>,
}

impl AskedPrivileges {
    /// Returns the requested privileges; a role is expanded to its privileges.
    pub(crate) fn read(self) -> Result<Option<BTreeSet<Privilege>>, ApiError> {
        match (self.role, self.privileges) {
            (Some(_), Some(_)) => Err(ApiError::invalid("privileges", "stands in place of `role`")),
            (Some(role), None) => Ok(Some(role.privileges())),
            (None, privileges) => Ok(privileges),
        }
    }
}
