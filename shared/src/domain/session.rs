//! An administrator's session in a browser.

use jiff::Timestamp;

use super::id::AdministratorId;
use super::time::plus_seconds;

/// The SHA-256 of a session token, in base64url: what is stored, so that a copy of the table opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionDigest(pub String);

/// A signed-in administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names the session without giving it away.
    pub digest: SessionDigest,
    /// Whose it is.
    pub administrator: AdministratorId,
    /// When it began.
    pub created_at: Timestamp,
    /// When a request last used it, exact to a minute.
    pub last_seen_at: Timestamp,
    /// When a one-time password was last entered, which step-up counts from (RFC 9470).
    pub authenticated_at: Timestamp,
}

impl Session {
    /// A session ends this many seconds after its beginning.
    pub const ABSOLUTE_SECONDS: i64 = 12 * 3_600;
    /// A session ends this many seconds after its last use.
    pub const IDLE_SECONDS: i64 = 30 * 60;
    /// What needs a step-up needs a one-time password that was entered at most this many seconds ago.
    pub const STEP_UP_SECONDS: i64 = 5 * 60;
    /// `last_seen_at` is written at most this often, in seconds.
    pub const TOUCH_SECONDS: i64 = 60;

    /// The session that a sign-in begins.
    #[must_use]
    pub fn begin(digest: SessionDigest, administrator: AdministratorId, now: Timestamp) -> Self {
        Self { digest, administrator, created_at: now, last_seen_at: now, authenticated_at: now }
    }

    /// When it ends at the latest.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        plus_seconds(self.created_at, Self::ABSOLUTE_SECONDS)
    }

    /// Whether it still lasts at `now`.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.expires_at() && now < plus_seconds(self.last_seen_at, Self::IDLE_SECONDS)
    }

    /// Whether its last one-time password is recent enough for what needs a step-up.
    #[must_use]
    pub fn is_stepped_up(&self, now: Timestamp) -> bool {
        now <= plus_seconds(self.authenticated_at, Self::STEP_UP_SECONDS)
    }

    /// Whether its last use is old enough to be written again.
    #[must_use]
    pub fn needs_touch(&self, now: Timestamp) -> bool {
        now >= plus_seconds(self.last_seen_at, Self::TOUCH_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_session_ends_when_idle_and_at_its_absolute_end() {
        let start: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        let id = AdministratorId::random(&mut rand::rngs::StdRng::seed_from_u64(1));
        let mut session = Session::begin(SessionDigest("d".into()), id, start);
        assert!(session.is_alive(plus_seconds(start, Session::IDLE_SECONDS - 1)));
        assert!(!session.is_alive(plus_seconds(start, Session::IDLE_SECONDS)));
        session.last_seen_at = plus_seconds(start, Session::ABSOLUTE_SECONDS - 2);
        assert!(session.is_alive(plus_seconds(start, Session::ABSOLUTE_SECONDS - 1)));
        assert!(!session.is_alive(plus_seconds(start, Session::ABSOLUTE_SECONDS)));
    }
}
