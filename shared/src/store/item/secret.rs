//! Secrets as items of the table `clients`, and their summaries inside the client's own item.

use jiff::Timestamp;

use super::{Corrupt, Item, Reader, Writer};
use crate::domain::id::{ClientId, SecretId};
use crate::domain::secret::{LastUsed, SealedSecret, Secret, SecretState, SecretStatus, Verifier};
use crate::domain::text::Label;
use crate::store::item::expiry_day;
use crate::store::schema::{CLIENT_ID, CLIENTS, EXPIRES_AT, EXPIRY_DAY, PART, PURGE_AT};

/// Id of the secret; absent on the client's own item.
pub const SECRET_ID: &str = "secret_id";
/// The Argon2id PHC string.
pub const VERIFIER: &str = "verifier";
/// When the secret last got a token.
pub const LAST_USED_AT: &str = "last_used_at";
/// Network of that last use.
pub const LAST_USED_NETWORK: &str = "last_used_network";
const LABEL: &str = "label";
const CREATED_AT: &str = "created_at";
const NOT_BEFORE: &str = "not_before";
const STATE: &str = "state";
const STATE_AT: &str = "state_at";
const DEACTIVATED_AT: &str = "deactivated_at";
const REPLACED_BY: &str = "replaced_by";
/// The sealed copy: 112 bytes more in the token endpoint's one read, which is cheaper there than a second item.
const SEALED: &str = "sealed";

const ACTIVE: &str = "active";
const DEACTIVATED: &str = "deactivated";
const DELETED: &str = "deleted";

/// Summary of a secret in the client's own item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Id of the secret.
    pub id: SecretId,
    /// When the secret was created.
    pub created_at: Timestamp,
    /// Time from which it works.
    pub not_before: Timestamp,
    /// Expiry; `None` if it never expires.
    pub expires_at: Option<Timestamp>,
    /// State set by an administrator.
    pub state: SecretState,
}

impl Summary {
    /// Returns the status of the secret at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> SecretStatus {
        self.state.status(self.not_before, self.expires_at, now)
    }
}

impl From<&Secret> for Summary {
    fn from(secret: &Secret) -> Self {
        Self {
            id: secret.id.clone(),
            created_at: secret.created_at,
            not_before: secret.not_before,
            expires_at: secret.expires_at,
            state: secret.state,
        }
    }
}

/// The sort key of a secret.
#[must_use]
pub fn part(id: &SecretId) -> String {
    format!("secret#{id}")
}

fn write_state(writer: Writer, state: SecretState) -> Writer {
    match state {
        SecretState::Active => writer.text(STATE, ACTIVE),
        SecretState::Deactivated { at } => writer.text(STATE, DEACTIVATED).time(STATE_AT, at),
        SecretState::Deleted { at, deactivated_at } => {
            writer.text(STATE, DELETED).time(STATE_AT, at).optional_time(DEACTIVATED_AT, deactivated_at)
        }
    }
}

fn read_state(r: Reader<'_>) -> Result<SecretState, Corrupt> {
    match r.text(STATE)? {
        ACTIVE => Ok(SecretState::Active),
        DEACTIVATED => Ok(SecretState::Deactivated { at: r.time(STATE_AT)? }),
        DELETED => Ok(SecretState::Deleted { at: r.time(STATE_AT)?, deactivated_at: r.optional_time(DEACTIVATED_AT)? }),
        _ => Err(r.corrupt(STATE)),
    }
}

/// Writes a secret, all but its last use, which is written on its own.
#[must_use]
pub fn write(client_id: &ClientId, secret: &Secret) -> Item {
    let remind = matches!(secret.state, SecretState::Active) && secret.replaced_by.is_none();
    let purge_at = secret.kept_until().map(Timestamp::as_second);
    let writer = Writer::default()
        .text(CLIENT_ID, client_id.as_str())
        .text(PART, part(&secret.id))
        .text(SECRET_ID, secret.id.as_str())
        .text(LABEL, secret.label.as_str())
        .text(VERIFIER, secret.verifier.as_phc())
        .time(CREATED_AT, secret.created_at)
        .time(NOT_BEFORE, secret.not_before)
        .optional_time(EXPIRES_AT, secret.expires_at)
        .optional_text(EXPIRY_DAY, secret.expires_at.filter(|_| remind).map(expiry_day))
        .optional_text(REPLACED_BY, secret.replaced_by.as_ref().map(SecretId::as_str))
        .optional_text(SEALED, secret.sealed.as_ref().map(|sealed| sealed.0.as_str()))
        .optional_number(PURGE_AT, purge_at);
    write_state(writer, secret.state).finish()
}

/// Writes a secret with its last use.
#[must_use]
pub fn write_with_use(client_id: &ClientId, secret: &Secret) -> Item {
    let used = secret.last_used.as_ref();
    let last_used = Writer::default()
        .optional_time(LAST_USED_AT, used.map(|used| used.at))
        .optional_text(LAST_USED_NETWORK, used.map(|used| used.network.as_str()));
    write(client_id, secret).into_iter().chain(last_used.finish()).collect()
}

/// The attributes that [`write()`] may leave out, so that a change of the item takes them away.
pub const OPTIONAL: [&str; 7] = [EXPIRES_AT, EXPIRY_DAY, PURGE_AT, STATE_AT, DEACTIVATED_AT, REPLACED_BY, SEALED];

/// Reads a secret.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Secret, Corrupt> {
    let unnamed = Reader::new(CLIENTS.name, "?", item);
    let r = Reader::new(CLIENTS.name, unnamed.text(PART)?, item);
    let last_used = match r.optional_time(LAST_USED_AT)? {
        Some(at) => Some(LastUsed { at, network: r.text(LAST_USED_NETWORK)?.to_owned() }),
        None => None,
    };
    let replaced_by = r.optional_text(REPLACED_BY)?.map(SecretId::parse).transpose();
    Ok(Secret {
        id: r.parsed(SECRET_ID, SecretId::parse)?,
        label: r.parsed(LABEL, Label::parse)?,
        verifier: Verifier::new(r.text(VERIFIER)?.to_owned()),
        created_at: r.time(CREATED_AT)?,
        not_before: r.time(NOT_BEFORE)?,
        expires_at: r.optional_time(EXPIRES_AT)?,
        state: read_state(r)?,
        replaced_by: replaced_by.map_err(|_| r.corrupt(REPLACED_BY))?,
        sealed: r.optional_text(SEALED)?.map(|sealed| SealedSecret(sealed.to_owned())),
        last_used,
    })
}

/// Reads which client the secret belongs to, and when it was last used, if ever.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_use(item: &Item) -> Result<Option<(ClientId, Timestamp)>, Corrupt> {
    let r = Reader::new(CLIENTS.name, "?", item);
    let client_id = r.parsed(CLIENT_ID, ClientId::parse)?;
    Ok(r.optional_time(LAST_USED_AT)?.map(|at| (client_id, at)))
}

/// Writes the summary of a secret for the client's own item; a deleted one has none.
#[must_use]
pub fn write_summary(secret: &Secret) -> Option<(String, Item)> {
    if matches!(secret.state, SecretState::Deleted { .. }) {
        return None;
    }
    let writer = Writer::default()
        .time(CREATED_AT, secret.created_at)
        .time(NOT_BEFORE, secret.not_before)
        .optional_time(EXPIRES_AT, secret.expires_at);
    Some((secret.id.to_string(), write_state(writer, secret.state).finish()))
}

/// Reads the summary of a secret.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_summary((id, r): (&str, Reader<'_>)) -> Result<Summary, Corrupt> {
    Ok(Summary {
        id: SecretId::parse(id).map_err(|_| r.corrupt(SECRET_ID))?,
        created_at: r.time(CREATED_AT)?,
        not_before: r.time(NOT_BEFORE)?,
        expires_at: r.optional_time(EXPIRES_AT)?,
        state: read_state(r)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_secret_with_everything_reads_back_and_keeps_its_attribute_names() {
        let secret = Secret {
            id: SecretId::parse("cs_AAAAAAAAAAAA").unwrap(),
            label: Label::parse("nightly").unwrap(),
            verifier: Verifier::new("$argon2id$".to_owned()),
            created_at: at("2026-03-01T12:00:00Z"),
            not_before: at("2026-03-02T12:00:00Z"),
            expires_at: Some(at("2026-05-01T12:00:00Z")),
            state: SecretState::Deleted {
                at: at("2026-04-01T12:00:00Z"),
                deactivated_at: Some(at("2026-03-15T12:00:00Z")),
            },
            replaced_by: Some(SecretId::parse("cs_BBBBBBBBBBBB").unwrap()),
            sealed: Some(SealedSecret("c2VhbGVk".to_owned())),
            last_used: None,
        };
        let item = write(&ClientId::parse("wallet-acme-batch").unwrap(), &secret);
        assert_eq!(read(&item).unwrap(), secret);
        let names: BTreeSet<&str> = item.keys().map(String::as_str).collect();
        let expected = [
            "client_id",
            "created_at",
            "deactivated_at",
            "expires_at",
            "label",
            "not_before",
            "part",
            "purge_at",
            "replaced_by",
            "sealed",
            "secret_id",
            "state",
            "state_at",
            "verifier",
        ];
        assert_eq!(names, BTreeSet::from(expected));
        assert_eq!(item["purge_at"].as_n().unwrap(), "1777636800");
        assert!(!format!("{secret:?}").contains("c2VhbGVk"));
    }

    #[test]
    fn only_what_works_and_has_no_successor_is_found_among_what_expires() {
        let client_id = ClientId::parse("wallet-acme-batch").unwrap();
        let secret = Secret {
            id: SecretId::parse("cs_AAAAAAAAAAAA").unwrap(),
            label: Label::default(),
            verifier: Verifier::new("$argon2id$".to_owned()),
            created_at: at("2026-03-01T12:00:00Z"),
            not_before: at("2026-03-01T12:00:00Z"),
            expires_at: Some(at("2026-05-01T12:00:00Z")),
            state: SecretState::Active,
            replaced_by: None,
            sealed: None,
            last_used: None,
        };
        assert_eq!(write(&client_id, &secret)[EXPIRY_DAY].as_s().unwrap(), "2026-05-01");
        let replaced = Secret { replaced_by: Some(secret.id.clone()), ..secret.clone() };
        let off = Secret { state: SecretState::Deactivated { at: secret.created_at }, ..secret };
        assert!([replaced, off].iter().all(|secret| !write(&client_id, secret).contains_key(EXPIRY_DAY)));
    }
}
