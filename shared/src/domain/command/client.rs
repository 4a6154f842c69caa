//! What is done to a client and to its secrets.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::terms::{CommandError, Levels, ServedKeys, Terms};
use crate::domain::client::change::{ClientUpdate, NewClient};
use crate::domain::client::error::ChangeError;
use crate::domain::client::registration::{Registration, RegistrationChange};
use crate::domain::client::secrets::{NewSecret, Regeneration};
use crate::domain::client::{Client, Environment};
use crate::domain::event::FieldChange;
use crate::domain::grant::Grants;
use crate::domain::id::{ClientId, ClientKey, ResourceKey, SecretId};
use crate::domain::machine::privileges_of;
use crate::domain::organization::Organization;
use crate::domain::organization::settings::OrganizationSettings;
use crate::domain::privilege::Privilege;
use crate::domain::resource::AccessLevel;
use crate::domain::secret::MintedSecret;
use crate::domain::text::{Name, Notes};
use crate::domain::time::{Expiry, TokenLifetime};

/// A client as it is asked for, before the catalogue says what its grants are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedClient {
    /// The part of the client_id that the organization chooses.
    pub key: ClientKey,
    /// Name shown to people.
    pub name: Name,
    /// Free text about the client.
    pub notes: Notes,
    /// Can get tokens from the start.
    pub enabled: bool,
    /// What it is for.
    pub environment: Environment,
    /// Lifetime of its access tokens; the organization's default if `None`.
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
    /// Name shown to people.
    pub name: Option<Name>,
    /// Free text about the client.
    pub notes: Option<Notes>,
    /// Lifetime of its access tokens.
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

    /// What it takes besides where it opens a way into this client: whoever gets a secret of a client that may use the
    /// management API can do there what the client can.
    #[must_use]
    pub fn privileges_over(&self, client: &Client) -> &'static [Privilege] {
        match self {
            Self::AddSecret(_)
            | Self::RegenerateSecret { .. }
            | Self::ReactivateSecret { .. }
            | Self::RestoreSecret { .. } => client.privileges_brought(),
            _ => &[],
        }
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

    /// True if it creates a secret.
    #[must_use]
    pub fn makes_secret(&self) -> bool {
        matches!(self, Self::Create(_) | Self::AddSecret(_) | Self::RegenerateSecret { .. })
    }

    /// Whether it waits for nobody. Switching a secret off is the brake for a leak, and takes nothing that cannot be
    /// given back.
    #[must_use]
    pub fn is_immediate(&self) -> bool {
        matches!(self, Self::DeactivateSecret { .. })
    }

    /// Whether nothing of it is done before its secret is collected.
    #[must_use]
    pub fn awaits_collection(&self) -> bool {
        matches!(self, Self::AddSecret(_) | Self::RegenerateSecret { .. })
    }

    /// What is done when the secret of an approved command is collected: a new client gets its first one.
    #[must_use]
    pub fn collection(&self) -> Option<Self> {
        match self {
            Self::Create(_) => Some(Self::AddSecret(NewSecret::default())),
            _ => self.makes_secret().then(|| self.clone()),
        }
    }

    /// The command with everything said that the policy says where nothing is asked for: what somebody approves is what
    /// they saw.
    #[must_use]
    pub fn spelled_out(self, settings: &OrganizationSettings) -> Self {
        match self {
            Self::RegenerateSecret { secret_id, mut asked } => {
                asked.overlap = asked.overlap.or(Some(settings.overlap_seconds.min(settings.overlap_max_seconds)));
                Self::RegenerateSecret { secret_id, asked }
            }
            other => other,
        }
    }

    /// What it makes of a client before its secret is made, which is what an approval commits. A command that only
    /// makes a secret is tried out, so that what would refuse it does so now.
    ///
    /// # Errors
    /// If the client refuses the change, or a resource of it cannot be granted.
    pub fn without_secret(
        &self,
        before: Option<&Registration>,
        terms: Terms<'_>,
        now: Timestamp,
    ) -> Result<Option<RegistrationChange>, CommandError> {
        let Self::Create(asked) = self else { return self.apply(before, terms, MintedSecret::stand_in(), now) };
        let Terms { prefix, organization: Organization { key, settings, .. }, .. } = terms;
        Ok(Some(Registration::create_without_secret(asked.resolved(terms)?, prefix, key, settings, now)?))
    }

    /// What it changes, for whoever is to approve it: the fields of the change, and for what has none, the state.
    #[must_use]
    pub fn diff(&self, before: Option<&Registration>, change: RegistrationChange, now: Timestamp) -> Vec<FieldChange> {
        let status = |id: &SecretId| {
            let secret = before.and_then(|client| client.secrets.iter().find(|secret| secret.id == *id));
            json!(secret.map(|secret| secret.status(now).as_str()))
        };
        let own = match self {
            Self::Create(_) | Self::Update(_) | Self::Enable | Self::Disable => return change.event.changes,
            Self::Delete => {
                let status = before.map(|before| before.client.status(now).as_str());
                vec![FieldChange::between("status", json!(status), json!("deleted"))]
            }
            Self::AddSecret(new) => {
                let expires_at = match new.expiry {
                    Expiry::Default => json!(null),
                    Expiry::Never => json!("never"),
                    Expiry::At(at) => json!(at),
                };
                vec![
                    FieldChange::between("label", json!(""), json!(new.label)),
                    FieldChange::between("not_before", json!(null), json!(new.not_before)),
                    FieldChange::between("expires_at", json!(null), expires_at),
                ]
            }
            Self::RegenerateSecret { secret_id, asked } => {
                let old = before.and_then(|before| before.secret(secret_id)).map(|secret| &secret.label);
                vec![
                    asked.label.as_ref().and_then(|label| FieldChange::between("label", json!(old), json!(label))),
                    FieldChange::between("overlap_seconds", json!(null), json!(asked.overlap)),
                ]
            }
            Self::DeactivateSecret { secret_id } => {
                vec![FieldChange::between("state", status(secret_id), json!("deactivated"))]
            }
            Self::DeleteSecret { secret_id, .. } => {
                vec![FieldChange::between("state", status(secret_id), json!("deleted"))]
            }
            Self::PurgeSecret { secret_id, .. } => {
                vec![FieldChange::between("state", status(secret_id), json!("purged"))]
            }
            Self::ReactivateSecret { secret_id } | Self::RestoreSecret { secret_id } => {
                let after = change.after.secret(secret_id).map(|secret| secret.status(now).as_str());
                vec![FieldChange::between("state", status(secret_id), json!(after))]
            }
        };
        own.into_iter().flatten().collect()
    }

    /// What it does to this client, in one sentence; `fields` are those that it changes.
    pub(super) fn summary(&self, client_id: &ClientId, fields: &[&str]) -> String {
        match self {
            Self::Create(asked) => format!("Create the client {client_id}, \"{}\".", asked.name),
            Self::Update(_) => format!("Change the client {client_id}: {}.", fields.join(", ")),
            Self::Enable => format!("Enable the client {client_id}."),
            Self::Disable => format!("Disable the client {client_id}."),
            Self::Delete => format!("Delete the client {client_id} for good."),
            Self::AddSecret(_) => format!("Add a secret to the client {client_id}."),
            Self::RegenerateSecret { secret_id, .. } => {
                format!("Regenerate the secret {secret_id} of the client {client_id}.")
            }
            Self::DeactivateSecret { secret_id } => {
                format!("Deactivate the secret {secret_id} of the client {client_id}.")
            }
            Self::ReactivateSecret { secret_id } => {
                format!("Reactivate the secret {secret_id} of the client {client_id}.")
            }
            Self::DeleteSecret { secret_id, .. } => format!("Delete the secret {secret_id} of the client {client_id}."),
            Self::PurgeSecret { secret_id, .. } => {
                format!("Delete the secret {secret_id} of the client {client_id} for good.")
            }
            Self::RestoreSecret { secret_id } => format!("Restore the secret {secret_id} of the client {client_id}."),
        }
    }

    /// What it makes of a client. Nothing different is no change: `None`.
    ///
    /// `minted` is the secret that comes of it; a command that makes none leaves it alone.
    ///
    /// # Errors
    /// If the client refuses the change, or a resource of it cannot be granted.
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
            Self::Update(asked) => client.update(asked.resolved(terms, &client.client.grants)?, now)?,
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

impl AskedClient {
    fn resolved(&self, terms: Terms<'_>) -> Result<NewClient, CommandError> {
        let (grants, serves) = (terms.grants(&self.grants, &Grants::default())?, terms.served(&self.serves)?);
        let Self { key, name, notes, enabled, environment, token_lifetime, expiry, .. } = self.clone();
        let suspended = terms.organization.suspended_at.is_some();
        Ok(NewClient { key, name, notes, enabled, suspended, environment, token_lifetime, expiry, grants, serves })
    }
}

impl AskedUpdate {
    fn resolved(&self, terms: Terms<'_>, before: &Grants) -> Result<ClientUpdate, CommandError> {
        let grants = self.grants.as_ref().map(|levels| terms.grants(levels, before)).transpose()?;
        let serves = self.serves.as_ref().map(|keys| terms.served(keys)).transpose()?;
        let Self { name, notes, token_lifetime, .. } = self.clone();
        Ok(ClientUpdate { name, notes, token_lifetime, grants, serves })
    }
}
