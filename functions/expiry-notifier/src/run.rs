//! A run: one organization after the other, one recipient after the other, one mail for each.

use std::fmt::Display;

use jiff::Timestamp;
use shared::domain::administrator::Email;
use shared::domain::id::OrganizationKey;
use shared::domain::reminder::{Calendar, Cause, DeliveryFailure, Reminder, recipients};
use shared::domain::time::plus_seconds;
use shared::mail::SendError;
use shared::store::StoreError;
use shared::store::reminders::Outcome;
use shared::telemetry::metrics::{self, Metric};

use crate::ExpiryNotifier;
use crate::find::{Group, Notice};
use crate::letter::{Audience, Letter};
use crate::summary::{Preview, Summary};

/// How long a turn at a recipient lasts, in seconds. Lambda tries a failed invocation again after a minute: whatever
/// turn it died in has ended by then. It holds [`shared::mail::SEND_TIMEOUT`].
pub const TURN_SECONDS: i64 = 50;

/// What a run is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The one organization that it is for; none is all. It is told everything that is within a threshold and was not
    /// told before, also what earlier runs left out.
    pub organization: Option<OrganizationKey>,
    /// Whether to send nothing, and write nothing.
    pub dry_run: bool,
}

/// Why a run ended before it began.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The organization that was asked for does not exist.
    #[error("there is no organization {0}")]
    UnknownOrganization(OrganizationKey),
}

pub(crate) struct Run<'a> {
    pub(crate) notifier: &'a ExpiryNotifier,
    pub(crate) calendar: Calendar,
    until: Option<Timestamp>,
    summary: Summary,
}

impl ExpiryNotifier {
    /// Tells everyone what is due, and stops before `until`; what is left is told by the next run.
    pub async fn run(&self, order: &Order, until: Option<Timestamp>) -> Result<Summary, RunError> {
        let only = order.organization.as_ref();
        let done_through = if only.is_some() { None } else { self.reminders.done_through().await? };
        let calendar = Calendar::at(self.clock.now(), self.zone.clone(), done_through);
        let summary = Summary { dry_run: order.dry_run, ..Summary::default() };
        let mut run = Run { notifier: self, calendar, until, summary };
        let organizations = self.organizations(only).await?;
        if let Some(only) = only.filter(|only| !organizations.contains_key(only)) {
            return Err(RunError::UnknownOrganization(only.clone()));
        }
        for group in run.find(&organizations, only).await? {
            run.tell(&group).await;
        }
        if only.is_none() {
            run.summary.longest_wait_seconds = self.longest_wait(&organizations).await;
        }
        if *order == Order::default() {
            if run.summary.is_complete() {
                self.reminders.record_done_through(run.calendar.today()).await?;
            }
            metrics::count(Metric::ReminderRunsCompleted, u64::from(run.summary.is_complete()));
        }
        run.summary.log();
        Ok(run.summary)
    }

    fn letter<'l>(
        &'l self,
        to: &'l Email,
        audience: Audience,
        group: &'l Group,
        notices: &'l [&'l Notice],
    ) -> Letter<'l> {
        Letter {
            to,
            audience,
            organization: &group.organization,
            organization_name: &group.name,
            notices,
            issuer: &self.issuer,
            zone: &self.zone,
            now: self.clock.now(),
        }
    }

    async fn send(&self, letter: &Letter<'_>) -> Result<String, SendError> {
        self.sender.send(&letter.compose(), letter.now).await
    }

    async fn recipients(&self, group: &Group) -> Result<Vec<Email>, StoreError> {
        let all = self.administrators.all(&group.organization).await?.into_iter();
        let readable = all.filter_map(|found| found.inspect_err(|error| tracing::error!(%error, "left out")).ok());
        Ok(recipients(&readable.collect::<Vec<_>>(), &group.settings).into_iter().collect())
    }
}

impl Run<'_> {
    /// Whether time has run out. Once it has, the run looks at nothing more.
    pub(crate) fn is_over(&mut self) -> bool {
        self.summary.stopped |= self.until.is_some_and(|until| self.notifier.clock.now() >= until);
        self.summary.stopped
    }

    /// Counts reminders that have to be tried again.
    pub(crate) fn fail(&mut self, reminders: usize, reason: &dyn Display) {
        tracing::error!(reminders, %reason, "reminders could not be looked at");
        self.summary.due += reminders;
        self.summary.failed += reminders;
    }

    /// Tells the recipients of an organization, or the operator where nobody can be told. What fails for one leaves
    /// the others alone.
    async fn tell(&mut self, group: &Group) {
        if self.is_over() {
            return;
        }
        let now = self.notifier.clock.now();
        let notices = self.notices(group, now).await;
        if notices.is_empty() {
            return;
        }
        let recipients = match self.notifier.recipients(group).await {
            Ok(recipients) => recipients,
            Err(error) => return self.fail(notices.len(), &error),
        };
        let mut heard = false;
        for recipient in &recipients {
            if self.is_over() {
                return;
            }
            heard |= self.deliver(recipient, Audience::Organization, group, &notices).await;
        }
        if !heard {
            self.summary.unheard += 1;
            tracing::error!(organization = %group.organization, "nobody of the organization can be told");
            let operator = self.notifier.operator.clone();
            self.deliver(&operator, Audience::Operator, group, &notices).await;
        }
    }

    /// Sends a recipient what they were not sent before, and says whether mail reaches them.
    async fn deliver(&mut self, to: &Email, audience: Audience, group: &Group, notices: &[Notice]) -> bool {
        let expected = self.summary.counted() + notices.len();
        self.summary.due += notices.len();
        match self.try_deliver(to, audience, group, notices).await {
            Ok(reached) => reached,
            Err(error) => {
                tracing::error!(organization = %group.organization, %error, "a recipient could not be told");
                self.summary.failed += expected.saturating_sub(self.summary.counted());
                true
            }
        }
    }

    async fn try_deliver(
        &mut self,
        to: &Email,
        audience: Audience,
        group: &Group,
        notices: &[Notice],
    ) -> Result<bool, StoreError> {
        let ledger = &self.notifier.reminders;
        let known = ledger.recipient(to).await?;
        if known.failure.as_ref().is_some_and(DeliveryFailure::is_undeliverable) {
            self.summary.undeliverable += notices.len();
            return Ok(false);
        }
        let outcomes = ledger.outcomes(to, notices.iter().map(|notice| &notice.reminder)).await?;
        let outcome = |notice: &Notice| outcomes.of(&notice.reminder);
        let refused = notices.iter().filter(|notice| outcome(notice) == Some(Outcome::Refused)).count();
        let open: Vec<&Notice> = notices.iter().filter(|notice| outcome(notice).is_none()).collect();
        self.summary.undeliverable += refused;
        self.summary.skipped += notices.len() - refused - open.len();
        if open.is_empty() {
            return Ok(refused < notices.len());
        }
        if self.summary.dry_run {
            self.preview(to, audience, group, &open);
            return Ok(true);
        }
        let now = self.notifier.clock.now();
        let until = plus_seconds(now, TURN_SECONDS);
        let Some(turn) = ledger.take_turn(to, &known, now, until).await? else {
            self.summary.skipped += open.len();
            self.summary.shared = true;
            return Ok(true);
        };
        let letter = self.notifier.letter(to, audience, group, &open);
        let sent = self.notifier.send(&letter).await;
        let kept = self.keep(&letter, sent, known.failure.is_some()).await;
        ledger.end_turn(to, turn).await?;
        kept
    }

    /// Keeps what came of a mail, and says whether mail may reach the recipient.
    async fn keep(
        &mut self,
        letter: &Letter<'_>,
        sent: Result<String, SendError>,
        failed_before: bool,
    ) -> Result<bool, StoreError> {
        let (ledger, now) = (&self.notifier.reminders, self.notifier.clock.now());
        let reminders: Vec<Reminder> = letter.notices.iter().map(|notice| notice.reminder.clone()).collect();
        let failure = |detail: &String| DeliveryFailure { cause: Cause::Refused, detail: detail.clone(), at: now };
        if let Err(error) = &sent {
            tracing::warn!(organization = %letter.organization, %error, "a mail was not sent");
        }
        match sent {
            Ok(message_id) => {
                self.summary.sent += reminders.len();
                self.summary.mails += 1;
                ledger.mark_sent(letter.to, &reminders, now, &message_id).await?;
                if failed_before {
                    ledger.forget_failure(letter.to).await?;
                }
                Ok(true)
            }
            Err(SendError::Refused(code)) => {
                self.summary.undeliverable += reminders.len();
                ledger.record_failure(letter.to, &failure(&code)).await?;
                ledger.mark_refused(letter.to, &reminders, now).await?;
                Ok(false)
            }
            Err(SendError::Sender(code)) => {
                self.summary.failed += reminders.len();
                ledger.record_failure(letter.to, &failure(&code)).await?;
                Ok(true)
            }
            Err(SendError::Later(_)) => {
                self.summary.failed += reminders.len();
                Ok(true)
            }
        }
    }

    fn preview(&mut self, to: &Email, audience: Audience, group: &Group, open: &[&Notice]) {
        let preview = Preview {
            organization: group.organization.to_string(),
            recipient: to.to_string(),
            subject: self.notifier.letter(to, audience, group, open).subject(),
            reminders: open.len(),
        };
        self.summary.would_send.push(preview);
    }
}
