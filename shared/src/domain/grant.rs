//! What a client may do: its access level on each resource, and the scopes and audiences that follow.

use std::collections::{BTreeMap, BTreeSet};

use super::id::ResourceKey;
use super::resource::{AccessLevel, Audience, Catalogue};
use super::scope::{Scope, ScopeSet};

/// A client's access level on one resource, with what the catalogue said of it when it was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The highest level granted.
    pub level: AccessLevel,
    /// The resource's audience.
    pub audience: Audience,
    /// The scope strings of the level and of those that it includes.
    pub scopes: Vec<Scope>,
}

/// All grants of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(pub BTreeMap<ResourceKey, Grant>);

/// Grants that the catalogue cannot fulfil.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrants {
    /// The catalogue has no such resource.
    #[error("there is no resource {0}")]
    UnknownResource(ResourceKey),
    /// The resource has no such level.
    #[error("the resource {0} has no level {level}", level = .1.as_str())]
    NoSuchLevel(ResourceKey, AccessLevel),
}

/// What a token request asks for that the client's grants do not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NarrowError {
    /// A scope that is not granted (RFC 6749 section 5.2, `invalid_scope`).
    #[error("a requested scope is not granted to this client")]
    Scope,
    /// A resource that is unknown or not granted (RFC 8707 section 2, `invalid_target`).
    #[error("a requested resource is not granted to this client")]
    Target,
}

/// The scopes of an access token and the audiences that they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowed {
    /// The granted scopes that were asked for.
    pub scopes: ScopeSet,
    /// The audiences of the resources of those scopes.
    pub audiences: BTreeSet<Audience>,
}

impl Grants {
    /// Resolves levels against the catalogue: a level brings the scopes of those below it.
    ///
    /// # Errors
    /// If the catalogue does not have the resource or the level.
    pub fn resolve(levels: &BTreeMap<ResourceKey, AccessLevel>, catalogue: &Catalogue) -> Result<Self, InvalidGrants> {
        let mut grants = BTreeMap::new();
        for (key, &level) in levels {
            let resource = catalogue.resources.get(key).ok_or_else(|| InvalidGrants::UnknownResource(key.clone()))?;
            if !resource.levels.contains_key(&level) {
                return Err(InvalidGrants::NoSuchLevel(key.clone(), level));
            }
            let scopes = resource.levels.range(..=level).map(|(_, scope)| scope.clone()).collect();
            grants.insert(key.clone(), Grant { level, audience: resource.audience.clone(), scopes });
        }
        Ok(Self(grants))
    }

    /// Every granted scope.
    #[must_use]
    pub fn scopes(&self) -> ScopeSet {
        self.0.values().flat_map(|grant| grant.scopes.iter().cloned()).collect()
    }

    /// The granted scopes narrowed to what a request asks for: `scope` by name, `resource` by audience
    /// (RFC 8707); no scope asked for means all, no audience means those of the scopes.
    ///
    /// # Errors
    /// If a scope or a resource is asked for that is not granted.
    pub fn narrow(&self, scope: Option<&ScopeSet>, audiences: &BTreeSet<Audience>) -> Result<Narrowed, NarrowError> {
        if audiences.iter().any(|wanted| !self.0.values().any(|grant| grant.audience == *wanted)) {
            return Err(NarrowError::Target);
        }
        let mut granted = Narrowed { scopes: ScopeSet::default(), audiences: BTreeSet::new() };
        let within = self.0.values().filter(|grant| audiences.is_empty() || audiences.contains(&grant.audience));
        let mut scopes = BTreeSet::new();
        for grant in within {
            let mut asked = grant.scopes.iter().filter(|s| scope.is_none_or(|wanted| wanted.contains(s))).peekable();
            if asked.peek().is_some() {
                granted.audiences.insert(grant.audience.clone());
                scopes.extend(asked.cloned());
            }
        }
        granted.scopes = scopes.into_iter().collect();
        let missing = scope.is_some_and(|wanted| wanted.iter().any(|s| !granted.scopes.contains(s)));
        if missing || granted.scopes.is_empty() {
            return Err(NarrowError::Scope);
        }
        Ok(granted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Version;
    use crate::domain::resource::NewResource;
    use crate::domain::text::Name;
    use jiff::Timestamp;

    fn catalogue() -> Catalogue {
        let mut catalogue = Catalogue { version: Version(1), resources: BTreeMap::new() };
        for (key, levels) in [("banking", 3), ("reporting", 2)] {
            let added = catalogue
                .add(
                    NewResource {
                        key: ResourceKey::parse(key).unwrap(),
                        name: Name::parse(key).unwrap(),
                        audience: Some(Audience::parse(&format!("https://{key}.example")).unwrap()),
                        levels: AccessLevel::ALL.into_iter().take(levels).map(|level| (level, None)).collect(),
                    },
                    Timestamp::UNIX_EPOCH,
                )
                .unwrap();
            catalogue.resources.insert(added.resource.key.clone(), added.resource);
        }
        catalogue
    }

    fn levels(wanted: &[(&str, AccessLevel)]) -> BTreeMap<ResourceKey, AccessLevel> {
        wanted.iter().map(|(key, level)| (ResourceKey::parse(*key).unwrap(), *level)).collect()
    }

    #[test]
    fn a_level_brings_the_scopes_of_those_it_includes() {
        let grants = Grants::resolve(&levels(&[("banking", AccessLevel::Administer)]), &catalogue()).unwrap();
        assert_eq!(grants.scopes().to_string(), "banking/admin banking/read banking/write");
        let unknown = Grants::resolve(&levels(&[("nothing", AccessLevel::View)]), &catalogue());
        assert!(matches!(unknown, Err(InvalidGrants::UnknownResource(_))));
        let no_level = Grants::resolve(&levels(&[("reporting", AccessLevel::Administer)]), &catalogue());
        assert!(matches!(no_level, Err(InvalidGrants::NoSuchLevel(_, AccessLevel::Administer))));
    }

    #[test]
    fn a_request_narrows_scopes_and_audiences() {
        let granted = levels(&[("banking", AccessLevel::Change), ("reporting", AccessLevel::View)]);
        let grants = Grants::resolve(&granted, &catalogue()).unwrap();
        let audience = |key: &str| BTreeSet::from([Audience::parse(&format!("https://{key}.example")).unwrap()]);

        let all = grants.narrow(None, &BTreeSet::new()).unwrap();
        assert_eq!(
            (all.scopes.to_string().as_str(), all.audiences.len()),
            ("banking/read banking/write reporting/read", 2)
        );

        let one = grants.narrow(Some(&ScopeSet::parse("banking/read").unwrap()), &BTreeSet::new()).unwrap();
        assert_eq!(one.audiences, audience("banking"));

        let narrowed = grants.narrow(None, &audience("reporting")).unwrap();
        assert_eq!(narrowed.scopes.to_string(), "reporting/read");

        let elsewhere = grants.narrow(Some(&ScopeSet::parse("banking/read").unwrap()), &audience("reporting"));
        assert_eq!(elsewhere, Err(NarrowError::Scope));
        assert_eq!(grants.narrow(None, &audience("payments")), Err(NarrowError::Target));
        assert_eq!(Grants::default().narrow(None, &BTreeSet::new()), Err(NarrowError::Scope));
    }

    #[test]
    fn no_two_resources_share_a_key_an_audience_or_a_scope() {
        let new = |key: &str, audience: &str, scope: &str| NewResource {
            key: ResourceKey::parse(key).unwrap(),
            name: Name::parse(key).unwrap(),
            audience: Some(Audience::parse(audience).unwrap()),
            levels: BTreeMap::from([(AccessLevel::View, Some(Scope::parse(scope).unwrap()))]),
        };
        let add = |resource| catalogue().add(resource, Timestamp::UNIX_EPOCH).unwrap_err().to_string();
        assert_eq!(add(new("banking", "x", "x")), "the resource banking exists already");
        assert_eq!(add(new("x", "https://banking.example", "x")), "the audience is that of the resource banking");
        assert_eq!(add(new("x", "x", "banking/read")), "the scope banking/read stands for something else already");
    }
}
