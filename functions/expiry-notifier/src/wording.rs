//! What a mail says of one thing that ends: in plain words, which [`crate::letter`] sets as text and as HTML.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::domain::client::Client;
use shared::domain::id::ResourceKey;
use shared::http::Issuer;
use shared::mail::shortened;

use crate::find::Notice;

/// How many resources are named before the rest is counted.
const NAMED_RESOURCES: usize = 5;
/// How many characters of the notes a mail repeats.
const NOTES: usize = 300;

/// What is said of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What ends, and when, in one line.
    pub title: String,
    /// What there is to know, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// The client in the console.
    pub link: String,
}

impl Entry {
    /// Puts a notice into words, at `now`.
    #[must_use]
    pub fn of(notice: &Notice, issuer: &Issuer, zone: &TimeZone, now: Timestamp) -> Self {
        let client = &notice.client;
        let mut facts = vec![("Ends", instant(notice.expires_at, zone))];
        if let Some(secret) = &notice.secret {
            facts.push(("Secret", format!("{}, made {}", secret.id, day(secret.created_at, zone))));
        }
        facts.push(("Client", format!("{} ({})", client.client_id, client.environment.as_str())));
        facts.push(("Last used", last_used(notice, zone)));
        facts.push(("What breaks", consequence(notice)));
        facts.push(("What to do", remedy(notice).to_owned()));
        if !client.notes.as_str().is_empty() {
            facts.push(("Notes", shortened(client.notes.as_str(), NOTES)));
        }
        Self { title: title(notice, now), facts, link: issuer.url(&format!("/console/#/clients/{}", client.client_id)) }
    }
}

/// What ends, and when: `Secret "deploy" of "Reporting" expires in 7 days`.
#[must_use]
pub fn title(notice: &Notice, now: Timestamp) -> String {
    let client = &notice.client.name;
    let what = match &notice.secret {
        None => format!("Client \"{client}\""),
        Some(secret) if secret.label.as_str().is_empty() => format!("Secret {} of \"{client}\"", secret.id),
        Some(secret) => format!("Secret \"{}\" of \"{client}\"", secret.label),
    };
    let when = match notice.days_left {
        ..=0 if now >= notice.expires_at => "expired today".to_owned(),
        ..=0 => "expires today".to_owned(),
        1 => "expires tomorrow".to_owned(),
        days => format!("expires in {days} days"),
    };
    format!("{what} {when}")
}

/// An instant to the second, in the zone and, where that is another, in UTC.
fn instant(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let mut text = local.strftime("%A, %-d %B %Y, %H:%M:%S %Z").to_string();
    if let Some(name) = zone.iana_name().filter(|_| *zone != TimeZone::UTC) {
        let _ = write!(text, " ({name}), which is {at}");
    }
    text
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%-d %B %Y").to_string()
}

fn last_used(notice: &Notice, zone: &TimeZone) -> String {
    match &notice.last_used {
        // a last use is exact to an hour
        Some(used) => {
            let at = used.at.to_zoned(zone.clone()).strftime("%-d %B %Y, %H:%M %Z").to_string();
            format!("{at}, from {}", used.network)
        }
        None => "never".to_owned(),
    }
}

fn consequence(notice: &Notice) -> String {
    let stops = format!("The client gets no tokens any more{}.", resources(&notice.client));
    match (&notice.secret, notice.other_secrets) {
        (None, _) => format!("{stops} None of its secrets helps."),
        (Some(_), 0) => format!("No other secret of the client works then. {stops}"),
        (Some(_), 1) => "Whoever still uses this secret gets no tokens any more. One other secret works on.".to_owned(),
        (Some(_), n) => format!("Whoever still uses this secret gets no tokens any more. {n} other secrets work on."),
    }
}

/// What the client calls, as the end of a sentence.
fn resources(client: &Client) -> String {
    let keys: Vec<&str> = client.grants.0.keys().map(ResourceKey::as_str).collect();
    let rest = keys.len().saturating_sub(NAMED_RESOURCES);
    let named: Vec<&str> = keys.into_iter().take(NAMED_RESOURCES).collect();
    match (named.is_empty(), rest) {
        (true, _) => String::new(),
        (false, 0) => format!(", and its calls to {} stop", named.join(", ")),
        (false, rest) => format!(", and its calls to {} and {rest} more stop", named.join(", ")),
    }
}

fn remedy(notice: &Notice) -> &'static str {
    match notice.secret {
        Some(_) => "Make a new secret in the console, give it to the integration, and delete this one.",
        None => "A client's expiry is fixed. Create a client that takes its place, or let it end.",
    }
}
