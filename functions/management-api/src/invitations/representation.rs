//! An invitation as it is answered.

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

/// An invitation.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub(crate) struct InvitationJson {
    id: InvitationId,
    purpose: PurposeJson,
    /// Whose password and authenticator are chosen anew, where it is a reset.
    administrator_id: Option<AdministratorId>,
    email: Email,
    name: Name,
    /// Null where the privileges are no role's.
    role: Option<Role>,
    privileges: BTreeSet<Privilege>,
    /// Null where it makes an operator.
    organization: Option<OrganizationKey>,
    /// Whoever sent the link last, and vouches for it: once they could not grant these privileges any more, the link
    /// is worth nothing.
    invited_by: ActorJson,
    created_at: Timestamp,
    expires_at: Timestamp,
    #[schemars(extend("enum" = ["pending", "accepted", "expired", "withdrawn"]))]
    status: &'static str,
    /// Whether the mail was handed over, in the answer to what sends one; where it was not, send it again.
    mailed: Option<bool>,
}

/// What an invitation is for.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvitationPurpose")]
pub(crate) enum PurposeJson {
    /// A new account.
    Join,
    /// Password, authenticator and recovery codes of an account, chosen anew.
    Reset,
}

impl InvitationJson {
    /// The invitation as it stands at `now`.
    pub(crate) fn of(invitation: &Invitation, mailed: Option<Mailed>, now: Timestamp) -> Self {
        let status = invitation.state_at(now);
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

/// The answer to what made an invitation.
pub(crate) fn made(app: &Management, invitation: &Invitation, mailed: Mailed, now: Timestamp) -> Response {
    let location = app.issuer.url(&format!("/v1/invitations/{}", invitation.id));
    let json = InvitationJson::of(invitation, Some(mailed), now);
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(json)).into_response()
}
