//! Ledger of the reminders sent to each recipient, so that each reminder reaches each recipient once.
//!
//! Before sending to a recipient, a run takes the turn at that recipient, which only one run holds at a time, and marks
//! what it sent before the turn ends. A turn ends by itself, so that a run that died does not block others for long.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use jiff::Timestamp;
use jiff::civil::Date;

use super::audit::AuditTrail;
use super::error::{CommitError, StoreError};
pub use super::item::reminder::{Outcome, Recipient};
use super::item::{Item, Writer, reminder};
use super::tables::Tables;
use super::write::Write;
use super::{batch, read, schema};
use crate::domain::email::Email;
use crate::domain::event::{Action, Attribution, FieldChange, NewEvent, Target, Trail};
use crate::domain::id::OrganizationKey;
use crate::domain::reminder::{DeliveryFailure, Reminder};

/// The ledger of a deployment.
#[derive(Debug, Clone)]
pub struct ReminderStore {
    dynamodb: DynamoDb,
    table: String,
}

/// Outcomes of some reminders to one recipient.
#[derive(Debug, Clone, Default)]
pub struct Outcomes(HashMap<String, Outcome>);

/// The turn at a recipient.
#[derive(Debug)]
#[must_use]
pub struct Turn(u64);

impl Outcomes {
    /// Returns the outcome of a reminder; `None` if there is none yet.
    #[must_use]
    pub fn of(&self, reminder: &Reminder) -> Option<Outcome> {
        self.0.get(&reminder::entry(reminder)).copied()
    }
}

impl ReminderStore {
    /// The ledger of a deployment.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, tables: &Tables) -> Self {
        Self { dynamodb, table: tables.name(&schema::REMINDERS) }
    }

    /// Returns the stored state of a recipient, strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn recipient(&self, recipient: &Email) -> Result<Recipient, StoreError> {
        let item = self.item(reminder::recipient_key(recipient)).await?;
        Ok(item.as_ref().map(reminder::read_recipient).transpose()?.unwrap_or_default())
    }

    /// Returns the last delivery failure of each of these recipients that has one. Strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn failures(&self, recipients: &BTreeSet<Email>) -> Result<HashMap<Email, DeliveryFailure>, StoreError> {
        let keys = recipients.iter().map(reminder::recipient_key).collect();
        let attributes = [schema::RECIPIENT, reminder::CAUSE, reminder::DETAIL, reminder::AT];
        let mut failures = HashMap::new();
        for item in batch::get(&self.dynamodb, &self.table, keys, &attributes, true).await? {
            if let Some(failure) = reminder::read_recipient(&item)?.failure {
                failures.insert(reminder::read_address(&item)?, failure);
            }
        }
        Ok(failures)
    }

    /// Returns the outcomes of these reminders, strongly consistent.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn outcomes(
        &self,
        recipient: &Email,
        reminders: impl IntoIterator<Item = &Reminder>,
    ) -> Result<Outcomes, StoreError> {
        let keys = reminders.into_iter().map(|reminder| reminder::key(recipient, reminder)).collect();
        let attributes = [schema::ENTRY, reminder::OUTCOME];
        let items = batch::get(&self.dynamodb, &self.table, keys, &attributes, true).await?;
        let read = items.iter().map(|item| reminder::read(item).map(|(entry, outcome)| (entry.to_owned(), outcome)));
        Ok(Outcomes(read.collect::<Result<_, _>>()?))
    }

    /// Takes the turn at a recipient until `until`; `None` if another run has it, or had it since `known` was read.
    ///
    /// While the turn is held, outcomes read after `known` are current.
    ///
    /// # Errors
    /// If the storage fails, or what is stored does not parse.
    pub async fn take_turn(
        &self,
        recipient: &Email,
        known: &Recipient,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Turn>, StoreError> {
        if known.turn_until.is_some_and(|ends| now < ends) {
            return Ok(None);
        }
        let turn = known.turn.saturating_add(1);
        let values = Writer::default().number(":seen", known.turn).number(":turn", turn).time(":until", until);
        let update = self
            .update_recipient(recipient)
            .update_expression("SET #turn = :turn, #until = :until")
            .condition_expression("attribute_not_exists(#turn) OR #turn = :seen")
            .expression_attribute_names("#turn", reminder::TURN)
            .expression_attribute_names("#until", reminder::TURN_UNTIL)
            .set_expression_attribute_values(Some(values.finish()));
        Ok(send_if_unchanged(update).await?.then_some(Turn(turn)))
    }

    /// Ends a turn early; a turn that has passed to another run is left alone.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn end_turn(&self, recipient: &Email, turn: Turn) -> Result<(), StoreError> {
        let update = self
            .update_recipient(recipient)
            .update_expression("REMOVE #until")
            .condition_expression("#turn = :turn")
            .expression_attribute_names("#turn", reminder::TURN)
            .expression_attribute_names("#until", reminder::TURN_UNTIL)
            .set_expression_attribute_values(Some(Writer::default().number(":turn", turn.0).finish()));
        send_if_unchanged(update).await.map(drop)
    }

    /// Marks reminders as sent, with the mail service's id of the mail.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn mark_sent(
        &self,
        recipient: &Email,
        reminders: &[Reminder],
        now: Timestamp,
        message_id: &str,
    ) -> Result<(), StoreError> {
        let sent = reminders.iter().map(|reminder| reminder::write_sent(recipient, reminder, now, message_id));
        batch::put(&self.dynamodb, &self.table, sent.collect()).await
    }

    /// Marks reminders as refused by the mail service: they are not tried again, the next threshold is.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn mark_refused(
        &self,
        recipient: &Email,
        reminders: &[Reminder],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let refused = reminders.iter().map(|reminder| reminder::write_refused(recipient, reminder, now));
        batch::put(&self.dynamodb, &self.table, refused.collect()).await
    }

    /// Stores why mail to a recipient did not arrive.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn record_failure(&self, recipient: &Email, failure: &DeliveryFailure) -> Result<(), StoreError> {
        let values = Writer::default()
            .text(":cause", failure.cause.as_str())
            .text(":detail", failure.detail.as_str())
            .time(":at", failure.at);
        let update = self
            .update_failure(recipient, "SET #cause = :cause, #detail = :detail, #at = :at")
            .set_expression_attribute_values(Some(values.finish()));
        send_if_unchanged(update).await.map(drop)
    }

    /// Commits a retry of mail to a recipient of an organization after `failure`.
    ///
    /// A conflict means that the failure no longer exists.
    ///
    /// # Errors
    /// `Conflict` if something stored is not as the change expects it, `Busy` if too many changes come at once, and
    /// otherwise what the storage says.
    pub async fn retry(
        &self,
        recipient: &Email,
        failure: &DeliveryFailure,
        organization: &OrganizationKey,
        trail: &AuditTrail,
        by: &Attribution,
    ) -> Result<(), CommitError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(reminder::recipient_key(recipient)))
            .update_expression("REMOVE #cause, #detail, #at")
            .condition_expression("#cause = :cause AND #at = :at")
            .expression_attribute_names("#cause", reminder::CAUSE)
            .expression_attribute_names("#detail", reminder::DETAIL)
            .expression_attribute_names("#at", reminder::AT)
            .set_expression_attribute_values(Some(
                Writer::default().text(":cause", failure.cause.as_str()).time(":at", failure.at).finish(),
            ))
            .build();
        let event = NewEvent {
            trail: Trail::Organization(organization.clone()),
            action: Action::RecipientRetried,
            target: Target::Organization(organization.clone()),
            changes: FieldChange::between("undeliverable", recipient.as_str().into(), serde_json::Value::Null)
                .into_iter()
                .collect(),
        };
        let write = Write::of(TransactWriteItem::builder().set_update(update.ok()).build());
        trail.commit(vec![write], &event, by).await
    }

    /// Deletes the delivery failure of a recipient, whose mail arrives again.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn forget_failure(&self, recipient: &Email) -> Result<(), StoreError> {
        send_if_unchanged(self.update_failure(recipient, "REMOVE #cause, #detail, #at")).await.map(drop)
    }

    /// Returns the day through which the schedule has sent all reminders; `None` before its first complete run.
    ///
    /// # Errors
    /// If the storage fails, or an item does not parse.
    pub async fn done_through(&self) -> Result<Option<Date>, StoreError> {
        let item = self.item(reminder::schedule_key()).await?;
        Ok(item.as_ref().map(reminder::read_done_through).transpose()?)
    }

    /// Stores the day through which the schedule has sent all reminders; a day earlier than the stored one changes
    /// nothing.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn record_done_through(&self, day: Date) -> Result<(), StoreError> {
        let update = self
            .update(reminder::schedule_key())
            .update_expression("SET #d = :d")
            .condition_expression("attribute_not_exists(#d) OR #d < :d")
            .expression_attribute_names("#d", reminder::DONE_THROUGH)
            .set_expression_attribute_values(Some(Writer::default().text(":d", day.to_string()).finish()));
        send_if_unchanged(update).await.map(drop)
    }

    fn update_recipient(&self, recipient: &Email) -> UpdateItemFluentBuilder {
        self.update(reminder::recipient_key(recipient))
    }

    fn update(&self, key: Item) -> UpdateItemFluentBuilder {
        self.dynamodb.update_item().table_name(&self.table).set_key(Some(key))
    }

    fn update_failure(&self, recipient: &Email, expression: &str) -> UpdateItemFluentBuilder {
        self.update_recipient(recipient)
            .update_expression(expression)
            .expression_attribute_names("#cause", reminder::CAUSE)
            .expression_attribute_names("#detail", reminder::DETAIL)
            .expression_attribute_names("#at", reminder::AT)
    }

    async fn item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        read::item(&self.dynamodb, &self.table, key).await
    }
}

/// Sends the update and returns whether it was made; it is not if its condition does not hold.
async fn send_if_unchanged(update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => Ok(false),
        Err(e) => Err(StoreError::of("UpdateItem", &e)),
    }
}
