//! Events as items of the table `audit-events`, and the hash that chains them.

use aws_lc_rs::digest;

use super::{Corrupt, Item, Reader, Writer};
use crate::domain::email::Email;
use crate::domain::event::{Action, Actor, Attribution, Event, NewEvent, Target, Trail};
use crate::domain::id::{
    AdministratorId, ChangeRequestId, ClientId, InvitationId, OrganizationKey, RequestId, ResourceKey, SecretId,
};
use crate::store::schema::{AUDIT_EVENTS, SEQUENCE, TRAIL};

/// The trail of the deployment itself; no organization key starts with `@`.
const PLATFORM: &str = "@platform";
/// Previous hash of the first event of a trail.
pub const FIRST_PREVIOUS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const HASH: &str = "hash";
const PREVIOUS_HASH: &str = "previous_hash";
const AT: &str = "at";
const ACTION: &str = "action";
const ACTOR: &str = "actor";
const ACTOR_EMAIL: &str = "actor_email";
const TARGET: &str = "target";
const SOURCE: &str = "source";
const REQUEST: &str = "request_id";
const CHANGES: &str = "changes";

/// The partition of a trail.
#[must_use]
pub fn trail_key(trail: &Trail) -> String {
    match trail {
        Trail::Organization(key) => key.to_string(),
        Trail::Platform => PLATFORM.to_owned(),
    }
}

fn read_trail(text: &str) -> Option<Trail> {
    if text == PLATFORM { Some(Trail::Platform) } else { OrganizationKey::parse(text).ok().map(Trail::Organization) }
}

/// An actor as text, without the address.
pub(super) fn actor_text(actor: &Actor) -> String {
    match actor {
        Actor::Administrator { id, .. } => format!("administrator#{id}"),
        Actor::Client(client_id) => format!("client#{client_id}"),
        Actor::System => "system".to_owned(),
    }
}

/// The address that an actor had.
pub(super) fn actor_email(actor: &Actor) -> Option<&str> {
    match actor {
        Actor::Administrator { email, .. } => Some(email.as_str()),
        Actor::Client(_) | Actor::System => None,
    }
}

/// Reads an actor from both.
pub(super) fn read_actor(text: &str, email: Option<&str>) -> Option<Actor> {
    match text.split_once('#') {
        None if text == "system" => Some(Actor::System),
        Some(("client", id)) => ClientId::parse(id).ok().map(Actor::Client),
        Some(("administrator", id)) => {
            Some(Actor::Administrator { id: AdministratorId::parse(id).ok()?, email: Email::parse(email?).ok()? })
        }
        _ => None,
    }
}

fn target_text(target: &Target) -> String {
    match target {
        Target::Client(id) => format!("client#{id}"),
        Target::Secret(client_id, secret_id) => format!("secret#{client_id}#{secret_id}"),
        Target::Organization(key) => format!("organization#{key}"),
        Target::Resource(key) => format!("resource#{key}"),
        Target::Administrator(id) => format!("administrator#{id}"),
        Target::SigningKey(kid) => format!("signing_key#{kid}"),
        Target::ChangeRequest(id, None) => format!("change_request#{id}"),
        Target::ChangeRequest(id, Some(client_id)) => format!("change_request#{id}#{client_id}"),
        Target::Invitation(id) => format!("invitation#{id}"),
        Target::Route(route) => format!("route#{route}"),
    }
}

fn read_target(text: &str) -> Option<Target> {
    let (kind, rest) = text.split_once('#')?;
    match kind {
        "client" => ClientId::parse(rest).ok().map(Target::Client),
        "secret" => {
            let (client_id, secret_id) = rest.split_once('#')?;
            Some(Target::Secret(ClientId::parse(client_id).ok()?, SecretId::parse(secret_id).ok()?))
        }
        "organization" => OrganizationKey::parse(rest).ok().map(Target::Organization),
        "resource" => ResourceKey::parse(rest).ok().map(Target::Resource),
        "administrator" => AdministratorId::parse(rest).ok().map(Target::Administrator),
        "signing_key" => Some(Target::SigningKey(rest.to_owned())),
        "change_request" => match rest.split_once('#') {
            None => Some(Target::ChangeRequest(ChangeRequestId::parse(rest).ok()?, None)),
            Some((id, client_id)) => {
                Some(Target::ChangeRequest(ChangeRequestId::parse(id).ok()?, Some(ClientId::parse(client_id).ok()?)))
            }
        },
        "invitation" => InvitationId::parse(rest).ok().map(Target::Invitation),
        "route" => Some(Target::Route(rest.to_owned())),
        _ => None,
    }
}

/// Writes an event in its place behind `previous_hash`, with its own hash: the SHA-256 over the name and value of
/// every other attribute in the order of their names, each length-prefixed.
#[must_use]
pub fn write(event: &NewEvent, by: &Attribution, sequence: u64, previous_hash: &str) -> Item {
    let mut item = Writer::default()
        .text(TRAIL, trail_key(&event.trail))
        .number(SEQUENCE, sequence)
        .time(AT, by.at)
        .text(ACTION, event.action.as_str())
        .text(ACTOR, actor_text(&by.actor))
        .optional_text(ACTOR_EMAIL, actor_email(&by.actor))
        .text(TARGET, target_text(&event.target))
        .optional_text(SOURCE, by.source.map(|source| source.to_string()))
        .text(REQUEST, by.request_id.as_str())
        .text(CHANGES, serde_json::json!(event.changes).to_string())
        .text(PREVIOUS_HASH, previous_hash)
        .finish();
    let hash = hash_of(&item);
    item.extend(Writer::default().text(HASH, hash).finish());
    item
}

/// The hash that an item's other attributes give.
#[must_use]
pub fn hash_of(item: &Item) -> String {
    let mut names: Vec<&String> = item.keys().filter(|name| *name != HASH).collect();
    names.sort();
    let mut context = digest::Context::new(&digest::SHA256);
    for name in names {
        let value = item.get(name).and_then(|value| value.as_s().or_else(|_| value.as_n()).ok());
        for part in [name.as_str(), value.map_or("", String::as_str)] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
    }
    hex::encode(context.finish())
}

/// Reads the place and hash of an event, which the next one builds on.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_link(item: &Item) -> Result<(u64, String), Corrupt> {
    let r = Reader::new(AUDIT_EVENTS.name, "?", item);
    let r = Reader::new(AUDIT_EVENTS.name, r.text(TRAIL)?, item);
    Ok((r.number(SEQUENCE)?, r.text(HASH)?.to_owned()))
}

/// An event's place in the chain of its trail: what is stored of it, and what its other attributes give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its place.
    pub sequence: u64,
    /// The hash that it carries; nothing, where it carries none.
    pub hash: Option<String>,
    /// The hash of the one before it, as it says.
    pub previous_hash: Option<String>,
    /// The hash that it should carry.
    pub computed: String,
}

/// Reads the place of an event in its chain, even if other attributes cannot be parsed.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_chain(item: &Item) -> Result<Link, Corrupt> {
    let r = Reader::new(AUDIT_EVENTS.name, "?", item);
    let text = |name: &str| r.optional_text(name).ok().flatten().map(str::to_owned);
    let (hash, previous_hash) = (text(HASH), text(PREVIOUS_HASH));
    Ok(Link { sequence: r.number(SEQUENCE)?, hash, previous_hash, computed: hash_of(item) })
}

/// Reads an event.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<Event, Corrupt> {
    let (sequence, hash) = read_link(item)?;
    let key = sequence.to_string();
    let r = Reader::new(AUDIT_EVENTS.name, &key, item);
    let email = r.optional_text(ACTOR_EMAIL)?;
    let actor = r.named(ACTOR, |text| read_actor(text, email))?;
    let source = r.optional_text(SOURCE)?.map(str::parse).transpose().map_err(|_| r.corrupt(SOURCE))?;
    Ok(Event {
        sequence,
        what: NewEvent {
            trail: r.named(TRAIL, read_trail)?,
            action: r.named(ACTION, Action::from_word)?,
            target: r.named(TARGET, read_target)?,
            changes: r.parsed(CHANGES, serde_json::from_str)?,
        },
        by: Attribution { actor, source, request_id: r.parsed(REQUEST, RequestId::parse)?, at: r.time(AT)? },
        previous_hash: r.text(PREVIOUS_HASH)?.to_owned(),
        hash,
    })
}
