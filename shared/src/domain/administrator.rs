//! Administrators: people with privileges in one organization, or the operator.

pub mod change;
pub mod managers;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::id::{AdministratorId, OrganizationKey, Version};
use super::secret::Verifier;
use super::text::Name;

/// What an administrator may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub enum Privilege {
    /// See clients, their secrets' states and the organization.
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

impl Privilege {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ClientsRead,
        Self::ClientsChange,
        Self::SecretsManage,
        Self::ResourcesAssign,
        Self::AdministratorsManage,
        Self::AuditRead,
        Self::OrganizationChange,
        Self::PlatformOperate,
    ];

    /// The word of this privilege in JSON, items and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientsRead => "clients:read",
            Self::ClientsChange => "clients:change",
            Self::SecretsManage => "secrets:manage",
            Self::ResourcesAssign => "resources:assign",
            Self::AdministratorsManage => "administrators:manage",
            Self::AuditRead => "audit:read",
            Self::OrganizationChange => "organization:change",
            Self::PlatformOperate => "platform:operate",
        }
    }

    /// The privilege that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|privilege| privilege.as_str() == word)
    }
}

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

impl Role {
    /// All of them, most privileges first.
    pub const ALL: [Self; 5] =
        [Self::Operator, Self::Owner, Self::Administrator, Self::CredentialManager, Self::Viewer];

    /// The word of this role in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::CredentialManager => "credential_manager",
            Self::Viewer => "viewer",
        }
    }

    /// What the role brings.
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

/// Text that is not an e-mail address that mail can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidEmail;

/// An e-mail address in lower case, by which an administrator signs in. Unique in a deployment.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("format" = "email", "maxLength" = 254))]
pub struct Email(String);

impl Email {
    /// Takes `local@domain` in visible ASCII of at most 254 characters (RFC 5321 section 4.5.3.1.3).
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim().to_ascii_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let local_ok = (1..=64).contains(&local.len())
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        let domain_ok = domain.contains('.')
            && domain.split('.').all(|part| {
                !part.is_empty()
                    && !part.starts_with('-')
                    && !part.ends_with('-')
                    && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            });
        if text.len() > 254 || !local_ok || !domain_ok { Err(InvalidEmail) } else { Ok(Self(text)) }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Email {
    type Err = InvalidEmail;
    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;
    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
}

/// A password in clear: it can't be printed, serialized or copied, and is wiped when dropped.
pub struct PasswordPlaintext(Zeroizing<String>);

impl PasswordPlaintext {
    /// The longest password that is hashed, in bytes.
    pub const MAX_BYTES: usize = 512;

    /// Wraps a presented password.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The password itself, for the hash that verifies it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// Names the account.
    pub id: AdministratorId,
    /// Signs in with it.
    pub email: Email,
    /// What people call them.
    pub name: Name,
    /// Where the privileges hold; none is every organization, for the operator alone.
    pub organization: Option<OrganizationKey>,
    /// What they may do.
    pub privileges: BTreeSet<Privilege>,
    /// What the password is verified against.
    pub password: Verifier,
    /// The TOTP key, sealed with the deployment's data key and bound to the account's id.
    pub totp_key: SealedTotpKey,
    /// The time step of the last one-time password taken: a code works once (RFC 6238 section 5.2).
    pub last_totp_step: u64,
    /// The authenticator that is to take the present one's place, until it has shown a one-time password.
    pub pending_authenticator: Option<PendingAuthenticator>,
    /// What the recovery codes that are left are verified against.
    pub recovery_codes: Vec<Verifier>,
    /// Only the sessions of this epoch last: the next one ends them all.
    pub session_epoch: u64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_signed_in_at: Option<Timestamp>,
    /// The optimistic version.
    pub version: Version,
}

/// An authenticator that was handed out but has not shown yet that it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAuthenticator {
    /// Its TOTP key.
    pub totp_key: SealedTotpKey,
    /// When it was handed out.
    pub since: Timestamp,
}

impl PendingAuthenticator {
    /// It has to show a one-time password within this many seconds.
    pub const SECONDS: i64 = 15 * 60;
}

/// A TOTP key as it is stored: sealed, base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedTotpKey(pub String);

impl fmt::Debug for SealedTotpKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedTotpKey(withheld)")
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

    #[test]
    fn an_address_is_kept_in_lower_case_and_nonsense_is_refused() {
        assert_eq!(Email::parse(" Ana.Maria+x@Example.COM ").unwrap().as_str(), "ana.maria+x@example.com");
        for bad in ["", "a", "a@b", "@b.c", "a@.c", "a b@c.d", "a@b.c\nBcc: x@y.z", "a..b@c.d", "ä@b.c"] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
