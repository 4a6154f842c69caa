//! Who asks or decides, and what they may do.

use std::collections::BTreeSet;

use crate::domain::command::Command;
use crate::domain::event::Actor;
use crate::domain::id::OrganizationKey;
use crate::domain::privilege::Privilege;

/// What an account may do, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Where its privileges hold; none is every organization, for operators.
    pub organization: Option<OrganizationKey>,
    /// What it may do.
    pub privileges: BTreeSet<Privilege>,
}

/// An account with what it may do at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Whose account it is.
    pub actor: Actor,
    /// What it may do.
    pub rights: Rights,
}

impl Rights {
    /// Which of the privileges that `command` takes in an organization is missing, if one is.
    #[must_use]
    pub fn missing(&self, command: &Command, organization: &OrganizationKey) -> Option<Privilege> {
        self.missing_of(command.privileges(), organization)
    }

    /// Which of these privileges is missing in an organization, if one is.
    pub(super) fn missing_of(
        &self,
        privileges: impl IntoIterator<Item = Privilege>,
        organization: &OrganizationKey,
    ) -> Option<Privilege> {
        let here = match &self.organization {
            Some(own) => own == organization,
            None => self.privileges.contains(&Privilege::PlatformOperate),
        };
        privileges.into_iter().find(|privilege| !here || !self.privileges.contains(privilege))
    }
}
