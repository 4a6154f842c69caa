//! Terms under which a command is carried out: the organization, its policy and the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::client::Served;
use crate::domain::client::error::ChangeError;
use crate::domain::grant::{Grants, InvalidGrants};
use crate::domain::id::{ClientIdPrefix, ResourceKey};
use crate::domain::organization::Organization;
use crate::domain::resource::{AccessLevel, Catalogue};

/// Access levels by resource, as they are asked for.
pub type Levels = BTreeMap<ResourceKey, AccessLevel>;
/// Resources to serve, as they are asked for.
pub type ServedKeys = BTreeSet<ResourceKey>;

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
    /// The organization may not grant these; an operator says what it may.
    #[error("is not open to the organization: an operator says which resources its clients may be granted")]
    NotGrantable(Vec<ResourceKey>),
    /// The catalogue does not have what is to be served.
    #[error("there is no resource {0}")]
    UnknownServed(ResourceKey),
}

impl Terms<'_> {
    /// The grants of these levels. What a client has already it keeps, at that level or a lower one, wherever the
    /// organization's limit was drawn since.
    pub(super) fn grants(&self, levels: &Levels, before: &Grants) -> Result<Grants, CommandError> {
        let new = |key: &ResourceKey, level: AccessLevel| before.0.get(key).is_none_or(|grant| grant.level < level);
        let asked = levels.iter().filter(|(key, level)| new(key, **level)).map(|(key, _)| key);
        let refused: Vec<_> = asked.filter(|key| !self.organization.may_grant(key)).cloned().collect();
        if !refused.is_empty() {
            return Err(CommandError::NotGrantable(refused));
        }
        match self.catalogue {
            Some(catalogue) => Ok(Grants::resolve(levels, catalogue)?),
            None => match levels.keys().next() {
                Some(key) => Err(InvalidGrants::UnknownResource(key.clone()).into()),
                None => Ok(Grants::default()),
            },
        }
    }

    pub(super) fn served(&self, keys: &ServedKeys) -> Result<Served, CommandError> {
        let resource = |key: &ResourceKey| self.catalogue.and_then(|catalogue| catalogue.resources.get(key));
        let audience = |key: &ResourceKey| match resource(key) {
            Some(resource) => Ok((key.clone(), resource.audience.clone())),
            None => Err(CommandError::UnknownServed(key.clone())),
        };
        keys.iter().map(audience).collect()
    }
}
