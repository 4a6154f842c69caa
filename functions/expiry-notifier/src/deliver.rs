//! Delivery: one mail to each recipient of an organization.

use shared::domain::email::Email;
use shared::domain::reminder::{Cause, DeliveryFailure, Reminder, recipients};
use shared::domain::time::plus_seconds;
use shared::mail::SendError;
use shared::store::StoreError;
use shared::store::reminders::Outcome;

use crate::find::Candidates;
use crate::notice::Notice;
use crate::notifier::ExpiryNotifier;
use crate::progress::Run;
use crate::reminder_mail::{Addressee, ReminderMail};
use crate::summary::Preview;

/// The length of a turn at a recipient, in seconds. Lambda repeats a failed invocation after a minute: the turn in which
/// it died has ended by then. It is longer than [`shared::mail::SEND_TIMEOUT`].
pub const TURN_SECONDS: i64 = 50;

impl ExpiryNotifier {
    fn mail<'m>(
        &'m self,
        to: &'m Email,
        addressee: Addressee,
        candidates: &'m Candidates,
        notices: &'m [&'m Notice],
    ) -> ReminderMail<'m> {
        ReminderMail {
            to,
            addressee,
            organization: &candidates.organization,
            organization_name: &candidates.name,
            notices,
            issuer: &self.issuer,
            zone: &self.zone,
            now: self.clock.now(),
        }
    }

    async fn recipients(&self, candidates: &Candidates) -> Result<Vec<Email>, StoreError> {
        let all = self.administrators.all(&candidates.organization).await?.into_iter();
        let readable = all.filter_map(|found| {
            found.inspect_err(|error| tracing::error!(%error, "an administrator could not be read")).ok()
        });
        Ok(recipients(&readable.collect::<Vec<_>>(), &candidates.settings).into_iter().collect())
    }
}

impl Run<'_> {
    /// Mails the recipients of an organization, or the operator where none of them can be reached. A failure for one
    /// recipient does not affect the others.
    pub(crate) async fn deliver(&mut self, candidates: &Candidates) {
        if self.is_over() {
            return;
        }
        let now = self.notifier.clock.now();
        let notices = self.notices(candidates, now).await;
        if notices.is_empty() {
            return;
        }
        let recipients = match self.notifier.recipients(candidates).await {
            Ok(recipients) => recipients,
            Err(error) => return self.fail(notices.len(), &error),
        };
        let mut reached = false;
        for recipient in &recipients {
            if self.is_over() {
                return;
            }
            reached |= self.deliver_to(recipient, Addressee::Organization, candidates, &notices).await;
        }
        if !reached {
            self.summary.unheard += 1;
            tracing::error!(organization = %candidates.organization, "no recipient of the organization can be reached");
            let operator = self.notifier.operator.clone();
            self.deliver_to(&operator, Addressee::Operator, candidates, &notices).await;
        }
    }

    /// Sends a recipient the notices that they were not sent before. Returns whether mail reaches them.
    async fn deliver_to(
        &mut self,
        to: &Email,
        addressee: Addressee,
        candidates: &Candidates,
        notices: &[Notice],
    ) -> bool {
        let expected = self.summary.counted() + notices.len();
        self.summary.due += notices.len();
        match self.try_deliver_to(to, addressee, candidates, notices).await {
            Ok(reached) => reached,
            Err(error) => {
                tracing::error!(organization = %candidates.organization, %error, "a reminder could not be delivered");
                self.summary.failed += expected.saturating_sub(self.summary.counted());
                true
            }
        }
    }

    async fn try_deliver_to(
        &mut self,
        to: &Email,
        addressee: Addressee,
        candidates: &Candidates,
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
            self.preview(to, addressee, candidates, &open);
            return Ok(true);
        }
        let now = self.notifier.clock.now();
        let until = plus_seconds(now, TURN_SECONDS);
        let Some(turn) = ledger.take_turn(to, &known, now, until).await? else {
            self.summary.skipped += open.len();
            self.summary.shared = true;
            return Ok(true);
        };
        let mail = self.notifier.mail(to, addressee, candidates, &open);
        let sent = self.notifier.mailer.send(&mail.compose(), mail.now).await;
        let kept = self.record(&mail, sent, known.failure.is_some()).await;
        ledger.end_turn(to, turn).await?;
        kept
    }

    /// Records the outcome of a mail. Returns whether mail can reach the recipient.
    async fn record(
        &mut self,
        mail: &ReminderMail<'_>,
        sent: Result<String, SendError>,
        failed_before: bool,
    ) -> Result<bool, StoreError> {
        let (ledger, now) = (&self.notifier.reminders, self.notifier.clock.now());
        let reminders: Vec<Reminder> = mail.notices.iter().map(|notice| notice.reminder.clone()).collect();
        let failure = |detail: &String| DeliveryFailure { cause: Cause::Refused, detail: detail.clone(), at: now };
        if let Err(error) = &sent {
            tracing::warn!(organization = %mail.organization, %error, "a mail was not sent");
        }
        match sent {
            Ok(message_id) => {
                self.summary.sent += reminders.len();
                self.summary.mails += 1;
                ledger.mark_sent(mail.to, &reminders, now, &message_id).await?;
                if failed_before {
                    ledger.forget_failure(mail.to).await?;
                }
                Ok(true)
            }
            Err(SendError::Refused(code)) => {
                self.summary.undeliverable += reminders.len();
                ledger.record_failure(mail.to, &failure(&code)).await?;
                ledger.mark_refused(mail.to, &reminders, now).await?;
                Ok(false)
            }
            Err(SendError::Sender(code)) => {
                self.summary.failed += reminders.len();
                ledger.record_failure(mail.to, &failure(&code)).await?;
                Ok(true)
            }
            Err(SendError::Later(_)) => {
                self.summary.failed += reminders.len();
                Ok(true)
            }
        }
    }

    fn preview(&mut self, to: &Email, addressee: Addressee, candidates: &Candidates, open: &[&Notice]) {
        let preview = Preview {
            organization: candidates.organization.to_string(),
            recipient: to.to_string(),
            subject: self.notifier.mail(to, addressee, candidates, open).subject(),
            reminders: open.len(),
        };
        self.summary.would_send.push(preview);
    }
}
