//! Identifiers: each kind its own type, none accepts another's text.

use std::fmt;

use jiff::Timestamp;
use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString as _};

/// An identifier that is not of the form its kind requires.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {rule}")]
pub struct InvalidId {
    /// The kind that was expected, in words.
    pub kind: &'static str,
    /// What the kind requires, in words.
    pub rule: &'static str,
}

/// The rule as a pattern of JSON Schema, without the limit of length.
const KEY_PATTERN: &str = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
const KEY_RULE: &str = "lower-case letters, digits and inner single hyphens, starting with a letter";

fn is_key(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

macro_rules! text_id {
    (
        $(#[$doc:meta])*
        $name:ident, $kind:literal, $rule:expr, $lengths:expr, $pattern:expr, |$text:ident| $accepts:expr
    ) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("minLength" = $lengths.0, "maxLength" = $lengths.1, "pattern" = $pattern))]
        pub struct $name(String);

        impl $name {
            /// Takes text of this kind's form and refuses any other.
            ///
            /// # Errors
            /// If the text is not an identifier of this kind.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let owned = text.into();
                let accepted = {
                    let $text: &str = &owned;
                    $accepts
                };
                if accepted { Ok(Self(owned)) } else { Err(InvalidId { kind: $kind, rule: $rule }) }
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $random:literal, $kind:literal) => {
        text_id!(
            $(#[$doc])*
            $name, $kind, concat!("the prefix ", $prefix, " and ", $random, " letters or digits"),
            ($prefix.len() + $random, $prefix.len() + $random), concat!("^", $prefix, "[A-Za-z0-9]{", $random, "}$"),
            |text| text.strip_prefix($prefix).is_some_and(|rest| {
                rest.len() == $random && rest.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        );

        impl $name {
            /// A new random identifier.
            pub fn random(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
                Self(format!("{}{}", $prefix, Alphanumeric.sample_string(rng, $random)))
            }
        }
    };
}

text_id!(
    /// The permanent key of an organization, such as `acme`: 2 to 32 lower-case letters and digits, a letter first.
    ///
    /// It has no hyphen, so that no two organizations can assemble the same client_id.
    OrganizationKey, "organization key", "2 to 32 lower-case letters and digits, a letter first",
    (2, 32), "^[a-z][a-z0-9]*$",
    |text| text.len() >= 2 && !text.contains('-') && is_key(text, 32)
);

text_id!(
    /// The part of a client_id that the organization chooses, such as `reporting`: up to 64 characters.
    ClientKey, "client key", KEY_RULE, (1, 64), KEY_PATTERN, |text| is_key(text, 64)
);

text_id!(
    /// The deployment's first part of every client_id, such as `wallet`: up to 16 characters.
    ClientIdPrefix, "client_id prefix", KEY_RULE, (1, 16), KEY_PATTERN, |text| is_key(text, 16)
);

text_id!(
    /// RFC 6749's `client_id`: `{prefix}-{organization key}-{client key}`, at most 128 characters.
    ClientId, "client_id", KEY_RULE, (1, 128), KEY_PATTERN, |text| is_key(text, 128)
);

impl ResourceKey {
    /// The key of the resource that every catalogue has: the management API itself.
    #[must_use]
    pub fn built_in() -> Self {
        Self("countersign".to_owned())
    }

    /// Whether it is the key of the management API itself.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.0 == "countersign"
    }
}

impl ClientId {
    /// The permanent client_id of one client of an organization.
    #[must_use]
    pub fn assemble(prefix: &ClientIdPrefix, organization: &OrganizationKey, key: &ClientKey) -> Self {
        Self(format!("{prefix}-{organization}-{key}"))
    }
}

text_id!(
    /// The key of a resource of the catalogue, such as `banking`: up to 64 characters.
    ResourceKey, "resource key", KEY_RULE, (1, 64), KEY_PATTERN, |text| is_key(text, 64)
);

random_id!(
    /// Names one secret of a client. It is the part of the secret that may be shown: `cs_` and 12 characters.
    SecretId, "cs_", 12, "secret id"
);

impl SecretId {
    /// The id of a secret that is not made: it stands where a change is tried out.
    #[must_use]
    pub fn stand_in() -> Self {
        Self("cs_000000000000".to_owned())
    }
}

random_id!(
    /// Names an administrator: `adm_` and 16 characters.
    AdministratorId, "adm_", 16, "administrator id"
);

random_id!(
    /// Names an invitation: `inv_` and 16 characters.
    InvitationId, "inv_", 16, "invitation id"
);

random_id!(
    /// Names a session without giving away what it is proved with: `ses_` and 16 characters.
    SessionId, "ses_", 16, "session id"
);

random_id!(
    /// Names one request through its log lines, answer and events: `req_` and 20 characters.
    RequestId, "req_", 20, "request id"
);

text_id!(
    /// Names a change request: `chg_`, nine characters that sort by the time of creation, and twelve random ones.
    ChangeRequestId, "change request id", "the prefix chg_ and 21 letters or digits", (25, 25), "^chg_[A-Za-z0-9]{21}$",
    |text| text.strip_prefix("chg_").is_some_and(|rest| {
        rest.len() == 21 && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    })
);

impl ChangeRequestId {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

    /// A new identifier of something made at `now`.
    pub fn random(now: Timestamp, rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(format!("chg_{}{}", Self::time(now), Alphanumeric.sample_string(rng, 12)))
    }

    /// What sorts before every identifier of something made at `at` or later, and behind all others.
    #[must_use]
    pub fn first_of(at: Timestamp) -> Self {
        Self(format!("chg_{}{}", Self::time(at), "0".repeat(12)))
    }

    /// The milliseconds since 1970 in base 32, whose digits sort as their characters do.
    fn time(at: Timestamp) -> String {
        let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or_default();
        let value = |place: u32| usize::try_from((milliseconds >> (5 * place)) % 32).unwrap_or_default();
        (0..9).rev().filter_map(|place| Self::DIGITS.get(value(place))).map(|digit| char::from(*digit)).collect()
    }
}

/// The optimistic version of a stored aggregate: 1 after its creation, one more after each change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// Not stored yet.
    pub const NEW: Self = Self(0);

    /// The version that the next change has.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lower_case_words_joined_by_single_hyphens() {
        for good in ["a", "a1", "acme", "acme-west-2"] {
            assert!(ClientKey::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "Acme", "1acme", "-acme", "acme-", "ac--me", "ac_me", "ac me", "äcme", &"a".repeat(65)] {
            assert!(ClientKey::parse(bad).is_err(), "{bad}");
        }
        assert!(OrganizationKey::parse("acme2").is_ok());
        for bad in ["a", "ac-me", &"a".repeat(33)] {
            assert!(OrganizationKey::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_of_change_requests_sort_by_time() {
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let times =
            ["2026-03-01T11:59:59.999Z", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.001Z", "2999-01-01T00:00:00Z"];
        let ids = times.map(|time| ChangeRequestId::random(at(time), &mut rng));
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids.iter().all(|id| ChangeRequestId::parse(id.as_str()).as_ref() == Ok(id)));
        let noon = ChangeRequestId::first_of(at("2026-03-01T12:00:00Z"));
        assert!(ids[0] < noon && noon < ids[1], "{ids:?}");
    }

    #[test]
    fn an_id_refuses_another_kind() {
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
        let administrator = AdministratorId::random(&mut rng);
        assert!(SecretId::parse(administrator.as_str()).is_err());
        assert!(AdministratorId::parse(administrator.as_str()).is_ok());
    }
}
