//! What a run did: its last log line, its metrics and its answer.

use serde::Serialize;
use shared::telemetry::metrics::{self, Metric};

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

    /// Writes the run's last log line and counts its metrics.
    pub fn log(&self) {
        tracing::info!(
            dry_run = self.dry_run,
            due = self.due,
            sent = self.sent,
            skipped = self.skipped,
            failed = self.failed,
            undeliverable = self.undeliverable,
            mails = self.mails,
            unheard = self.unheard,
            stopped = self.stopped,
            shared = self.shared,
            longest_wait_seconds = self.longest_wait_seconds,
            "reminders were looked through"
        );
        for (metric, count) in [
            (Metric::RemindersDue, self.due),
            (Metric::RemindersSent, self.sent),
            (Metric::RemindersSkipped, self.skipped),
            (Metric::RemindersFailed, self.failed),
            (Metric::RemindersUndeliverable, self.undeliverable),
            (Metric::OrganizationsUnheard, self.unheard),
        ] {
            metrics::count(metric, u64::try_from(count).unwrap_or(u64::MAX));
        }
        let waited = self.longest_wait_seconds.unwrap_or_default();
        metrics::count(Metric::ChangeRequestLongestWait, u64::try_from(waited).unwrap_or_default());
    }
}
