//! Invitations as items of the table `administrators`.

use super::administrator::VERSION;
use super::event::{actor_email, actor_text, read_actor};
use super::{Corrupt, Item, Reader, Writer};
use crate::domain::administrator::SealedTotpKey;
use crate::domain::email::Email;
use crate::domain::id::{AdministratorId, InvitationId, OrganizationKey, Version};
use crate::domain::invitation::{Invitation, InvitationDigest, InvitationState, Purpose};
use crate::domain::privilege::Privilege;
use crate::domain::text::Name;
use crate::domain::time::plus_seconds;
use crate::store::item::administrator;
use crate::store::schema::{ADMINISTRATORS, ID, LISTED_IN, ORGANIZATION, PURGE_AT};

const PREFIX: &str = "invitation#";
const RESETS: &str = "resets";
const EMAIL: &str = "email";
const NAME: &str = "name";
const PRIVILEGES: &str = "privileges";
const INVITED_BY: &str = "invited_by";
const INVITED_BY_EMAIL: &str = "invited_by_email";
const APPROVED: &str = "approved";
const CREATED_AT: &str = "created_at";
const EXPIRES_AT: &str = "expires_at";
const STATE: &str = "state";
const STATE_AT: &str = "state_at";
const DIGEST: &str = "digest";
const TOTP_KEY: &str = "totp_key";

/// The key of an invitation.
#[must_use]
pub fn key(id: &InvitationId) -> Item {
    key_of(id.as_str())
}

/// The key of the invitation whose id this text is.
#[must_use]
pub fn key_of(id: &str) -> Item {
    Writer::default().text(ID, format!("{PREFIX}{id}")).finish()
}

/// Under which name the invitations to an organization, or of operators, are listed.
#[must_use]
pub fn listed_in(organization: Option<&OrganizationKey>) -> String {
    format!("invitations#{}", administrator::listed_in(organization))
}

/// Writes an invitation.
#[must_use]
pub fn write(invitation: &Invitation) -> Item {
    let (state, state_at) = match invitation.state {
        InvitationState::Pending => ("pending", None),
        InvitationState::Accepted { at } => ("accepted", Some(at)),
        InvitationState::Withdrawn { at } => ("withdrawn", Some(at)),
    };
    let resets = match &invitation.purpose {
        Purpose::Join => None,
        Purpose::Reset(id) => Some(id.as_str()),
    };
    let purge_at = plus_seconds(state_at.unwrap_or(invitation.expires_at), Invitation::KEPT_SECONDS);
    let mut item = key(&invitation.id);
    let attributes = Writer::default()
        .text(LISTED_IN, listed_in(invitation.organization.as_ref()))
        .optional_text(ORGANIZATION, invitation.organization.as_ref().map(OrganizationKey::as_str))
        .optional_text(RESETS, resets)
        .text(EMAIL, invitation.email.as_str())
        .text(NAME, invitation.name.as_str())
        .texts(PRIVILEGES, invitation.privileges.iter().map(ToString::to_string))
        .text(INVITED_BY, actor_text(&invitation.invited_by))
        .optional_text(INVITED_BY_EMAIL, actor_email(&invitation.invited_by))
        .flag_if(APPROVED, invitation.approved)
        .time(CREATED_AT, invitation.created_at)
        .time(EXPIRES_AT, invitation.expires_at)
        .text(STATE, state)
        .optional_time(STATE_AT, state_at)
        .text(DIGEST, invitation.digest.0.as_str())
        .optional_text(TOTP_KEY, invitation.totp_key.as_ref().map(|key| key.0.as_str()))
        .number(VERSION, invitation.version)
        .number(PURGE_AT, purge_at.as_second());
    item.extend(attributes.finish());
    item
}

/// Reads an invitation.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Invitation, Corrupt> {
    let unnamed = Reader::new(ADMINISTRATORS.name, "?", item);
    let r = Reader::new(ADMINISTRATORS.name, unnamed.text(ID)?, item);
    let id = r.text(ID)?.strip_prefix(PREFIX).ok_or_else(|| r.corrupt(ID))?;
    let organization = r.optional_text(ORGANIZATION)?.map(OrganizationKey::parse).transpose();
    let resets = r.optional_text(RESETS)?.map(AdministratorId::parse).transpose().map_err(|_| r.corrupt(RESETS))?;
    let invited_by_email = r.optional_text(INVITED_BY_EMAIL)?;
    let state = match r.text(STATE)? {
        "pending" => InvitationState::Pending,
        "accepted" => InvitationState::Accepted { at: r.time(STATE_AT)? },
        "withdrawn" => InvitationState::Withdrawn { at: r.time(STATE_AT)? },
        _ => return Err(r.corrupt(STATE)),
    };
    Ok(Invitation {
        id: InvitationId::parse(id).map_err(|_| r.corrupt(ID))?,
        purpose: resets.map_or(Purpose::Join, Purpose::Reset),
        email: r.parsed(EMAIL, Email::parse)?,
        name: r.parsed(NAME, Name::parse)?,
        organization: organization.map_err(|_| r.corrupt(ORGANIZATION))?,
        privileges: r.texts(PRIVILEGES, Privilege::from_word)?,
        invited_by: r.named(INVITED_BY, |text| read_actor(text, invited_by_email))?,
        approved: r.optional_flag(APPROVED)?,
        created_at: r.time(CREATED_AT)?,
        expires_at: r.time(EXPIRES_AT)?,
        state,
        digest: InvitationDigest(r.text(DIGEST)?.to_owned()),
        totp_key: r.optional_text(TOTP_KEY)?.map(|key| SealedTotpKey(key.to_owned())),
        version: Version(r.number(VERSION)?),
    })
}
