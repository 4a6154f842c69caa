//! What somebody asks for, as a value: it is carried out at once, or kept until somebody else has approved it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::administrator::Privilege;
use super::client::{
    ChangeError, ClientUpdate, Environment, Expiry, NewClient, NewSecret, Regeneration, Registration,
    RegistrationChange, Served,
};
use super::grant::{Grants, InvalidGrants};
use super::id::{ClientIdPrefix, ClientKey, ResourceKey, SecretId};
use super::machine::privileges_of;
use super::organization::Organization;
use super::resource::{AccessLevel, Catalogue};
use super::secret::MintedSecret;
use super::text::{Name, Notes};
use super::time::TokenLifetime;

/// Access levels by resource, as they are asked for.
pub type Levels = BTreeMap<ResourceKey, AccessLevel>;
/// Resources to serve, as they are asked for.
pub type ServedKeys = BTreeSet<ResourceKey>;

/// A client as it is asked for, before the catalogue says what its grants are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedClient {
    /// The part of the client_id that the organization chooses.
    pub key: ClientKey,
    /// What people call it.
    pub name: Name,
    /// What people want to remember of it.
    pub notes: Notes,
    /// Whether it may get tokens from the start.
    pub enabled: bool,
    /// What it is for.
    pub environment: Environment,
    /// How long its access tokens live; the organization's default where none is given.
    pub token_lifetime: Option<TokenLifetime>,
    /// When it expires.
    pub expiry: Expiry,
    /// What it may do.
    pub grants: Levels,
    /// The resources whose server it is.
    pub serves: ServedKeys,
}

/// A change to a client's fields as it is asked for; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedUpdate {
    /// What people call it.
    pub name: Option<Name>,
    /// What people want to remember of it.
    pub notes: Option<Notes>,
    /// How long its access tokens live.
    pub token_lifetime: Option<TokenLifetime>,
    /// Everything it may do, as a whole.
    pub grants: Option<Levels>,
    /// All resources whose server it is, as a whole.
    pub serves: Option<ServedKeys>,
}

/// Something to be done to a client or to its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
pub enum ClientCommand {
    /// Make it, with its first secret.
    #[serde(rename = "client.create")]
    Create(AskedClient),
    /// Change its fields.
    #[serde(rename = "client.update")]
    Update(AskedUpdate),
    /// Let it get tokens.
    #[serde(rename = "client.enable")]
    Enable,
    /// Let it get no more tokens.
    #[serde(rename = "client.disable")]
    Disable,
    /// Delete it for good.
    #[serde(rename = "client.delete")]
    Delete,
    /// Add a secret beside those there are.
    #[serde(rename = "secret.add")]
    AddSecret(NewSecret),
    /// Make a successor of a secret.
    #[serde(rename = "secret.regenerate")]
    RegenerateSecret {
        /// The secret that gets one.
        secret_id: SecretId,
        /// How.
        asked: Regeneration,
    },
    /// Switch a secret off.
    #[serde(rename = "secret.deactivate")]
    DeactivateSecret {
        /// Which.
        secret_id: SecretId,
    },
    /// Switch a secret on again.
    #[serde(rename = "secret.reactivate")]
    ReactivateSecret {
        /// Which.
        secret_id: SecretId,
    },
    /// Delete a secret so that it can be restored.
    #[serde(rename = "secret.delete")]
    DeleteSecret {
        /// Which.
        secret_id: SecretId,
        /// Whether it may be the last that the client can go on with.
        even_the_last: bool,
    },
    /// Remove a secret so that nothing is left of it.
    #[serde(rename = "secret.purge")]
    PurgeSecret {
        /// Which.
        secret_id: SecretId,
        /// Whether it may be the last that the client can go on with.
        even_the_last: bool,
    },
    /// Bring a deleted secret back.
    #[serde(rename = "secret.restore")]
    RestoreSecret {
        /// Which.
        secret_id: SecretId,
    },
}

/// What a command is carried out under, as it is at that moment.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The first part of every client_id.
    pub prefix: &'a ClientIdPrefix,
    /// Whose the client is, with its policy.
    pub organization: &'a Organization,
    /// What there is to grant and to serve; a command that assigns nothing does without.
    pub catalogue: Option<&'a Catalogue>,
}

/// Why a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The client or its secrets do not allow it.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The catalogue does not have what is to be granted.
    #[error(transparent)]
    Grants(#[from] InvalidGrants),
    /// The catalogue does not have what is to be served.
    #[error("there is no resource {0}")]
    UnknownServed(ResourceKey),
}

impl ClientCommand {
    /// The word of this action in JSON.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Create(_) => "client.create",
            Self::Update(_) => "client.update",
            Self::Enable => "client.enable",
            Self::Disable => "client.disable",
            Self::Delete => "client.delete",
            Self::AddSecret(_) => "secret.add",
            Self::RegenerateSecret { .. } => "secret.regenerate",
            Self::DeactivateSecret { .. } => "secret.deactivate",
            Self::ReactivateSecret { .. } => "secret.reactivate",
            Self::DeleteSecret { .. } => "secret.delete",
            Self::PurgeSecret { .. } => "secret.purge",
            Self::RestoreSecret { .. } => "secret.restore",
        }
    }

    /// The secret that it is about, where it is about one that exists.
    #[must_use]
    pub fn secret_id(&self) -> Option<&SecretId> {
        match self {
            Self::RegenerateSecret { secret_id, .. }
            | Self::DeactivateSecret { secret_id }
            | Self::ReactivateSecret { secret_id }
            | Self::DeleteSecret { secret_id, .. }
            | Self::PurgeSecret { secret_id, .. }
            | Self::RestoreSecret { secret_id } => Some(secret_id),
            Self::Create(_) | Self::Update(_) | Self::Enable | Self::Disable | Self::Delete | Self::AddSecret(_) => {
                None
            }
        }
    }

    /// Every privilege that it takes.
    ///
    /// Levels need `resources:assign`, and a level on the management API itself all that it brings: nobody lets a machine
    /// do what they may not do. A resource is served for every organization, so only an operator says by whom.
    #[must_use]
    pub fn privileges(&self) -> BTreeSet<Privilege> {
        let (assigns, serves) = match self {
            Self::Create(asked) => (!asked.grants.is_empty(), !asked.serves.is_empty()),
            Self::Update(asked) => (asked.grants.is_some(), asked.serves.is_some()),
            _ => (false, false),
        };
        let own = match self {
            Self::Create(_) | Self::Update(_) | Self::Enable | Self::Disable | Self::Delete => Privilege::ClientsChange,
            Self::AddSecret(_)
            | Self::RegenerateSecret { .. }
            | Self::DeactivateSecret { .. }
            | Self::ReactivateSecret { .. }
            | Self::DeleteSecret { .. }
            | Self::PurgeSecret { .. }
            | Self::RestoreSecret { .. } => Privilege::SecretsManage,
        };
        let assigning = assigns.then_some(Privilege::ResourcesAssign);
        let serving = serves.then_some(Privilege::PlatformOperate);
        let brought = self.level_on_built_in().map(privileges_of).unwrap_or_default();
        [Some(own), assigning, serving].into_iter().flatten().chain(brought.iter().copied()).collect()
    }

    /// The level on the management API itself that the client is to have.
    fn level_on_built_in(&self) -> Option<AccessLevel> {
        let levels = match self {
            Self::Create(asked) => Some(&asked.grants),
            Self::Update(asked) => asked.grants.as_ref(),
            _ => None,
        };
        levels?.get(&ResourceKey::built_in()).copied()
    }

    /// Whether it needs the catalogue.
    #[must_use]
    pub fn assigns(&self) -> bool {
        let privileges = self.privileges();
        privileges.contains(&Privilege::ResourcesAssign) || privileges.contains(&Privilege::PlatformOperate)
    }

    /// Whether a secret comes of it.
    #[must_use]
    pub fn makes_secret(&self) -> bool {
        matches!(self, Self::Create(_) | Self::AddSecret(_) | Self::RegenerateSecret { .. })
    }

    /// What it makes of a client. Nothing different is no change: `None`.
    ///
    /// `minted` is the secret that comes of it; a command that makes none leaves it alone.
    pub fn apply(
        &self,
        before: Option<&Registration>,
        terms: Terms<'_>,
        minted: MintedSecret,
        now: Timestamp,
    ) -> Result<Option<RegistrationChange>, CommandError> {
        let settings = &terms.organization.settings;
        if let Self::Create(asked) = self {
            let (new, organization) = (asked.resolved(terms)?, &terms.organization.key);
            return Ok(Some(Registration::create(new, terms.prefix, organization, settings, minted, now)?));
        }
        let client = before.ok_or(ChangeError::NotFound("client"))?;
        Ok(match self {
            Self::Create(_) => None,
            Self::Update(asked) => client.update(asked.resolved(terms)?, now)?,
            Self::Enable => client.set_enabled(true, now)?,
            Self::Disable => client.set_enabled(false, now)?,
            Self::Delete => Some(client.delete(now)?),
            Self::AddSecret(new) => Some(client.add_secret(new.clone(), settings, minted, now)?),
            Self::RegenerateSecret { secret_id, asked } => {
                Some(client.regenerate_secret(secret_id, asked.clone(), settings, minted, now)?)
            }
            Self::DeactivateSecret { secret_id } => client.set_secret_active(secret_id, false, now)?,
            Self::ReactivateSecret { secret_id } => client.set_secret_active(secret_id, true, now)?,
            Self::DeleteSecret { secret_id, even_the_last } => {
                Some(client.delete_secret(secret_id, *even_the_last, now)?)
            }
            Self::PurgeSecret { secret_id, even_the_last } => {
                Some(client.purge_secret(secret_id, *even_the_last, now)?)
            }
            Self::RestoreSecret { secret_id } => client.restore_secret(secret_id, settings, now)?,
        })
    }
}

impl Terms<'_> {
    fn grants(&self, levels: &Levels) -> Result<Grants, CommandError> {
        match self.catalogue {
            Some(catalogue) => Ok(Grants::resolve(levels, catalogue)?),
            None => match levels.keys().next() {
                Some(key) => Err(InvalidGrants::UnknownResource(key.clone()).into()),
                None => Ok(Grants::default()),
            },
        }
    }

    fn served(&self, keys: &ServedKeys) -> Result<Served, CommandError> {
        let resource = |key: &ResourceKey| self.catalogue.and_then(|catalogue| catalogue.resources.get(key));
        let audience = |key: &ResourceKey| match resource(key) {
            Some(resource) => Ok((key.clone(), resource.audience.clone())),
            None => Err(CommandError::UnknownServed(key.clone())),
        };
        keys.iter().map(audience).collect()
    }
}

impl AskedClient {
    fn resolved(&self, terms: Terms<'_>) -> Result<NewClient, CommandError> {
        let (grants, serves) = (terms.grants(&self.grants)?, terms.served(&self.serves)?);
        let Self { key, name, notes, enabled, environment, token_lifetime, expiry, .. } = self.clone();
        let suspended = terms.organization.suspended_at.is_some();
        Ok(NewClient { key, name, notes, enabled, suspended, environment, token_lifetime, expiry, grants, serves })
    }
}

impl AskedUpdate {
    fn resolved(&self, terms: Terms<'_>) -> Result<ClientUpdate, CommandError> {
        let grants = self.grants.as_ref().map(|levels| terms.grants(levels)).transpose()?;
        let serves = self.serves.as_ref().map(|keys| terms.served(keys)).transpose()?;
        let Self { name, notes, token_lifetime, .. } = self.clone();
        Ok(ClientUpdate { name, notes, token_lifetime, grants, serves })
    }
}
