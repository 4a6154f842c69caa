//! The state of a run.

use std::fmt::Display;

use jiff::Timestamp;
use shared::domain::reminder::Calendar;

use crate::notifier::ExpiryNotifier;
use crate::summary::Summary;

pub(crate) struct Run<'a> {
    pub(crate) notifier: &'a ExpiryNotifier,
    pub(crate) calendar: Calendar,
    /// The run begins nothing more at this time.
    pub(crate) until: Option<Timestamp>,
    pub(crate) summary: Summary,
}

impl Run<'_> {
    /// Checks whether time has run out. Once it has, the run stops.
    pub(crate) fn is_over(&mut self) -> bool {
        self.summary.stopped |= self.until.is_some_and(|until| self.notifier.clock.now() >= until);
        self.summary.stopped
    }

    /// Counts reminders that have to be tried again.
    pub(crate) fn fail(&mut self, reminders: usize, reason: &dyn Display) {
        tracing::error!(reminders, %reason, "reminders could not be read");
        self.summary.due += reminders;
        self.summary.failed += reminders;
    }
}
