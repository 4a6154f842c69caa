//! What the function is invoked with: the schedule, somebody's hand, or news of mail that did not arrive.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::id::OrganizationKey;

use crate::feedback::Feedback;
use crate::run::Order;

/// What an invocation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// A run.
    Run(Order),
    /// To keep that mail did not arrive.
    Feedback(Vec<Feedback>),
}

/// A payload that asks for nothing that this function does.
#[derive(Debug, thiserror::Error)]
#[error("the payload is not understood: {0}")]
pub struct InvalidInvocation(String);

/// A run as a person asks for it, such as `{"organization":"acme","dry_run":true}`. A misspelt member is refused:
/// without it, the run would be another than the one that was meant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    organization: Option<OrganizationKey>,
    #[serde(default)]
    dry_run: bool,
}

impl Invocation {
    /// Reads a payload: nothing or an empty object is a run for all, and so is an event of a schedule.
    pub fn read(payload: Value, now: Timestamp) -> Result<Self, InvalidInvocation> {
        if payload.get("Records").is_some() {
            return Feedback::read(payload, now)
                .map(Self::Feedback)
                .map_err(|error| InvalidInvocation(error.to_string()));
        }
        let source = payload.get("source").and_then(Value::as_str);
        if payload.is_null() || source.is_some_and(|source| source.starts_with("aws.")) {
            return Ok(Self::Run(Order::default()));
        }
        let Asked { organization, dry_run } =
            serde_json::from_value(payload).map_err(|error| InvalidInvocation(error.to_string()))?;
        Ok(Self::Run(Order { organization, dry_run }))
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
            assert_eq!(read(payload).unwrap(), Invocation::Run(Order::default()));
        }
    }

    #[test]
    fn a_hand_names_an_organization_and_a_misspelling_mails_nobody() {
        let acme = Order { organization: OrganizationKey::parse("acme").ok(), dry_run: true };
        assert_eq!(read(json!({ "organization": "acme", "dry_run": true })).unwrap(), Invocation::Run(acme));
        for bad in [json!({ "organisation": "acme" }), json!({ "organization": "ACME" }), json!([1]), json!("acme")] {
            assert!(read(bad).is_err());
        }
    }
}
