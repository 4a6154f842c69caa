//! Administrators, the addresses they sign in with and who manages them as items of the table `administrators`.

use super::{Corrupt, Item, Reader, Writer};
use crate::domain::administrator::managers::Managers;
use crate::domain::administrator::{Administrator, PendingAuthenticator, SealedTotpKey};
use crate::domain::email::Email;
use crate::domain::id::{AdministratorId, OrganizationKey, Version};
use crate::domain::privilege::Privilege;
use crate::domain::secret::Verifier;
use crate::domain::text::Name;
use crate::store::schema::{ADMINISTRATORS, ID, LISTED_IN, ORGANIZATION};

/// Where the operators are listed; no organization key starts with `@`.
pub const PLATFORM: &str = "@platform";
/// The optimistic version.
pub const VERSION: &str = "version";
/// Time step of the last accepted one-time password.
pub const LAST_TOTP_STEP: &str = "last_totp_step";
/// When they last signed in.
pub const LAST_SIGNED_IN_AT: &str = "last_signed_in_at";
const SESSION_EPOCH: &str = "session_epoch";
/// The owner of an address or a session.
pub const ADMINISTRATOR: &str = "administrator";
/// Optional attributes of an account.
pub const OPTIONAL: [&str; 3] = [LAST_SIGNED_IN_AT, PENDING_TOTP_KEY, PENDING_SINCE];
const EMAIL: &str = "email";
const NAME: &str = "name";
const PRIVILEGES: &str = "privileges";
const PASSWORD: &str = "password";
const TOTP_KEY: &str = "totp_key";
const CREATED_AT: &str = "created_at";
const PENDING_TOTP_KEY: &str = "pending_totp_key";
const PENDING_SINCE: &str = "pending_since";
const RECOVERY_CODES: &str = "recovery_codes";
const MEMBERS: &str = "members";

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

/// The key of the managers of an organization's administrators, or of the operators.
#[must_use]
pub fn managers_key(organization: Option<&OrganizationKey>) -> Item {
    Writer::default().text(ID, format!("managers#{}", listed_in(organization))).finish()
}

/// The name under which the administrators of an organization, or the operators, are listed.
#[must_use]
pub fn listed_in(organization: Option<&OrganizationKey>) -> &str {
    organization.map_or(PLATFORM, OrganizationKey::as_str)
}

/// Writes an account.
#[must_use]
pub fn write(administrator: &Administrator) -> Item {
    let pending = administrator.pending_authenticator.as_ref();
    Writer::default()
        .text(ID, administrator.id.as_str())
        .text(LISTED_IN, listed_in(administrator.organization.as_ref()))
        .optional_text(ORGANIZATION, administrator.organization.as_ref().map(OrganizationKey::as_str))
        .text(EMAIL, administrator.email.as_str())
        .text(NAME, administrator.name.as_str())
        .texts(PRIVILEGES, administrator.privileges.iter().map(ToString::to_string))
        .text(PASSWORD, administrator.password.as_phc())
        .text(TOTP_KEY, administrator.totp_key.0.as_str())
        .number(LAST_TOTP_STEP, administrator.last_totp_step)
        .optional_text(PENDING_TOTP_KEY, pending.map(|pending| pending.totp_key.0.as_str()))
        .optional_time(PENDING_SINCE, pending.map(|pending| pending.since))
        .texts(RECOVERY_CODES, administrator.recovery_codes.iter().map(|code| code.as_phc().to_owned()))
        .number(SESSION_EPOCH, administrator.session_epoch)
        .time(CREATED_AT, administrator.created_at)
        .optional_time(LAST_SIGNED_IN_AT, administrator.last_signed_in_at)
        .number(VERSION, administrator.version)
        .finish()
}

/// Reads an account.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Administrator, Corrupt> {
    let unnamed = Reader::new(ADMINISTRATORS.name, "?", item);
    let r = Reader::new(ADMINISTRATORS.name, unnamed.text(ID)?, item);
    let organization = r.optional_text(ORGANIZATION)?.map(OrganizationKey::parse).transpose();
    let pending_authenticator = match (r.optional_text(PENDING_TOTP_KEY)?, r.optional_time(PENDING_SINCE)?) {
        (Some(key), Some(since)) => Some(PendingAuthenticator { totp_key: SealedTotpKey(key.to_owned()), since }),
        (None, None) => None,
        _ => return Err(r.corrupt(PENDING_SINCE)),
    };
    Ok(Administrator {
        id: r.parsed(ID, AdministratorId::parse)?,
        email: r.parsed(EMAIL, Email::parse)?,
        name: r.parsed(NAME, Name::parse)?,
        organization: organization.map_err(|_| r.corrupt(ORGANIZATION))?,
        privileges: r.texts(PRIVILEGES, Privilege::from_word)?,
        password: Verifier::new(r.text(PASSWORD)?.to_owned()),
        totp_key: SealedTotpKey(r.text(TOTP_KEY)?.to_owned()),
        last_totp_step: r.number(LAST_TOTP_STEP)?,
        pending_authenticator,
        recovery_codes: r
            .optional_texts(RECOVERY_CODES, |phc| Some(Verifier::new(phc.to_owned())))?
            .unwrap_or_default(),
        session_epoch: r.optional_number(SESSION_EPOCH)?.unwrap_or_default(),
        created_at: r.time(CREATED_AT)?,
        last_signed_in_at: r.optional_time(LAST_SIGNED_IN_AT)?,
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

/// Reads the owner of an address or a session.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_owner(item: &Item) -> Result<AdministratorId, Corrupt> {
    let unnamed = Reader::new(ADMINISTRATORS.name, "?", item);
    Reader::new(ADMINISTRATORS.name, unnamed.text(ID)?, item).parsed(ADMINISTRATOR, AdministratorId::parse)
}

/// Writes the managers of an organization's administrators, or of the operators.
#[must_use]
pub fn write_managers(managers: &Managers) -> Item {
    let mut item = managers_key(managers.organization.as_ref());
    let attributes = Writer::default()
        .texts(MEMBERS, managers.members.iter().map(ToString::to_string))
        .number(VERSION, managers.version);
    item.extend(attributes.finish());
    item
}

/// Reads the managers of an organization's administrators, or of the operators.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_managers(organization: Option<&OrganizationKey>, item: &Item) -> Result<Managers, Corrupt> {
    let r = Reader::new(ADMINISTRATORS.name, "managers", item);
    Ok(Managers {
        organization: organization.cloned(),
        members: r.texts(MEMBERS, |id| AdministratorId::parse(id).ok())?,
        version: Version(r.number(VERSION)?),
    })
}
