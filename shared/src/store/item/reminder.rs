//! The ledger of reminders as items of the table `reminders`: one entry per recipient and reminder sent, one item per
//! recipient with its current turn, and one with the progress of the schedule.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Corrupt, Item, Reader, Writer};
use crate::domain::email::Email;
use crate::domain::reminder::{Cause, DeliveryFailure, Reminder};
use crate::domain::time::{DAY_SECONDS, plus_seconds};
use crate::store::schema::{ENTRY, PURGE_AT, RECIPIENT, REMINDERS};

/// Outcome of an entry.
pub const OUTCOME: &str = "outcome";
/// Number of turns at a recipient so far.
pub const TURN: &str = "turn";
/// End of the last turn; absent once it has ended.
pub const TURN_UNTIL: &str = "turn_until";
/// The day through which all reminders were sent.
pub const DONE_THROUGH: &str = "done_through";
/// Why mail to a recipient did not arrive.
pub const CAUSE: &str = "cause";
/// The mail service's term for the cause.
pub const DETAIL: &str = "detail";
/// When something was sent, refused, or did not arrive.
pub const AT: &str = "at";
const SENT: &str = "sent";
const REFUSED: &str = "refused";
const MESSAGE_ID: &str = "message_id";

/// The sort key of a recipient's own item.
const RECIPIENT_ENTRY: &str = "recipient";
/// Key of the schedule's progress; cannot clash with an address, which has something before its `@`.
const SCHEDULE: &str = "@schedule";

/// Days that an entry is kept after the expiry that it announces.
const KEPT_DAYS: i64 = 30;

/// Outcome of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The mail service accepted it.
    Sent,
    /// The mail service refused it.
    Refused,
}

/// State of a recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipient {
    /// The last delivery failure of the recipient.
    pub failure: Option<DeliveryFailure>,
    /// Number of turns so far.
    pub turn: u64,
    /// End of the last turn; `None` once it has ended.
    pub turn_until: Option<Timestamp>,
}

/// The sort key of a reminder.
#[must_use]
pub fn entry(reminder: &Reminder) -> String {
    let Reminder { organization, expiring, days_before } = reminder;
    let part = expiring.secret.as_ref().map_or("client", |secret| secret.as_str());
    format!("{organization}#{}#{part}#{days_before}", expiring.client_id)
}

/// The key of a reminder to a recipient.
#[must_use]
pub fn key(recipient: &Email, reminder: &Reminder) -> Item {
    Writer::default().text(RECIPIENT, recipient.as_str()).text(ENTRY, entry(reminder)).finish()
}

/// The key of a recipient's state.
#[must_use]
pub fn recipient_key(recipient: &Email) -> Item {
    Writer::default().text(RECIPIENT, recipient.as_str()).text(ENTRY, RECIPIENT_ENTRY).finish()
}

/// The key of the schedule's progress.
#[must_use]
pub fn schedule_key() -> Item {
    Writer::default().text(RECIPIENT, SCHEDULE).text(ENTRY, DONE_THROUGH).finish()
}

fn purge_at(reminder: &Reminder, now: Timestamp) -> i64 {
    plus_seconds(now, (i64::from(reminder.days_before) + KEPT_DAYS) * DAY_SECONDS).as_second()
}

/// Writes that a reminder was sent, with the mail service's id of the mail.
#[must_use]
pub fn write_sent(recipient: &Email, reminder: &Reminder, now: Timestamp, message_id: &str) -> Item {
    let mut item = key(recipient, reminder);
    let attributes = Writer::default().text(OUTCOME, SENT).time(AT, now).text(MESSAGE_ID, message_id);
    item.extend(attributes.number(PURGE_AT, purge_at(reminder, now)).finish());
    item
}

/// Writes that the mail service refused a reminder.
#[must_use]
pub fn write_refused(recipient: &Email, reminder: &Reminder, now: Timestamp) -> Item {
    let mut item = key(recipient, reminder);
    let attributes = Writer::default().text(OUTCOME, REFUSED).time(AT, now);
    item.extend(attributes.number(PURGE_AT, purge_at(reminder, now)).finish());
    item
}

/// Reads the sort key and the outcome of an entry.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read(item: &Item) -> Result<(&str, Outcome), Corrupt> {
    let unnamed = Reader::new(REMINDERS.name, "?", item);
    let entry = unnamed.text(ENTRY)?;
    let r = Reader::new(REMINDERS.name, entry, item);
    match r.text(OUTCOME)? {
        SENT => Ok((entry, Outcome::Sent)),
        REFUSED => Ok((entry, Outcome::Refused)),
        _ => Err(r.corrupt(OUTCOME)),
    }
}

/// Reads the recipient of an item that holds a recipient's state.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_address(item: &Item) -> Result<Email, Corrupt> {
    Reader::new(REMINDERS.name, RECIPIENT_ENTRY, item).parsed(RECIPIENT, Email::parse)
}

/// Reads the state of a recipient.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_recipient(item: &Item) -> Result<Recipient, Corrupt> {
    let r = Reader::new(REMINDERS.name, RECIPIENT_ENTRY, item);
    let failure = match r.optional_text(CAUSE)? {
        None => None,
        Some(_) => Some(DeliveryFailure {
            cause: r.named(CAUSE, Cause::from_word)?,
            detail: r.text(DETAIL)?.to_owned(),
            at: r.time(AT)?,
        }),
    };
    let turn = if item.contains_key(TURN) { r.number(TURN)? } else { 0 };
    Ok(Recipient { failure, turn, turn_until: r.optional_time(TURN_UNTIL)? })
}

/// Reads the schedule's progress.
///
/// # Errors
/// If an attribute is missing or does not parse.
pub fn read_done_through(item: &Item) -> Result<Date, Corrupt> {
    Reader::new(REMINDERS.name, SCHEDULE, item).parsed(DONE_THROUGH, str::parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ClientId, OrganizationKey, SecretId};
    use crate::domain::reminder::Expiring;

    fn text(item: &Item) -> String {
        let mut lines: Vec<String> = item.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        lines.sort();
        lines.join(" ")
    }

    #[test]
    fn an_entry_is_stored_as_it_always_was() {
        let reminder = Reminder {
            organization: OrganizationKey::parse("acme").unwrap(),
            expiring: Expiring {
                client_id: ClientId::parse("wallet-acme-reporting").unwrap(),
                secret: SecretId::parse("cs_abcdefghijkl").ok(),
            },
            days_before: 7,
        };
        let recipient = Email::parse("ana@acme.example").unwrap();
        let now: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        assert_eq!(
            text(&write_sent(&recipient, &reminder, now, "m-1")),
            "at=S(\"2026-03-01T08:00:00Z\") entry=S(\"acme#wallet-acme-reporting#cs_abcdefghijkl#7\") \
             message_id=S(\"m-1\") outcome=S(\"sent\") purge_at=N(\"1775548800\") recipient=S(\"ana@acme.example\")"
        );
        let refused = write_refused(&recipient, &reminder, now);
        assert_eq!(read(&refused).unwrap(), (entry(&reminder).as_str(), Outcome::Refused));
    }
}
