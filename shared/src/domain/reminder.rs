//! Reminders: what is told of, which are due at an instant, and which secrets nobody needs to hear about.
//!
//! Days are those of the deployment's time zone. A reminder is due once the calendar says that no more days are left
//! than its threshold; where several are, the smallest speaks for all.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::administrator::Administrator;
use super::client::registration::Registration;
use super::client::{Client, ClientStatus};
use super::email::Email;
use super::id::{ClientId, OrganizationKey, SecretId};
use super::privilege::Privilege;
use super::secret::{Secret, SecretState};
use super::time::is_expired;
use super::words::words;
use crate::domain::organization::settings::OrganizationSettings;

/// What is told of: a client, or one of its secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expiring {
    /// The client.
    pub client_id: ClientId,
    /// The secret; none is the client itself.
    pub secret: Option<SecretId>,
}

/// One reminder, which each recipient gets once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reminder {
    /// Whose thing it is.
    pub organization: OrganizationKey,
    /// What expires.
    pub expiring: Expiring,
    /// How many days before the expiry it is for, one of the organization's thresholds.
    pub days_before: u16,
}

/// Why mail to an address did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The mail service refused to take it.
    Refused,
    /// The address does not exist, or takes no mail for good.
    Bounced,
    /// Its owner called such mail unwanted.
    Complained,
}

words!(Cause {
    Refused = "refused",
    Bounced = "bounced",
    Complained = "complained",
});

/// The last mail to an address that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFailure {
    /// Why.
    pub cause: Cause,
    /// The mail service's word for it, such as `MessageRejected`.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

impl DeliveryFailure {
    /// Whether nothing more is sent there. A refusal may be the sender's fault, and is tried again with the next mail.
    #[must_use]
    pub fn is_undeliverable(&self) -> bool {
        self.cause != Cause::Refused
    }
}

/// The days that a run looks at.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
    today: Date,
    since: Option<Date>,
}

/// Nothing lives longer, in days, so that a larger threshold finds nothing.
const LONGEST: u16 = 3_650;

impl Calendar {
    /// The calendar of a run at `now`, when everything up to and including the day `done_through` was told already.
    ///
    /// Today is always looked at again, so that a second run of a day finds what is new since the first. Without a
    /// `done_through`, everything is looked at that is within a threshold.
    #[must_use]
    pub fn at(now: Timestamp, zone: TimeZone, done_through: Option<Date>) -> Self {
        let today = zone.to_datetime(now).date();
        let since = done_through.map(|done| done.min(today.saturating_sub(1.day())));
        Self { zone, today, since }
    }

    /// The day of the run.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// How many days are left until the day of `expires_at`: 0 on the day, negative after it.
    #[must_use]
    pub fn days_left(&self, expires_at: Timestamp) -> i32 {
        days_between(self.today, self.zone.to_datetime(expires_at).date())
    }

    /// The threshold whose reminder is due for something that ends at `expires_at`: the most urgent that was reached,
    /// unless its day was told already or the day of the expiry is over.
    #[must_use]
    pub fn due(&self, expires_at: Timestamp, thresholds: &BTreeSet<u16>) -> Option<u16> {
        let days_left = self.days_left(expires_at);
        if days_left < 0 {
            return None;
        }
        let threshold = thresholds.iter().copied().find(|threshold| i32::from(*threshold) >= days_left)?;
        let reached = days_left - i32::from(threshold);
        match self.since {
            Some(since) if days_between(self.today, since) >= reached => None,
            _ => Some(threshold),
        }
    }

    /// The days on which something must expire for one of these thresholds to be due.
    #[must_use]
    pub fn expiry_days(&self, thresholds: &BTreeSet<u16>) -> BTreeSet<Date> {
        let thresholds: Vec<i32> = thresholds.iter().map(|threshold| i32::from((*threshold).min(LONGEST))).collect();
        let Some(farthest) = thresholds.iter().copied().max() else { return BTreeSet::new() };
        let ahead: BTreeSet<i32> = match self.since {
            None => (0..=farthest).collect(),
            Some(since) => {
                let first = (days_between(self.today, since) + 1).max(-farthest);
                let reached = (first..=0).flat_map(|day| thresholds.iter().map(move |threshold| day + threshold));
                reached.filter(|ahead| *ahead >= 0).collect()
            }
        };
        ahead.into_iter().filter_map(|ahead| self.today.checked_add(ahead.days()).ok()).collect()
    }

    /// The instants of a day.
    #[must_use]
    pub fn instants(&self, day: Date) -> Range<Timestamp> {
        let start = |day: Date| day.to_zoned(self.zone.clone()).map_or(Timestamp::MAX, |start| start.timestamp());
        start(day)..day.tomorrow().map_or(Timestamp::MAX, start)
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}

/// Whether nobody is told of a client: it is switched off or gone, its organization is suspended, or it had expired
/// before this day.
#[must_use]
pub fn is_client_silent(client: &Client, calendar: &Calendar, now: Timestamp) -> bool {
    match client.status(now) {
        ClientStatus::Active => false,
        ClientStatus::Expired => client.expires_at.is_none_or(|end| calendar.days_left(end) < 0),
        ClientStatus::Suspended | ClientStatus::Disabled | ClientStatus::Deleted => true,
    }
}

/// Whether nobody is told of a secret: it is switched off or gone, it was regenerated, it falls with its client, or
/// another took over.
#[must_use]
pub fn is_secret_silent(registration: &Registration, secret: &Secret, now: Timestamp) -> bool {
    !matches!(secret.state, SecretState::Active)
        || secret.replaced_by.is_some()
        || is_expired(registration.client.expires_at, now)
        || registration.secrets.iter().any(|other| takes_over(other, secret))
}

/// Whether `newer` has taken over from `older`: it was made later, works when the older ends and outlives it, and the
/// older has not been used since the newer works. One that is still used will be missed, and is told of.
fn takes_over(newer: &Secret, older: &Secret) -> bool {
    let Some(end) = older.expires_at else { return false };
    matches!(newer.state, SecretState::Active)
        && newer.created_at > older.created_at
        && newer.not_before <= end
        && newer.expires_at.is_none_or(|newer_end| newer_end > end)
        && older.last_used.as_ref().is_none_or(|used| used.at < newer.not_before)
}

/// Who is told: those of the organization's `administrators` who manage secrets, and its team.
#[must_use]
pub fn recipients(administrators: &[Administrator], settings: &OrganizationSettings) -> BTreeSet<Email> {
    administrators
        .iter()
        .filter(|administrator| administrator.privileges.contains(&Privilege::SecretsManage))
        .map(|administrator| administrator.email.clone())
        .chain(settings.team_address.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::id::AdministratorId;
    use super::super::secret::{LastUsed, Verifier};
    use super::super::text::Label;
    use super::*;
    use rand::SeedableRng as _;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn days(days: &[u16]) -> BTreeSet<u16> {
        days.iter().copied().collect()
    }

    fn run_at(now: &str, done_through: Option<&str>) -> Calendar {
        Calendar::at(at(now), TimeZone::UTC, done_through.map(|day| day.parse().unwrap()))
    }

    const EVERY: [u16; 6] = [60, 30, 14, 7, 1, 0];

    #[test]
    fn each_threshold_is_due_on_its_day_alone() {
        let end = at("2026-05-01T00:00:00Z");
        let mut due = Vec::new();
        for ahead in -2..=70_i64 {
            let now = end - jiff::SignedDuration::from_hours(24 * ahead - 8);
            let yesterday = TimeZone::UTC.to_datetime(now).date().yesterday().unwrap();
            let calendar = Calendar::at(now, TimeZone::UTC, Some(yesterday));
            due.extend(calendar.due(end, &days(&EVERY)).map(|threshold| (calendar.days_left(end), threshold)));
        }
        due.reverse();
        assert_eq!(due, [(60, 60), (30, 30), (14, 14), (7, 7), (1, 1), (0, 0)]);
    }

    #[test]
    fn of_several_missed_the_most_urgent_is_due_and_after_the_day_none() {
        let end = at("2026-05-01T12:00:00Z");
        let due = |now, done| run_at(now, done).due(end, &days(&EVERY));
        assert_eq!(due("2026-04-20T08:00:00Z", Some("2026-03-20")), Some(14), "30 and 14 were missed");
        assert_eq!(due("2026-04-20T08:00:00Z", Some("2026-04-17")), None, "14 was reached on the 17th");
        assert_eq!(due("2026-04-20T08:00:00Z", Some("2026-04-16")), Some(14));
        assert_eq!(due("2026-04-20T08:00:00Z", None), Some(14), "a first run tells where things stand");
        assert_eq!(due("2026-05-01T23:59:59Z", Some("2026-04-30")), Some(0), "on the day, if only after the instant");
        assert_eq!(due("2026-05-02T00:00:00Z", None), None);
        assert_eq!(run_at("2026-04-20T08:00:00Z", None).due(end, &days(&[7])), None);
        assert_eq!(run_at("2026-04-24T08:00:00Z", Some("2026-04-24")).due(end, &days(&[7])), Some(7), "again today");
    }

    #[test]
    fn the_day_is_the_zones() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let calendar = Calendar::at(at("2026-03-01T22:30:00Z"), zone, None);
        assert_eq!(calendar.today().to_string(), "2026-03-02");
        assert_eq!(calendar.days_left(at("2026-03-02T21:59:59Z")), 0);
        assert_eq!(calendar.days_left(at("2026-03-02T22:00:00Z")), 1);
        let instants = calendar.instants(calendar.today());
        assert_eq!((instants.start, instants.end), (at("2026-03-01T22:00:00Z"), at("2026-03-02T22:00:00Z")));
    }

    #[test]
    fn only_days_that_can_be_due_are_looked_at() {
        let text = |days: BTreeSet<Date>| days.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let usual = run_at("2026-03-01T08:00:00Z", Some("2026-02-28"));
        assert_eq!(text(usual.expiry_days(&days(&[7, 1, 0]))), "2026-03-01 2026-03-02 2026-03-08");
        let missed_one = run_at("2026-03-01T08:00:00Z", Some("2026-02-27"));
        assert_eq!(text(missed_one.expiry_days(&days(&[7, 0]))), "2026-03-01 2026-03-07 2026-03-08");
        assert_eq!(run_at("2026-03-01T08:00:00Z", None).expiry_days(&days(&[60])).len(), 61);
        assert_eq!(run_at("2026-03-01T08:00:00Z", Some("2020-01-01")).expiry_days(&days(&EVERY)).len(), 61);
        assert!(usual.expiry_days(&BTreeSet::new()).is_empty());
    }

    fn secret(created: &str, end: Option<&str>, last_used: Option<&str>) -> Secret {
        Secret {
            id: SecretId::random(&mut rand::rngs::StdRng::seed_from_u64(1)),
            label: Label::default(),
            verifier: Verifier::new(String::new()),
            created_at: at(created),
            not_before: at(created),
            expires_at: end.map(at),
            state: SecretState::Active,
            last_used: last_used.map(|used| LastUsed { at: at(used), network: String::new() }),
            replaced_by: None,
            sealed: None,
        }
    }

    #[test]
    fn a_secret_is_followed_by_a_later_one_that_outlives_it_once_it_is_no_longer_used() {
        let (june, july) = (Some("2026-06-01T00:00:00Z"), Some("2026-07-01T00:00:00Z"));
        let unused = secret("2026-01-01T00:00:00Z", june, None);
        let later = secret("2026-05-01T00:00:00Z", july, None);
        assert!(takes_over(&later, &unused));
        assert!(takes_over(&secret("2026-05-01T00:00:00Z", None, None), &unused));
        assert!(takes_over(&later, &secret("2026-01-01T00:00:00Z", june, Some("2026-04-30T23:59:59Z"))));
        assert!(!takes_over(&later, &secret("2026-01-01T00:00:00Z", june, Some("2026-05-01T00:00:00Z"))), "used");
        assert!(!takes_over(&unused, &later), "made earlier");
        assert!(!takes_over(&secret("2026-05-01T00:00:00Z", june, None), &unused), "ends with it");
        let deactivated = SecretState::Deactivated { at: at("2026-05-02T00:00:00Z") };
        assert!(!takes_over(&Secret { state: deactivated, ..later.clone() }, &unused));
        assert!(!takes_over(&Secret { not_before: at("2026-06-01T00:00:01Z"), ..later }, &unused), "leaves a gap");
    }

    #[test]
    fn who_manages_secrets_and_the_team_are_told() {
        let administrator = |name: &str, privileges: &[Privilege]| Administrator {
            id: AdministratorId::random(&mut rand::rngs::StdRng::seed_from_u64(1)),
            email: Email::parse(&format!("{name}@acme.example")).unwrap(),
            name: super::super::text::Name::parse(name).unwrap(),
            organization: None,
            privileges: privileges.iter().copied().collect(),
            password: Verifier::new(String::new()),
            totp_key: super::super::administrator::SealedTotpKey(String::new()),
            last_totp_step: 0,
            pending_authenticator: None,
            recovery_codes: Vec::new(),
            session_epoch: 0,
            created_at: at("2026-01-01T00:00:00Z"),
            last_signed_in_at: None,
            version: super::super::id::Version::NEW,
        };
        let everyone = [
            administrator("ana", &[Privilege::SecretsManage]),
            administrator("ben", &[Privilege::ClientsChange, Privilege::AuditRead]),
        ];
        let team = OrganizationSettings {
            team_address: Email::parse("team@acme.example").ok(),
            ..OrganizationSettings::default()
        };
        let told: Vec<String> = recipients(&everyone, &team).into_iter().map(String::from).collect();
        assert_eq!(told, ["ana@acme.example", "team@acme.example"]);
        assert!(recipients(&everyone[1..], &OrganizationSettings::default()).is_empty());
    }
}
