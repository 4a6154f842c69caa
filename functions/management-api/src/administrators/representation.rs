//! Administrators in the API.

use std::collections::BTreeSet;

use axum::Json;
use axum::response::IntoResponse;
use http::header;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::administrator::Administrator;
use shared::domain::email::Email;
use shared::domain::id::{AdministratorId, OrganizationKey, Version};
use shared::domain::privilege::{Privilege, Role};
use shared::domain::text::Name;

use crate::app::Management;
use crate::app::error::ApiError;
use crate::app::precondition::etag;

/// A person who signs in to the console or the management API.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Administrator")]
pub(crate) struct AdministratorJson {
    id: AdministratorId,
    email: Email,
    name: Name,
    /// The organization; null for an operator, who acts in all of them.
    organization: Option<OrganizationKey>,
    /// The role with exactly these privileges; null if there is none.
    role: Option<Role>,
    /// The privileges.
    privileges: BTreeSet<Privilege>,
    created_at: Timestamp,
    /// The time of the last sign-in; null if there was none.
    last_signed_in_at: Option<Timestamp>,
    /// The number of unused recovery codes.
    recovery_codes_left: usize,
    /// The delivery status of reminders to the email address; null if none was sent yet.
    mail_status: Option<MailStatus>,
    version: Version,
}

/// The delivery status of an email address.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailStatus {
    /// No delivery has failed.
    Deliverable,
    /// The last mail bounced or was refused, or its recipient complained.
    Undeliverable,
}

impl AdministratorJson {
    /// Builds the representation of an account, with the mail status of its address.
    pub(crate) async fn of(app: &Management, administrator: Administrator) -> Result<Self, ApiError> {
        let known = app.reminders.recipient(&administrator.email).await?;
        let mail_status = match &known.failure {
            Some(failure) if failure.is_undeliverable() => Some(MailStatus::Undeliverable),
            None if known.turn == 0 => None,
            Some(_) | None => Some(MailStatus::Deliverable),
        };
        Ok(Self {
            role: Role::of(&administrator.privileges),
            recovery_codes_left: administrator.recovery_codes.len(),
            id: administrator.id,
            email: administrator.email,
            name: administrator.name,
            organization: administrator.organization,
            privileges: administrator.privileges,
            created_at: administrator.created_at,
            last_signed_in_at: administrator.last_signed_in_at,
            mail_status,
            version: administrator.version,
        })
    }

    /// Returns the response with its entity tag.
    pub(crate) fn answer(self) -> impl IntoResponse {
        ([(header::ETAG, etag(self.version))], Json(self))
    }
}
