//! Access rules of routes.

use shared::domain::machine::level_with;
use shared::domain::privilege::Privilege;
use shared::domain::resource::AccessLevel;

/// Access rules of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, without credentials.
    Public,
    /// Any signed-in person.
    SignedIn,
    /// People and machines with this privilege.
    Privilege(Privilege),
    /// Only people with this privilege.
    Person(Privilege),
    /// Only machines with this privilege.
    Machine(Privilege),
}

impl Access {
    /// Returns the required privilege, if any.
    #[must_use]
    pub fn privilege(self) -> Option<Privilege> {
        match self {
            Self::Public | Self::SignedIn => None,
            Self::Privilege(privilege) | Self::Person(privilege) | Self::Machine(privilege) => Some(privilege),
        }
    }

    /// Returns the access level on the management API that a machine needs; `None` if machines have no access.
    #[must_use]
    pub fn level(self) -> Option<AccessLevel> {
        match self {
            Self::Public | Self::SignedIn | Self::Person(_) => None,
            Self::Privilege(privilege) | Self::Machine(privilege) => level_with(privilege),
        }
    }

    /// Checks whether machines can have access.
    #[must_use]
    pub fn is_for_machines(self) -> bool {
        self.level().is_some()
    }

    /// Checks whether people can have access.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        !matches!(self, Self::Machine(_))
    }
}
