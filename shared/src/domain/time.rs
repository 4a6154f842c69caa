//! Spans of time with their limits, and the one comparison that decides about expiry.

use jiff::{SignedDuration, Timestamp};

/// Whether something that ends at `expires_at` has ended: `now >= expires_at`. No end never has.
#[must_use]
pub fn is_expired(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|end| now >= end)
}

/// The same instant without its fraction of a second, which is how every stored time is kept.
#[must_use]
pub fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// `at` moved by `seconds`, held at the ends of the calendar.
#[must_use]
pub fn plus_seconds(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// The seconds of a day.
pub const DAY_SECONDS: i64 = 86_400;

/// A value outside the limits of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be from {min} to {max} {unit}")]
pub struct OutOfRange {
    /// The smallest value accepted.
    pub min: i64,
    /// The largest value accepted.
    pub max: i64,
    /// What the limits count.
    pub unit: &'static str,
}

macro_rules! span {
    ($(#[$doc:meta])* $name:ident, $unit:literal, $seconds_per_unit:expr, $min:expr, $max:expr, $default:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(try_from = "i64", into = "i64")]
        #[schemars(extend("minimum" = $min, "maximum" = $max))]
        pub struct $name(i64);

        impl $name {
            /// The shortest and the longest accepted, in the unit of this type.
            pub const RANGE: (i64, i64) = ($min, $max);

            /// Takes a count of this type's unit within its limits.
            ///
            /// # Errors
            /// If the count is outside of the limits.
            pub fn new(count: i64) -> Result<Self, OutOfRange> {
                if ($min..=$max).contains(&count) {
                    Ok(Self(count))
                } else {
                    Err(OutOfRange { min: $min, max: $max, unit: $unit })
                }
            }

            /// The count, in this type's unit.
            #[must_use]
            pub fn count(self) -> i64 {
                self.0
            }

            /// The span in seconds.
            #[must_use]
            pub fn seconds(self) -> i64 {
                self.0.saturating_mul($seconds_per_unit)
            }

            /// The instant at which a span that begins at `from` ends.
            #[must_use]
            pub fn after(self, from: Timestamp) -> Timestamp {
                plus_seconds(from, self.seconds())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl TryFrom<i64> for $name {
            type Error = OutOfRange;
            fn try_from(count: i64) -> Result<Self, OutOfRange> {
                Self::new(count)
            }
        }

        impl From<$name> for i64 {
            fn from(span: $name) -> i64 {
                span.0
            }
        }
    };
}

span!(
    /// Lifetime of an access token, in seconds: 5 to 60 minutes, 15 by default.
    TokenLifetime, "seconds", 1, 300, 3_600, 900
);
span!(
    /// Lifetime of a secret, in days: 1 day to 10 years, 180 days by default.
    SecretLifetime, "days", DAY_SECONDS, 1, 3_650, 180
);
span!(
    /// Lifetime of a client, in days: 1 day to 10 years, one year by default.
    ClientLifetime, "days", DAY_SECONDS, 1, 3_650, 365
);
span!(
    /// Time during which an old and a new secret both work, in seconds: 0 to 30 days, 24 hours by default.
    Overlap, "seconds", 1, 0, 2_592_000, 86_400
);

/// When something is asked to expire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// As the policy has it.
    #[default]
    Default,
    /// Never.
    Never,
    /// At this instant.
    At(Timestamp),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_expired_from_its_very_instant_on() {
        let end: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert!(!is_expired(Some(end), plus_seconds(end, -1)));
        assert!(is_expired(Some(end), end));
        assert!(is_expired(Some(end), plus_seconds(end, 1)));
        assert!(!is_expired(None, Timestamp::MAX));
    }

    #[test]
    fn a_span_refuses_what_is_outside_its_limits() {
        assert!(TokenLifetime::new(299).is_err());
        assert_eq!(TokenLifetime::new(300).unwrap().seconds(), 300);
        assert_eq!(SecretLifetime::default().seconds(), 180 * DAY_SECONDS);
        assert_eq!(OutOfRange { min: 1, max: 2, unit: "days" }.to_string(), "must be from 1 to 2 days");
    }
}
