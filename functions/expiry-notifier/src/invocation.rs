//! Payloads of the function: from the schedule, from an operator, and from SES about mail that was not delivered.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::id::OrganizationKey;

use crate::feedback::Feedback;

/// An invocation of the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Sends reminders.
    Run(RunRequest),
    /// Records mail that was not delivered.
    Feedback(Vec<Feedback>),
}

/// The request for a run, such as `{"organization":"acme","dry_run":true}`. A misspelt member is refused: without it
/// another run than the intended one would start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// The only organization of the run; none for all. It gets every reminder within its thresholds that was not sent
    /// before, those that earlier runs missed among them.
    pub organization: Option<OrganizationKey>,
    /// Sends and writes nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// A payload that is not an invocation of this function.
#[derive(Debug, thiserror::Error)]
#[error("the payload is not understood: {0}")]
pub struct InvalidInvocation(serde_json::Error);

impl Invocation {
    /// Reads a payload. No payload, an empty object and an event of a schedule all mean a run for all organizations.
    ///
    /// # Errors
    /// [`InvalidInvocation`] if the payload is none of these, nor a request for a run, nor an SNS event.
    pub fn read(payload: Value, now: Timestamp) -> Result<Self, InvalidInvocation> {
        if payload.get("Records").is_some() {
            return Ok(Self::Feedback(Feedback::read(payload, now).map_err(InvalidInvocation)?));
        }
        let source = payload.get("source").and_then(Value::as_str);
        if payload.is_null() || source.is_some_and(|source| source.starts_with("aws.")) {
            return Ok(Self::Run(RunRequest::default()));
        }
        serde_json::from_value(payload).map(Self::Run).map_err(InvalidInvocation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(payload: Value) -> Result<Invocation, InvalidInvocation> {
        Invocation::read(payload, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_schedule_and_an_empty_payload_mean_everyone() {
        let scheduled =
            json!({ "version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.scheduler" });
        for payload in [Value::Null, json!({}), scheduled] {
            assert_eq!(read(payload).unwrap(), Invocation::Run(RunRequest::default()));
        }
    }

    #[test]
    fn a_hand_names_an_organization_and_a_misspelling_mails_nobody() {
        let acme = RunRequest { organization: OrganizationKey::parse("acme").ok(), dry_run: true };
        assert_eq!(read(json!({ "organization": "acme", "dry_run": true })).unwrap(), Invocation::Run(acme));
        for bad in [json!({ "organisation": "acme" }), json!({ "organization": "ACME" }), json!([1]), json!("acme")] {
            assert!(read(bad).is_err());
        }
    }
}
