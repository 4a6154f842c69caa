//! One reminder that is due, with all that its mail says.

use jiff::Timestamp;
use shared::domain::client::Client;
use shared::domain::client::registration::Registration;
use shared::domain::reminder::{Calendar, Reminder};
use shared::domain::secret::{LastUsed, Secret, SecretState};
use shared::domain::time::is_expired;

/// A client or secret that is about to expire.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The reminder.
    pub reminder: Reminder,
    /// The client.
    pub client: Client,
    /// The secret; none where the client itself expires.
    pub secret: Option<Secret>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Days left until then.
    pub days_left: i32,
    /// The last use of the secret, or of any secret where the client expires.
    pub last_used: Option<LastUsed>,
    /// The number of other secrets of the client that still work then.
    pub other_secrets: usize,
}

impl Notice {
    /// Returns the notice for a reminder about `secret`, or about the client if there is no secret.
    #[must_use]
    pub fn new(
        reminder: Reminder,
        registration: &Registration,
        secret: Option<&Secret>,
        expires_at: Timestamp,
        calendar: &Calendar,
    ) -> Self {
        let works_then = |other: &&Secret| {
            matches!(other.state, SecretState::Active)
                && secret.is_some_and(|secret| secret.id != other.id)
                && other.not_before <= expires_at
                && !is_expired(other.expires_at, expires_at)
        };
        let last_used = match secret {
            Some(secret) => secret.last_used.as_ref(),
            None => registration.secrets.iter().filter_map(|s| s.last_used.as_ref()).max_by_key(|used| used.at),
        };
        Self {
            days_left: calendar.days_left(expires_at),
            other_secrets: registration.secrets.iter().filter(works_then).count(),
            last_used: last_used.cloned(),
            client: registration.client.clone(),
            secret: secret.cloned(),
            reminder,
            expires_at,
        }
    }
}
