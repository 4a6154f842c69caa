//! Scope strings of RFC 6749 section 3.3.

use std::collections::BTreeSet;
use std::fmt;

use super::id::ResourceKey;

/// A scope string that holds what RFC 6749 section 3.3 does not allow, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope has 1 to 128 characters out of %x21 / %x23-5B / %x5D-7E")]
pub struct InvalidScope;

/// One scope-token: case-sensitive, of the characters `%x21 / %x23-5B / %x5D-7E`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("minLength" = 1, "maxLength" = 128, "pattern" = r"^[!#-\[\]-~]+$"))]
pub struct Scope(String);

impl Scope {
    /// Takes one scope-token of at most 128 characters.
    ///
    /// # Errors
    /// If the text is empty, too long, or has a character that RFC 6749 section 3.3 does not allow.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        if text.is_empty() || text.len() > 128 || !text.bytes().all(allowed) {
            return Err(InvalidScope);
        }
        Ok(Self(text.to_owned()))
    }

    /// The usual scope-token of what may be done on a resource, such as `banking/read`. A key is made of few characters.
    pub(super) fn usual(resource: &ResourceKey, verb: &str) -> Self {
        Self(format!("{resource}/{verb}"))
    }

    /// The scope-token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Scope {
    type Error = InvalidScope;
    fn try_from(text: String) -> Result<Self, InvalidScope> {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> String {
        scope.0
    }
}

/// Several scopes: no order, no duplicates. As text they are sorted and joined by one space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet(BTreeSet<Scope>);

impl ScopeSet {
    /// Reads a `scope` parameter: tokens separated by spaces.
    ///
    /// # Errors
    /// If the text is empty, too long, or has a character that RFC 6749 section 3.3 does not allow.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let scopes = text.split(' ').filter(|t| !t.is_empty()).map(Scope::parse).collect::<Result<BTreeSet<_>, _>>()?;
        if scopes.is_empty() { Err(InvalidScope) } else { Ok(Self(scopes)) }
    }

    /// True if `scope` is in the set.
    #[must_use]
    pub fn contains(&self, scope: &Scope) -> bool {
        self.0.contains(scope)
    }

    /// True if the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each scope, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_no_order_and_no_duplicates_and_keep_their_case() {
        let scopes = ScopeSet::parse("b/read  a/READ b/read").unwrap();
        assert_eq!(scopes.to_string(), "a/READ b/read");
        assert!(!scopes.contains(&Scope::parse("a/read").unwrap()));
    }

    #[test]
    fn characters_outside_the_grammar_are_refused() {
        for bad in ["", " ", "a\"b", "a\\b", "a\tb", "ä", "a\u{7f}"] {
            assert!(ScopeSet::parse(bad).is_err(), "{bad:?}");
        }
        assert!(ScopeSet::parse("READ:APP_USERS https://api.example/x!~").is_ok());
    }
}
