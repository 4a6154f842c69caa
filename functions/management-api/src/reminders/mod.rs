//! Reminders: who gets them, and whether mail reaches them.

mod recipients;
mod retry;

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::email::Email;
use shared::domain::organization::Organization;
use shared::domain::reminder::{self, Cause, DeliveryFailure};

pub(crate) use recipients::list_recipients;
pub(crate) use retry::retry_recipient;

use crate::app::Management;
use crate::app::error::ApiError;

/// A recipient of expiry reminders.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Recipient")]
pub(crate) struct RecipientJson {
    email: Email,
    /// True for the organization's team address.
    team: bool,
    /// True if mail to this address is stopped after a bounce or complaint.
    undeliverable: bool,
    /// The last delivery failure; null if the last mail was delivered.
    failure: Option<FailureJson>,
}

/// A failed delivery.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeliveryFailure")]
pub(crate) struct FailureJson {
    #[schemars(extend("enum" = Cause::ALL.iter().map(|cause| cause.as_str()).collect::<Vec<_>>()))]
    cause: &'static str,
    /// The reason given by the mail service, such as `MessageRejected`.
    detail: String,
    at: Timestamp,
}

impl RecipientJson {
    fn of(email: Email, organization: &Organization, failure: Option<DeliveryFailure>) -> Self {
        Self {
            team: organization.settings.team_address.as_ref() == Some(&email),
            undeliverable: failure.as_ref().is_some_and(DeliveryFailure::is_undeliverable),
            failure: failure.map(|DeliveryFailure { cause, detail, at }| FailureJson {
                cause: cause.as_str(),
                detail,
                at,
            }),
            email,
        }
    }
}

/// Returns the addresses that get reminders for an organization.
async fn recipients(app: &Management, organization: &Organization) -> Result<BTreeSet<Email>, ApiError> {
    let administrators = app.administrators.all(&organization.key).await?;
    // an account that cannot be read gets no reminder either
    let unreadable = |error: &_| tracing::warn!(%error, "an account that does not read gets no reminders");
    let readable: Vec<_> = administrators.into_iter().filter_map(|found| found.inspect_err(unreadable).ok()).collect();
    Ok(reminder::recipients(&readable, &organization.settings))
}
