//! The summary of a run: its last log line, its metrics and its answer.

use serde::Serialize;
use shared::telemetry::metrics::{self, Metric};

/// The summary of a run. Reminders are counted once per recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// True if nothing was sent or written.
    pub dry_run: bool,
    /// Reminders that were due.
    pub due: usize,
    /// Reminders in mail that SES accepted.
    pub sent: usize,
    /// Reminders that were sent before, or that another run is sending.
    pub skipped: usize,
    /// Reminders that have to be tried again.
    pub failed: usize,
    /// Reminders whose recipient can't be reached by mail.
    pub undeliverable: usize,
    /// Mails that SES accepted. One mail to a recipient holds all reminders of an organization.
    pub mails: usize,
    /// Organizations without a recipient who can be reached, so that the operator got the mail.
    pub unheard: usize,
    /// True if time ran out before the run was complete.
    pub stopped: bool,
    /// True if another run was sending some of the same reminders.
    pub shared: bool,
    /// Seconds that the oldest change request has waited for a second administrator; `None` if none is waiting.
    pub longest_wait_seconds: Option<i64>,
    /// The mails that a dry run would send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would_send: Vec<Preview>,
}

/// A mail that a dry run would send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The organization's key.
    pub organization: String,
    /// The recipient.
    pub recipient: String,
    /// The subject.
    pub subject: String,
    /// The number of reminders in it.
    pub reminders: usize,
}

impl Summary {
    /// The number of reminders that were dealt with.
    pub(crate) fn counted(&self) -> usize {
        self.sent + self.skipped + self.failed + self.undeliverable
    }

    /// Checks that nothing is left to do. Otherwise the run must be repeated, even if only another run was sending,
    /// since that run may have died.
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
            "the run of reminders has ended"
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
