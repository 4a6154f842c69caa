//! Invitations in the API.

use std::collections::BTreeSet;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::email::Email;
use shared::domain::id::{AdministratorId, InvitationId, OrganizationKey};
use shared::domain::invitation::{Invitation, Purpose};
use shared::domain::privilege::{Privilege, Role};
use shared::domain::text::Name;

use crate::actor::ActorJson;
use crate::app::Management;
use crate::app::invitations::Mailed;

/// An invitation to join, or to reset an account.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub(crate) struct InvitationJson {
    id: InvitationId,
    purpose: PurposeJson,
    /// The account to reset; null for a new account.
    administrator_id: Option<AdministratorId>,
    email: Email,
    name: Name,
    /// The role with exactly these privileges; null if there is none.
    role: Option<Role>,
    privileges: BTreeSet<Privilege>,
    /// The organization; null for an operator.
    organization: Option<OrganizationKey>,
    /// The person who sent the link last. If they lose the right to grant these privileges, the link no longer works.
    invited_by: ActorJson,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// The current status.
    #[schemars(extend("enum" = ["pending", "accepted", "expired", "withdrawn"]))]
    status: &'static str,
    /// True if the mail was sent, in responses to operations that send one; if false, resend it. Otherwise null.
    mailed: Option<bool>,
}

/// The purpose of an invitation.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvitationPurpose")]
pub(crate) enum PurposeJson {
    /// A new account.
    Join,
    /// A reset of the password, authenticator and recovery codes of an account.
    Reset,
}

impl InvitationJson {
    /// Builds the representation of an invitation at `now`.
    pub(crate) fn of(invitation: &Invitation, mailed: Option<Mailed>, now: Timestamp) -> Self {
        let status = invitation.status_at(now);
        let Invitation { id, email, name, organization, privileges, invited_by, created_at, expires_at, .. } =
            invitation.clone();
        let (purpose, administrator_id) = match invitation.purpose.clone() {
            Purpose::Join => (PurposeJson::Join, None),
            Purpose::Reset(id) => (PurposeJson::Reset, Some(id)),
        };
        Self {
            id,
            purpose,
            administrator_id,
            email,
            name,
            role: Role::of(&privileges),
            privileges,
            organization,
            invited_by: invited_by.into(),
            created_at,
            expires_at,
            status,
            mailed: mailed.map(|Mailed(handed_over)| handed_over),
        }
    }
}

/// Returns the response to the creation of an invitation.
pub(crate) fn made(app: &Management, invitation: &Invitation, mailed: Mailed, now: Timestamp) -> Response {
    let location = app.issuer.url(&format!("/v1/invitations/{}", invitation.id));
    let json = InvitationJson::of(invitation, Some(mailed), now);
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(json)).into_response()
}
