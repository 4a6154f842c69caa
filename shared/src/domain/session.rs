//! An administrator's session in a browser.

use std::net::IpAddr;

use jiff::Timestamp;

use super::administrator::Administrator;
use super::id::{AdministratorId, SessionId};
use super::time::plus_seconds;

/// The SHA-256 of a session token, in base64url: what is stored, so that a copy of the table opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionDigest(pub String);

/// What a program says of itself: the beginning of its `User-Agent`, without what a line cannot show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    const MAX_CHARACTERS: usize = 200;

    /// The part of a header that is kept; none, where nothing is left of it.
    #[must_use]
    pub fn of(header: &str) -> Option<Self> {
        let shown = header.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(Self::MAX_CHARACTERS);
        let text = shown.collect::<String>().trim().to_owned();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The text that is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a session begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Names it.
    pub id: SessionId,
    /// What it is recognized by.
    pub digest: SessionDigest,
    /// From where it was begun, as the platform saw it.
    pub source: Option<IpAddr>,
    /// By which program, as it says itself.
    pub user_agent: Option<UserAgent>,
}

/// A signed-in administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names the session in lists and events.
    pub id: SessionId,
    /// What its cookie is recognized by.
    pub digest: SessionDigest,
    /// Whose it is.
    pub administrator: AdministratorId,
    /// The account's epoch when it began: it ends with that.
    pub epoch: u64,
    /// From where it was begun.
    pub source: Option<IpAddr>,
    /// By which program.
    pub user_agent: Option<UserAgent>,
    /// When it began.
    pub created_at: Timestamp,
    /// When a request last used it, exact to a minute.
    pub last_seen_at: Timestamp,
    /// When a one-time password was last entered, which step-up counts from (RFC 9470); none, where it began with a
    /// recovery code.
    pub authenticated_at: Option<Timestamp>,
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

    /// The session that a sign-in begins, in the account's present epoch.
    #[must_use]
    pub fn begin(new: NewSession, administrator: AdministratorId, epoch: u64, now: Timestamp) -> Self {
        let NewSession { id, digest, source, user_agent } = new;
        Self {
            id,
            digest,
            administrator,
            epoch,
            source,
            user_agent,
            created_at: now,
            last_seen_at: now,
            authenticated_at: Some(now),
        }
    }

    /// When it ends at the latest.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        plus_seconds(self.created_at, Self::ABSOLUTE_SECONDS)
    }

    /// Checks that it still lasts at `now`.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.expires_at() && now < plus_seconds(self.last_seen_at, Self::IDLE_SECONDS)
    }

    /// Whether it still lasts at `now`, and the account has not ended it.
    #[must_use]
    pub fn is_alive_for(&self, administrator: &Administrator, now: Timestamp) -> bool {
        self.is_alive(now) && self.administrator == administrator.id && self.epoch == administrator.session_epoch
    }

    /// The same for a sign-in with a recovery code: no one-time password was entered.
    #[must_use]
    pub fn recovered(self) -> Self {
        Self { authenticated_at: None, ..self }
    }

    /// Whether its last one-time password is recent enough for what needs a step-up.
    #[must_use]
    pub fn is_stepped_up(&self, now: Timestamp) -> bool {
        self.authenticated_at.is_some_and(|at| now <= plus_seconds(at, Self::STEP_UP_SECONDS))
    }

    /// Whether a recovery code was entered recently enough to begin with another authenticator, and nothing else.
    #[must_use]
    pub fn is_recovering(&self, now: Timestamp) -> bool {
        self.authenticated_at.is_none() && now <= plus_seconds(self.created_at, Self::STEP_UP_SECONDS)
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
        let rng = &mut rand::rngs::StdRng::seed_from_u64(1);
        let administrator = AdministratorId::random(rng);
        let digest = SessionDigest("d".into());
        let new = NewSession { id: SessionId::random(rng), digest, source: None, user_agent: None };
        let mut session = Session::begin(new, administrator, 0, start);
        assert!(session.is_alive(plus_seconds(start, Session::IDLE_SECONDS - 1)));
        assert!(!session.is_alive(plus_seconds(start, Session::IDLE_SECONDS)));
        session.last_seen_at = plus_seconds(start, Session::ABSOLUTE_SECONDS - 2);
        assert!(session.is_alive(plus_seconds(start, Session::ABSOLUTE_SECONDS - 1)));
        assert!(!session.is_alive(plus_seconds(start, Session::ABSOLUTE_SECONDS)));
    }

    #[test]
    fn of_a_user_agent_a_line_is_kept() {
        assert_eq!(UserAgent::of(" Mozilla/5.0\u{7}\u{202e}(X11) ").unwrap().as_str(), "Mozilla/5.0(X11)");
        assert_eq!(UserAgent::of("\t\u{200b}"), None);
        assert_eq!(UserAgent::of(&"a".repeat(500)).unwrap().as_str().len(), 200);
    }
}
