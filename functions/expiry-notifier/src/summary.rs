//! What a run did: its last log line, its metrics and its answer.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// The namespace of the metrics in CloudWatch.
const NAMESPACE: &str = "Countersign";
/// The metric that says for how long the oldest change request waits.
const LONGEST_WAIT: &str = "ChangeRequestLongestWait";

/// What a run did. Reminders are counted once per recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Whether the run only said what it would send.
    pub dry_run: bool,
    /// Reminders that were due.
    pub due: usize,
    /// Reminders in mail that SES took.
    pub sent: usize,
    /// Reminders that were sent before, or that another run is sending.
    pub skipped: usize,
    /// Reminders that have to be tried again.
    pub failed: usize,
    /// Reminders whose recipient mail does not reach.
    pub undeliverable: usize,
    /// Mails that SES took: one for each recipient, whatever the number of reminders in it.
    pub mails: usize,
    /// Organizations in which nobody could be told, so that the operator was.
    pub unheard: usize,
    /// Whether time ran out before everything was looked at.
    pub stopped: bool,
    /// Whether another run was at work on something of this one's.
    pub shared: bool,
    /// For how long the oldest change request waits for a second administrator; nothing where none does.
    pub longest_wait_seconds: Option<i64>,
    /// What a dry run would send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would_send: Vec<Preview>,
}

/// A mail that a dry run would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The organization's key.
    pub organization: String,
    /// Who would get it.
    pub recipient: String,
    /// Its subject.
    pub subject: String,
    /// How many reminders are in it.
    pub reminders: usize,
}

impl Summary {
    /// How many reminders have their outcome.
    pub(crate) fn counted(&self) -> usize {
        self.sent + self.skipped + self.failed + self.undeliverable
    }

    /// Whether everything was told. Otherwise the run is to be repeated, also where another run was at work: it may
    /// have died.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.stopped && !self.shared && self.failed == 0
    }

    /// Writes the run's last log line.
    pub fn log(&self) {
        let Self {
            dry_run,
            due,
            sent,
            skipped,
            failed,
            undeliverable,
            mails,
            unheard,
            stopped,
            longest_wait_seconds,
            ..
        } = self;
        tracing::info!(
            dry_run,
            due,
            sent,
            skipped,
            failed,
            undeliverable,
            mails,
            unheard,
            stopped,
            longest_wait_seconds,
            "reminders were looked through"
        );
    }

    /// The metrics in CloudWatch's embedded metric format: one line for standard output.
    #[must_use]
    pub fn metrics(&self, now: Timestamp) -> Value {
        let counts = [
            ("RemindersDue", self.due),
            ("RemindersSent", self.sent),
            ("RemindersSkipped", self.skipped),
            ("RemindersFailed", self.failed),
            ("RemindersUndeliverable", self.undeliverable),
            ("OrganizationsUnheard", self.unheard),
        ];
        let names = counts.iter().map(|(name, _)| json!({ "Name": name, "Unit": "Count" }));
        let names: Vec<Value> = names.chain([json!({ "Name": LONGEST_WAIT, "Unit": "Seconds" })]).collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["function"]], "Metrics": names }],
            },
            "function": "expiry-notifier",
        });
        if let Some(members) = line.as_object_mut() {
            members.extend(counts.into_iter().map(|(name, count)| (name.to_owned(), json!(count))));
            members.insert(LONGEST_WAIT.to_owned(), json!(self.longest_wait_seconds.unwrap_or_default()));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_that_is_announced_has_its_value() {
        let summary = Summary { due: 3, sent: 2, undeliverable: 1, unheard: 1, ..Summary::default() };
        let line = summary.metrics("2026-03-01T08:00:00Z".parse().unwrap());
        let announced = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
        assert_eq!(announced.len(), 7);
        assert!(announced.iter().all(|metric| line[metric["Name"].as_str().unwrap()].is_u64()));
        assert_eq!(line["OrganizationsUnheard"], 1);
        assert_eq!(line["_aws"]["Timestamp"], 1_772_352_000_000_i64);
    }
}
