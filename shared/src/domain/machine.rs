//! What a machine may do at the management API: as much as the level of its token on the resource that the API is.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::grant::Grants;
use super::id::ResourceKey;
use super::privilege::Privilege;
use super::resource::{AccessLevel, Audience, Catalogue, Resource};
use super::scope::{Scope, ScopeSet};
use super::text::Name;

/// The levels that the management API has for machines. There is no `administer`: no machine approves, reveals,
/// assigns resources or manages people.
pub const LEVELS: [AccessLevel; 2] = [AccessLevel::View, AccessLevel::Change];

impl Resource {
    /// The management API of the deployment with this issuer, as a resource: what machines need to call it.
    #[must_use]
    pub fn built_in(issuer: &str) -> Self {
        let key = ResourceKey::built_in();
        let level = |level: AccessLevel| (level, Scope::usual(&key, level.usual_verb()));
        Self {
            levels: LEVELS.map(level).into(),
            key,
            name: Name::of_built_in(),
            audience: Audience::of_built_in(issuer),
            created_at: Timestamp::UNIX_EPOCH,
        }
    }
}

impl Catalogue {
    /// The same with the management API itself in it, which no deployment stores.
    #[must_use]
    pub fn with_built_in(mut self, issuer: &str) -> Self {
        let built_in = Resource::built_in(issuer);
        self.resources.insert(built_in.key.clone(), built_in);
        self
    }
}

/// The privileges that a level on the management API brings.
#[must_use]
pub fn privileges_of(level: AccessLevel) -> &'static [Privilege] {
    match level {
        AccessLevel::View => &[Privilege::ClientsRead],
        AccessLevel::Change | AccessLevel::Administer => {
            &[Privilege::ClientsRead, Privilege::ClientsChange, Privilege::SecretsManage]
        }
    }
}

/// The lowest level that brings a privilege; none, where no machine has it.
#[must_use]
pub fn level_with(privilege: Privilege) -> Option<AccessLevel> {
    LEVELS.into_iter().find(|level| privileges_of(*level).contains(&privilege))
}

/// The scope that stands for a level on the management API.
#[must_use]
pub fn scope_of(level: AccessLevel) -> Scope {
    Scope::usual(&ResourceKey::built_in(), level.usual_verb())
}

/// What a machine may do with a token of these scopes: no more than its client is granted still.
#[must_use]
pub fn privileges_with(scopes: &ScopeSet, granted: &Grants) -> BTreeSet<Privilege> {
    let still = granted.0.get(&ResourceKey::built_in());
    let holds = |level: &AccessLevel| {
        let scope = scope_of(*level);
        scopes.contains(&scope) && still.is_some_and(|grant| grant.scopes.contains(&scope))
    };
    LEVELS.into_iter().filter(holds).flat_map(|level| privileges_of(level).iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Version;
    use std::collections::BTreeMap;

    fn granted(level: AccessLevel) -> Grants {
        let catalogue = Catalogue { version: Version::NEW, resources: BTreeMap::new() };
        let catalogue = catalogue.with_built_in("https://id.example");
        Grants::resolve(&BTreeMap::from([(ResourceKey::built_in(), level)]), &catalogue).unwrap()
    }

    #[test]
    fn a_token_brings_what_its_scopes_say_and_its_client_is_granted_still() {
        let scopes = |text: &str| ScopeSet::parse(text).unwrap();
        let may = |text: &str, grants: &Grants| privileges_with(&scopes(text), grants).len();
        let (view, change) = (granted(AccessLevel::View), granted(AccessLevel::Change));
        assert_eq!(may("countersign/read", &view), 1);
        assert_eq!(may("countersign/read countersign/write", &change), 3);
        assert_eq!(may("countersign/read", &change), 1);
        assert_eq!(may("countersign/write", &change), 3);
        assert_eq!(may("countersign/read countersign/write", &view), 1);
        assert_eq!(may("countersign/read countersign/write", &Grants::default()), 0);
        assert_eq!(may("banking/write countersign/admin", &change), 0);
    }

    #[test]
    fn no_level_brings_what_is_for_people_alone() {
        use Privilege::{AdministratorsManage, AuditRead, OrganizationChange, PlatformOperate, ResourcesAssign};
        for privilege in [AdministratorsManage, AuditRead, OrganizationChange, PlatformOperate, ResourcesAssign] {
            assert_eq!(level_with(privilege), None, "{privilege}");
        }
        assert_eq!(level_with(Privilege::ClientsRead), Some(AccessLevel::View));
        assert_eq!(level_with(Privilege::SecretsManage), Some(AccessLevel::Change));
    }
}
