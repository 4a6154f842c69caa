//! The catalogue of protected APIs and the access that can be granted on each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::event::{Action, FieldChange, NewEvent, Target, Trail};
use super::id::{ResourceKey, Version};
use super::scope::Scope;
use super::text::Name;
use super::time::whole_seconds;
use super::words::words;

/// Where the management API lives below the issuer: with it, its audience.
const BUILT_IN_PATH: &str = "/v1";

/// What a client may do on a resource; each level includes those before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// See.
    View,
    /// See and change.
    Change,
    /// See, change and administer.
    Administer,
}

words!(AccessLevel {
    View = "view",
    Change = "change",
    Administer = "administer",
});

impl AccessLevel {
    pub(super) fn usual_verb(self) -> &'static str {
        match self {
            Self::View => "read",
            Self::Change => "write",
            Self::Administer => "admin",
        }
    }
}

/// An audience that is not 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an audience has 1 to 255 visible ASCII characters and, where it is a URI, no fragment")]
pub struct InvalidAudience;

/// What a resource is called in the `aud` claim and in RFC 8707's `resource` parameter.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("minLength" = 1, "maxLength" = 255, "pattern" = r"^[!$-\[\]-~]+$"))]
pub struct Audience(String);

impl Audience {
    /// Takes a name or an absolute URI without a fragment.
    ///
    /// # Errors
    /// If the text does not have 1 to 255 visible ASCII characters, or has a fragment.
    pub fn parse(text: &str) -> Result<Self, InvalidAudience> {
        let visible = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'#'));
        if text.is_empty() || text.len() > 255 || !visible {
            return Err(InvalidAudience);
        }
        Ok(Self(text.to_owned()))
    }

    /// The audience of the management API itself, below the issuer: a short URL of visible ASCII without a fragment.
    pub(super) fn of_built_in(issuer: &str) -> Self {
        Self(format!("{issuer}{BUILT_IN_PATH}"))
    }

    /// The audience as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Audience {
    type Error = InvalidAudience;
    fn try_from(text: String) -> Result<Self, InvalidAudience> {
        Self::parse(&text)
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> String {
        audience.0
    }
}

/// One protected API of the catalogue.
///
/// Key, audience and scope strings are permanent: a client's grants carry them, so that a token needs
/// no look-up in the catalogue, and what a token says changes only with a change of the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its permanent key.
    pub key: ResourceKey,
    /// Name shown to people.
    pub name: Name,
    /// The `aud` claim of its tokens.
    pub audience: Audience,
    /// The scope string of each level that it has.
    pub levels: BTreeMap<AccessLevel, Scope>,
    /// When it came into the catalogue.
    pub created_at: Timestamp,
}

/// A resource that the catalogue does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddResourceError {
    /// The key is in use.
    #[error("the resource {0} exists already")]
    KeyTaken(ResourceKey),
    /// Another resource has the audience.
    #[error("the audience is that of the resource {0}")]
    AudienceTaken(ResourceKey),
    /// Another resource has the scope string.
    #[error("the scope {0} stands for something else already")]
    ScopeTaken(Scope),
    /// Two levels of the resource have the same scope string.
    #[error("the scope {0} cannot stand for two levels")]
    ScopeRepeated(Scope),
    /// No level, so nothing could be granted.
    #[error("a resource has at least one access level")]
    NoLevel,
}

/// All resources of a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// The optimistic version of the whole.
    pub version: Version,
    /// Each resource by its key.
    pub resources: BTreeMap<ResourceKey, Resource>,
}

/// A resource as it is asked for; levels without a scope string get `{resource}/read`, `/write` and `/admin`.
#[derive(Debug, Clone)]
pub struct NewResource {
    /// Its permanent key.
    pub key: ResourceKey,
    /// Name shown to people.
    pub name: Name,
    /// Its audience; the key where none is given.
    pub audience: Option<Audience>,
    /// The levels it has, with the scope string of each where it is not the usual one.
    pub levels: BTreeMap<AccessLevel, Option<Scope>>,
}

/// A resource that is added to the catalogue, to be committed with its event.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogueChange {
    /// The version of the catalogue that the resource was checked against.
    pub base: Version,
    /// The new resource.
    pub resource: Resource,
    /// The entry in the audit trail.
    pub event: NewEvent,
}

impl From<Resource> for NewResource {
    fn from(resource: Resource) -> Self {
        let Resource { key, name, audience, levels, created_at: _ } = resource;
        let levels = levels.into_iter().map(|(level, scope)| (level, Some(scope))).collect();
        Self { key, name, audience: Some(audience), levels }
    }
}

impl Catalogue {
    /// Adds a resource, checked against those there are.
    ///
    /// # Errors
    ///
    /// [`AddResourceError`], where its key, audience or a scope is taken, or its levels are not usable.
    pub fn add(&self, new: NewResource, now: Timestamp) -> Result<CatalogueChange, AddResourceError> {
        if self.resources.contains_key(&new.key) {
            return Err(AddResourceError::KeyTaken(new.key));
        }
        if new.levels.is_empty() {
            return Err(AddResourceError::NoLevel);
        }
        let audience = match new.audience {
            Some(audience) => audience,
            // a key is made of visible ASCII only
            None => Audience(new.key.as_str().to_owned()),
        };
        let mut levels = BTreeMap::new();
        let mut own = BTreeSet::new();
        for (level, scope) in new.levels {
            let scope = scope.unwrap_or_else(|| Scope::usual(&new.key, level.usual_verb()));
            if !own.insert(scope.clone()) {
                return Err(AddResourceError::ScopeRepeated(scope));
            }
            levels.insert(level, scope);
        }
        for other in self.resources.values() {
            if other.audience == audience {
                return Err(AddResourceError::AudienceTaken(other.key.clone()));
            }
            if let Some(scope) = other.levels.values().find(|scope| own.contains(scope)) {
                return Err(AddResourceError::ScopeTaken(scope.clone()));
            }
        }
        let scopes: serde_json::Map<_, _> =
            levels.iter().map(|(level, scope)| (level.as_str().to_owned(), json!(scope))).collect();
        let changes = [
            FieldChange::between("name", json!(null), json!(new.name)),
            FieldChange::between("audience", json!(null), json!(audience)),
            FieldChange::between("scopes", json!(null), scopes.into()),
        ];
        let event = NewEvent {
            trail: Trail::Platform,
            action: Action::ResourceCreated,
            target: Target::Resource(new.key.clone()),
            changes: changes.into_iter().flatten().collect(),
        };
        let resource = Resource { key: new.key, name: new.name, audience, levels, created_at: whole_seconds(now) };
        Ok(CatalogueChange { base: self.version, resource, event })
    }
}
