//! Administrators, the addresses they sign in with and their sessions as items of the table `administrators`.

use super::{Corrupt, Item, Reader, Writer};
use crate::domain::administrator::{Administrator, Email, Privilege, SealedTotpKey};
use crate::domain::id::{AdministratorId, OrganizationKey, Version};
use crate::domain::secret::Verifier;
use crate::domain::session::{Session, SessionDigest};
use crate::domain::text::Name;
use crate::store::schema::{ADMINISTRATORS, ID, LISTED_IN, ORGANIZATION, PURGE_AT};

/// Where the operators are listed; no organization key starts with `@`.
pub const PLATFORM: &str = "@platform";
/// The optimistic version.
pub const VERSION: &str = "version";
/// The time step of the last one-time password taken.
pub const LAST_TOTP_STEP: &str = "last_totp_step";
/// When a request last used the session.
pub const LAST_SEEN_AT: &str = "last_seen_at";
/// When a one-time password was last entered in the session.
pub const AUTHENTICATED_AT: &str = "authenticated_at";
/// Whose an address or a session is.
pub const ADMINISTRATOR: &str = "administrator";
const EMAIL: &str = "email";
const NAME: &str = "name";
const PRIVILEGES: &str = "privileges";
const PASSWORD: &str = "password";
const TOTP_KEY: &str = "totp_key";
const CREATED_AT: &str = "created_at";

/// The key of an account.
#[must_use]
pub fn key(id: &AdministratorId) -> Item {
    Writer::default().text(ID, id.as_str()).finish()
}

/// The key of an address.
#[must_use]
pub fn email_key(email: &Email) -> Item {
    Writer::default().text(ID, format!("email#{email}")).finish()
}

/// The key of a session.
#[must_use]
pub fn session_key(digest: &SessionDigest) -> Item {
    Writer::default().text(ID, format!("session#{}", digest.0)).finish()
}

/// Writes an account.
#[must_use]
pub fn write(administrator: &Administrator) -> Item {
    let listed_in = administrator.organization.as_ref().map_or(PLATFORM, |organization| organization.as_str());
    Writer::default()
        .text(ID, administrator.id.as_str())
        .text(LISTED_IN, listed_in)
        .optional_text(ORGANIZATION, administrator.organization.as_ref().map(OrganizationKey::as_str))
        .text(EMAIL, administrator.email.as_str())
        .text(NAME, administrator.name.as_str())
        .texts(PRIVILEGES, administrator.privileges.iter().map(ToString::to_string))
        .text(PASSWORD, administrator.password.as_phc())
        .text(TOTP_KEY, administrator.totp_key.0.as_str())
        .number(LAST_TOTP_STEP, administrator.last_totp_step)
        .time(CREATED_AT, administrator.created_at)
        .number(VERSION, administrator.version)
        .finish()
}

/// Reads an account.
pub fn read(item: &Item) -> Result<Administrator, Corrupt> {
    let unnamed = Reader::new(ADMINISTRATORS.name, "?", item);
    let r = Reader::new(ADMINISTRATORS.name, unnamed.text(ID)?, item);
    let organization = r.optional_text(ORGANIZATION)?.map(OrganizationKey::parse).transpose();
    Ok(Administrator {
        id: r.parsed(ID, AdministratorId::parse)?,
        email: r.parsed(EMAIL, Email::parse)?,
        name: r.parsed(NAME, Name::parse)?,
        organization: organization.map_err(|_| r.corrupt(ORGANIZATION))?,
        privileges: r.texts(PRIVILEGES, Privilege::from_word)?,
        password: Verifier::new(r.text(PASSWORD)?.to_owned()),
        totp_key: SealedTotpKey(r.text(TOTP_KEY)?.to_owned()),
        last_totp_step: r.number(LAST_TOTP_STEP)?,
        created_at: r.time(CREATED_AT)?,
        version: Version(r.number(VERSION)?),
    })
}

/// Writes an address, which leads to its account and keeps it unique.
#[must_use]
pub fn write_email(administrator: &Administrator) -> Item {
    let mut item = email_key(&administrator.email);
    item.extend(Writer::default().text(ADMINISTRATOR, administrator.id.as_str()).finish());
    item
}

/// Reads whose an address or a session is.
pub fn read_owner(item: &Item) -> Result<AdministratorId, Corrupt> {
    let unnamed = Reader::new(ADMINISTRATORS.name, "?", item);
    Reader::new(ADMINISTRATORS.name, unnamed.text(ID)?, item).parsed(ADMINISTRATOR, AdministratorId::parse)
}

/// Writes a session.
#[must_use]
pub fn write_session(session: &Session) -> Item {
    let mut item = session_key(&session.digest);
    let attributes = Writer::default()
        .text(ADMINISTRATOR, session.administrator.as_str())
        .time(CREATED_AT, session.created_at)
        .time(LAST_SEEN_AT, session.last_seen_at)
        .time(AUTHENTICATED_AT, session.authenticated_at)
        .number(PURGE_AT, session.expires_at().as_second());
    item.extend(attributes.finish());
    item
}

/// Reads the session of this digest.
pub fn read_session(digest: &SessionDigest, item: &Item) -> Result<Session, Corrupt> {
    let r = Reader::new(ADMINISTRATORS.name, "session", item);
    Ok(Session {
        digest: digest.clone(),
        administrator: r.parsed(ADMINISTRATOR, AdministratorId::parse)?,
        created_at: r.time(CREATED_AT)?,
        last_seen_at: r.time(LAST_SEEN_AT)?,
        authenticated_at: r.time(AUTHENTICATED_AT)?,
    })
}
