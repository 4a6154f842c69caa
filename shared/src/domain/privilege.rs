//! Privileges of administrators, the roles that bundle them, and who may grant them.

use std::collections::BTreeSet;
use std::fmt;

use super::id::OrganizationKey;
use super::words::words;

/// Privilege of an administrator.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub enum Privilege {
    /// Read clients, the status of their secrets, and the organization.
    #[serde(rename = "clients:read")]
    ClientsRead,
    /// Create, change, enable, disable and delete clients.
    #[serde(rename = "clients:change")]
    ClientsChange,
    /// Add, deactivate, reactivate, regenerate, reveal and delete secrets.
    #[serde(rename = "secrets:manage")]
    SecretsManage,
    /// Set which resources a client may use.
    #[serde(rename = "resources:assign")]
    ResourcesAssign,
    /// Invite, change and remove administrators.
    #[serde(rename = "administrators:manage")]
    AdministratorsManage,
    /// Read the audit trail.
    #[serde(rename = "audit:read")]
    AuditRead,
    /// Change the organization's settings.
    #[serde(rename = "organization:change")]
    OrganizationChange,
    /// The operator's: create organizations and resources, and act in any organization.
    #[serde(rename = "platform:operate")]
    PlatformOperate,
}

words!(Privilege {
    ClientsRead = "clients:read",
    ClientsChange = "clients:change",
    SecretsManage = "secrets:manage",
    ResourcesAssign = "resources:assign",
    AdministratorsManage = "administrators:manage",
    AuditRead = "audit:read",
    OrganizationChange = "organization:change",
    PlatformOperate = "platform:operate",
});

impl fmt::Display for Privilege {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A named bundle of privileges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the deployment, in all organizations.
    Operator,
    /// Everything in one organization.
    Owner,
    /// Clients, their grants and secrets, and the audit trail.
    Administrator,
    /// Sees clients and manages their secrets.
    CredentialManager,
    /// Sees clients.
    Viewer,
}

words!(Role {
    Operator = "operator",
    Owner = "owner",
    Administrator = "administrator",
    CredentialManager = "credential_manager",
    Viewer = "viewer",
});

impl Role {
    /// The privileges of the role.
    #[must_use]
    pub fn privileges(self) -> BTreeSet<Privilege> {
        use Privilege::{AuditRead, ClientsChange, ClientsRead, PlatformOperate, ResourcesAssign, SecretsManage};
        match self {
            Self::Operator => Privilege::ALL.into(),
            Self::Owner => Privilege::ALL.into_iter().filter(|privilege| *privilege != PlatformOperate).collect(),
            Self::Administrator => [ClientsRead, ClientsChange, SecretsManage, ResourcesAssign, AuditRead].into(),
            Self::CredentialManager => [ClientsRead, SecretsManage].into(),
            Self::Viewer => [ClientsRead].into(),
        }
    }

    /// The role whose bundle is exactly `privileges`.
    #[must_use]
    pub fn of(privileges: &BTreeSet<Privilege>) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.privileges() == *privileges)
    }
}

/// The reason why privileges are not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Whoever grants a privilege lacks it.
    #[error("you lack {0} yourself, so you cannot grant it")]
    NotYours(Privilege),
    /// The privilege of operators, for somebody of an organization.
    #[error("only operators hold {}", Privilege::PlatformOperate)]
    OperatorsAlone,
    /// An operator without the operators' privilege.
    #[error("an operator holds {}", Privilege::PlatformOperate)]
    OperatorOperates,
}

/// Where privileges hold, and who grants them: what has to fit together whenever somebody gets some.
///
/// # Errors
/// If whoever grants lacks a privilege, or the privileges do not fit an operator or an organization.
pub fn check_grant(
    granted: &BTreeSet<Privilege>,
    organization: Option<&OrganizationKey>,
    present: &BTreeSet<Privilege>,
    by: &BTreeSet<Privilege>,
) -> Result<(), GrantError> {
    let operates = granted.contains(&Privilege::PlatformOperate);
    if operates && organization.is_some() {
        return Err(GrantError::OperatorsAlone);
    }
    if !operates && organization.is_none() {
        return Err(GrantError::OperatorOperates);
    }
    match granted.difference(present).find(|privilege| !by.contains(privilege)) {
        Some(privilege) => Err(GrantError::NotYours(*privilege)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_operator_operates_and_a_role_is_found_by_its_privileges() {
        for role in Role::ALL {
            let privileges = role.privileges();
            assert_eq!(privileges.contains(&Privilege::PlatformOperate), role == Role::Operator);
            assert_eq!(Role::of(&privileges), Some(role));
        }
        assert_eq!(Role::CredentialManager.privileges(), [Privilege::ClientsRead, Privilege::SecretsManage].into());
        assert_eq!(Role::of(&BTreeSet::new()), None);
    }
}
