//! The words of a mail about one notice; [`crate::reminder_mail`] sets them as text and as HTML.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::domain::client::Client;
use shared::domain::id::ResourceKey;
use shared::http::Issuer;
use shared::text::shortened;

use crate::notice::Notice;

/// The number of resources that are named; the rest is counted.
const NAMED_RESOURCES: usize = 5;
/// The number of characters of the notes that are quoted.
const NOTES: usize = 300;

/// The section of a mail about one notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Title with the expiring object and its expiry, in one line.
    pub title: String,
    /// Facts, each with its name.
    pub facts: Vec<(&'static str, String)>,
    /// The URL of the client in the console.
    pub link: String,
}

impl Section {
    /// Describes a notice at `now`.
    #[must_use]
    pub fn new(notice: &Notice, issuer: &Issuer, zone: &TimeZone, now: Timestamp) -> Self {
        let client = &notice.client;
        let mut facts = vec![("Expires", instant(notice.expires_at, zone))];
        if let Some(secret) = &notice.secret {
            facts.push(("Secret", format!("{}, created {}", secret.id, day(secret.created_at, zone))));
        }
        facts.push(("Client", format!("{} ({})", client.client_id, client.environment.as_str())));
        facts.push(("Last used", last_used(notice, zone)));
        facts.push(("Impact", impact(notice)));
        facts.push(("What to do", remedy(notice).to_owned()));
        if !client.notes.as_str().is_empty() {
            facts.push(("Notes", shortened(client.notes.as_str(), NOTES)));
        }
        Self { title: title(notice, now), facts, link: issuer.url(&format!("/console/#/clients/{}", client.client_id)) }
    }
}

/// Returns the title with the expiring object and its expiry: `Secret "deploy" of "Reporting" expires in 7 days`.
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

/// An instant to the second, in the zone and, where that is not UTC, in UTC too.
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
        // recorded to the hour
        Some(used) => {
            let at = used.at.to_zoned(zone.clone()).strftime("%-d %B %Y, %H:%M %Z").to_string();
            format!("{at}, from {}", used.network)
        }
        None => "never".to_owned(),
    }
}

fn impact(notice: &Notice) -> String {
    let consequence = format!("will no longer get tokens{}.", resources(&notice.client));
    let users = "Anything that still uses this secret will no longer get tokens.";
    match (&notice.secret, notice.other_secrets) {
        (None, _) => format!("The client {consequence} This holds for all of its secrets."),
        (Some(_), 0) => format!("The client has no other secret that will work by then. It {consequence}"),
        (Some(_), 1) => format!("{users} One other secret keeps working."),
        (Some(_), n) => format!("{users} {n} other secrets keep working."),
    }
}

/// The resources that the client calls, as the end of a sentence.
fn resources(client: &Client) -> String {
    let keys: Vec<&str> = client.grants.0.keys().map(ResourceKey::as_str).collect();
    let rest = keys.len().saturating_sub(NAMED_RESOURCES);
    let named: Vec<&str> = keys.into_iter().take(NAMED_RESOURCES).collect();
    match (named.is_empty(), rest) {
        (true, _) => String::new(),
        (false, 0) => format!(", and its calls to {} will fail", named.join(", ")),
        (false, rest) => format!(", and its calls to {} and {rest} more will fail", named.join(", ")),
    }
}

fn remedy(notice: &Notice) -> &'static str {
    match notice.secret {
        Some(_) => "Create a new secret in the console, deploy it to the integration, and delete this one.",
        None => "The expiry of a client can't be changed. Create a new client to replace it, or let it expire.",
    }
}
