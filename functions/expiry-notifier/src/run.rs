//! A run: one organization after the other, most urgent first.

use jiff::Timestamp;
use shared::domain::id::OrganizationKey;
use shared::domain::reminder::Calendar;
use shared::store::StoreError;
use shared::telemetry::metrics::{self, Metric};

use crate::invocation::RunRequest;
use crate::notifier::ExpiryNotifier;
use crate::progress::Run;
use crate::summary::Summary;

/// Reasons for which a run is not begun or ends early.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The requested organization does not exist.
    #[error("there is no organization {0}")]
    UnknownOrganization(OrganizationKey),
}

impl ExpiryNotifier {
    /// Sends every reminder that is due. The run begins nothing more at `until`; the next run sends the rest.
    ///
    /// # Errors
    /// [`RunError`] where the organization does not exist, or the store fails before a reminder is looked at.
    pub async fn run(&self, request: &RunRequest, until: Option<Timestamp>) -> Result<Summary, RunError> {
        let only = request.organization.as_ref();
        let done_through = if only.is_some() { None } else { self.reminders.done_through().await? };
        let calendar = Calendar::at(self.clock.now(), self.zone.clone(), done_through);
        let summary = Summary { dry_run: request.dry_run, ..Summary::default() };
        let mut run = Run { notifier: self, calendar, until, summary };
        let organizations = self.organizations(only).await?;
        if let Some(only) = only.filter(|only| !organizations.contains_key(only)) {
            return Err(RunError::UnknownOrganization(only.clone()));
        }
        for candidates in run.find(&organizations, only).await? {
            run.deliver(&candidates).await;
        }
        if only.is_none() {
            run.summary.longest_wait_seconds = self.longest_wait(&organizations).await;
        }
        if *request == RunRequest::default() {
            if run.summary.is_complete() {
                self.reminders.record_done_through(run.calendar.today()).await?;
            }
            metrics::count(Metric::ReminderRunsCompleted, u64::from(run.summary.is_complete()));
        }
        run.summary.log();
        Ok(run.summary)
    }
}
