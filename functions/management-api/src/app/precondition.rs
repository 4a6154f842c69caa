//! Versions as entity tags (RFC 9110 section 8.8.3), and the `If-Match` that guards against lost updates.

use shared::domain::id::Version;

use super::error::ApiError;

/// Returns the entity tag of a version.
pub(crate) fn etag(version: Version) -> String {
    format!("\"{version}\"")
}

/// The versions that a request can change; any version if it names none.
#[derive(Debug, Clone)]
pub(crate) struct IfMatch(Option<String>);

impl IfMatch {
    /// Parses the versions in these tags; without tags, any version matches.
    pub(crate) fn of(tags: Option<String>) -> Self {
        Self(tags)
    }

    /// Matches any version.
    pub(crate) fn any() -> Self {
        Self(None)
    }

    /// Checks that `version` is one that the request names (RFC 9110 section 13.1.1).
    pub(crate) fn check(&self, version: Version) -> Result<(), ApiError> {
        let matches = |tags: &String| {
            let mut tags = tags.split(',').map(str::trim);
            tags.any(|tag| tag == "*" || tag == etag(version))
        };
        if self.0.as_ref().is_none_or(matches) { Ok(()) } else { Err(ApiError::PreconditionFailed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_strong_tag_of_the_same_version_matches() {
        let check = |tags: &str| IfMatch(Some(tags.to_owned())).check(Version(3)).is_ok();
        assert!(IfMatch(None).check(Version(3)).is_ok());
        assert!(check("\"3\"") && check("\"1\", \"3\"") && check("*"));
        assert!(!check("\"2\"") && !check("W/\"3\"") && !check("3") && !check("") && !check("\"33\""));
    }
}
