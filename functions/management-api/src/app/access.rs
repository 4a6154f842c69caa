//! Who may use a route.

use shared::domain::machine::level_with;
use shared::domain::privilege::Privilege;
use shared::domain::resource::AccessLevel;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Every person who is signed in.
    SignedIn,
    /// Who holds this privilege, a person or a machine.
    Privilege(Privilege),
    /// A person who holds this privilege, and no machine.
    Person(Privilege),
    /// A machine that holds this privilege, and no person.
    Machine(Privilege),
}

impl Access {
    /// The privilege that it takes, where it takes one.
    #[must_use]
    pub fn privilege(self) -> Option<Privilege> {
        match self {
            Self::Public | Self::SignedIn => None,
            Self::Privilege(privilege) | Self::Person(privilege) | Self::Machine(privilege) => Some(privilege),
        }
    }

    /// The level on the management API that a machine needs for it; none, where no machine may use it.
    #[must_use]
    pub fn level(self) -> Option<AccessLevel> {
        match self {
            Self::Public | Self::SignedIn | Self::Person(_) => None,
            Self::Privilege(privilege) | Self::Machine(privilege) => level_with(privilege),
        }
    }

    /// Whether some machine may use it.
    #[must_use]
    pub fn is_for_machines(self) -> bool {
        self.level().is_some()
    }

    /// Whether a person may use it.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        !matches!(self, Self::Machine(_))
    }
}
