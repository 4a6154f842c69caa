//! Sessions as items of the table `administrators`.

use super::administrator::ADMINISTRATOR;
use super::{Corrupt, Item, Reader, Writer};
use crate::domain::id::{AdministratorId, SessionId};
use crate::domain::session::{Session, SessionDigest, UserAgent};
use crate::store::schema::{ADMINISTRATORS, ID, LISTED_IN, PURGE_AT};

/// The account's epoch when the session began, or was kept.
pub const EPOCH: &str = "epoch";
/// When a request last used the session.
pub const LAST_SEEN_AT: &str = "last_seen_at";
/// When a one-time password was last entered in the session.
pub const AUTHENTICATED_AT: &str = "authenticated_at";
const PREFIX: &str = "session#";
const SESSION: &str = "session_id";
const CREATED_AT: &str = "created_at";
const SOURCE: &str = "source";
const USER_AGENT: &str = "user_agent";

/// The key of a session.
#[must_use]
pub fn key(digest: &SessionDigest) -> Item {
    Writer::default().text(ID, format!("{PREFIX}{}", digest.0)).finish()
}

/// Under which name the sessions of an account are listed.
#[must_use]
pub fn listed_in(administrator: &AdministratorId) -> String {
    format!("sessions#{administrator}")
}

/// Writes a session.
#[must_use]
pub fn write(session: &Session) -> Item {
    let mut item = key(&session.digest);
    let attributes = Writer::default()
        .text(LISTED_IN, listed_in(&session.administrator))
        .text(SESSION, session.id.as_str())
        .text(ADMINISTRATOR, session.administrator.as_str())
        .number(EPOCH, session.epoch)
        .optional_text(SOURCE, session.source.map(|source| source.to_string()))
        .optional_text(USER_AGENT, session.user_agent.as_ref().map(UserAgent::as_str))
        .time(CREATED_AT, session.created_at)
        .time(LAST_SEEN_AT, session.last_seen_at)
        .optional_time(AUTHENTICATED_AT, session.authenticated_at)
        .number(PURGE_AT, session.expires_at().as_second());
    item.extend(attributes.finish());
    item
}

/// Reads a session.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Session, Corrupt> {
    let r = Reader::new(ADMINISTRATORS.name, "session", item);
    let digest = r.text(ID)?.strip_prefix(PREFIX).ok_or_else(|| r.corrupt(ID))?;
    let source = r.optional_text(SOURCE)?.map(str::parse).transpose().map_err(|_| r.corrupt(SOURCE))?;
    Ok(Session {
        id: r.parsed(SESSION, SessionId::parse)?,
        digest: SessionDigest(digest.to_owned()),
        administrator: r.parsed(ADMINISTRATOR, AdministratorId::parse)?,
        epoch: r.number(EPOCH)?,
        source,
        user_agent: r.optional_text(USER_AGENT)?.and_then(UserAgent::of),
        created_at: r.time(CREATED_AT)?,
        last_seen_at: r.time(LAST_SEEN_AT)?,
        authenticated_at: r.optional_time(AUTHENTICATED_AT)?,
    })
}
