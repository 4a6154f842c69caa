//! Bounces and complaints, which SES publishes through SNS.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::email::Email;
use shared::domain::reminder::{Cause, DeliveryFailure};
use shared::store::StoreError;

use crate::notifier::ExpiryNotifier;

/// A permanent bounce or a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// The address that the mail was sent to.
    pub recipient: Email,
    /// The reason.
    pub failure: DeliveryFailure,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "Sns")]
    sns: Notification,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Message")]
    message: String,
}

/// A message of SES. Configuration sets name its type in `eventType`, identities in `notificationType`; both have a
/// member of that type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(rename = "bounceSubType", default)]
    detail: String,
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(rename = "complaintFeedbackType")]
    detail: Option<String>,
    complained_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
}

impl Feedback {
    /// Reads an event of SNS. Transient bounces and all other messages are ignored.
    ///
    /// # Errors
    /// Where the payload is not an event of SNS.
    pub fn read(payload: Value, now: Timestamp) -> Result<Vec<Self>, serde_json::Error> {
        let event: Event = serde_json::from_value(payload)?;
        let messages = event.records.iter().filter_map(|record| message(&record.sns.message));
        Ok(messages.flat_map(|message| Self::of(message, now)).collect())
    }

    fn of(message: Message, now: Timestamp) -> Vec<Self> {
        let bounced = message.bounce.filter(|bounce| bounce.kind == "Permanent");
        let bounced = bounced.map(|bounce| (Cause::Bounced, bounce.detail, bounce.bounced_recipients));
        let complained = message.complaint.map(|complaint| {
            (Cause::Complained, complaint.detail.unwrap_or_default(), complaint.complained_recipients)
        });
        let mut feedback = Vec::new();
        for (cause, detail, recipients) in bounced.into_iter().chain(complained) {
            feedback.extend(recipients.iter().filter_map(|recipient| {
                let failure = DeliveryFailure { cause, detail: detail.clone(), at: now };
                Some(Self { recipient: address(&recipient.email_address)?, failure })
            }));
        }
        feedback
    }
}

/// Parses a message of SES. The log line of one that is not understood names only the position of the error: the text
/// may contain addresses.
fn message(text: &str) -> Option<Message> {
    let read = serde_json::from_str(text).inspect_err(|error| {
        let (line, column) = (error.line(), error.column());
        tracing::warn!(line, column, "a message of SES is not understood, and ignored");
    });
    read.ok()
}

/// The address in `a@b` or `Name <a@b>`.
fn address(text: &str) -> Option<Email> {
    let inner = text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end().trim_end_matches('>'));
    Email::parse(inner).ok()
}

impl ExpiryNotifier {
    /// Records bounces and complaints. The addresses get no more mail.
    ///
    /// # Errors
    /// Where the store fails; the addresses before are recorded.
    pub async fn record(&self, feedback: &[Feedback]) -> Result<(), StoreError> {
        for Feedback { recipient, failure } in feedback {
            self.reminders.record_failure(recipient, failure).await?;
            tracing::warn!(
                cause = failure.cause.as_str(),
                detail = failure.detail,
                "mail to a recipient was not delivered"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(messages: &[Value]) -> Vec<(String, Cause, String)> {
        let records: Vec<Value> =
            messages.iter().map(|message| json!({ "Sns": { "Message": message.to_string() } })).collect();
        let feedback = Feedback::read(json!({ "Records": records }), Timestamp::UNIX_EPOCH).unwrap();
        feedback.into_iter().map(|f| (f.recipient.to_string(), f.failure.cause, f.failure.detail)).collect()
    }

    fn bounce(kind: &str, address: &str) -> Value {
        json!({
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": kind, "bounceSubType": "General", "bouncedRecipients": [{ "emailAddress": address }],
            },
            "mail": { "messageId": "m" },
        })
    }

    #[test]
    fn a_permanent_bounce_and_a_complaint_count_and_a_full_mailbox_does_not() {
        let complaint = json!({
            "eventType": "Complaint",
            "complaint": { "complaintFeedbackType": "abuse", "complainedRecipients": [{ "emailAddress": "b@x.example" }] },
        });
        let read = read(&[
            bounce("Permanent", "Ana <ANA@x.example>"),
            bounce("Transient", "full@x.example"),
            complaint,
            json!("Successfully validated SNS topic for Amazon SES event publishing."),
            json!({ "eventType": "Bounce", "bounce": { "bounceType": "Permanent" } }),
            json!({ "notificationType": "Delivery", "delivery": {} }),
        ]);
        assert_eq!(
            read,
            [
                ("ana@x.example".to_owned(), Cause::Bounced, "General".to_owned()),
                ("b@x.example".to_owned(), Cause::Complained, "abuse".to_owned()),
            ]
        );
    }
}
