//! An administrator as they are answered.

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

/// A person who signs in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Administrator")]
pub(crate) struct AdministratorJson {
    id: AdministratorId,
    email: Email,
    name: Name,
    /// Null for an operator, who acts in every organization.
    organization: Option<OrganizationKey>,
    /// Null where the privileges are no role's.
    role: Option<Role>,
    privileges: BTreeSet<Privilege>,
    created_at: Timestamp,
    last_signed_in_at: Option<Timestamp>,
    recovery_codes_left: usize,
    /// Whether mail reaches the address, as far as the reminders know; null where none was sent.
    mail_status: Option<MailStatus>,
    version: Version,
}

/// Whether mail reaches an address.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailStatus {
    /// Nothing speaks against it.
    Deliverable,
    /// It bounced, or was refused.
    Undeliverable,
}

impl AdministratorJson {
    /// The account, with what is known of its address.
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

    /// The answer with its entity tag.
    pub(crate) fn answer(self) -> impl IntoResponse {
        ([(header::ETAG, etag(self.version))], Json(self))
    }
}
