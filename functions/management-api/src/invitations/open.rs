//! `POST /v1/invitation`: shows the invitation of a link, and the authenticator to set up for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::email::Email;
use shared::domain::event::{Actor, Attribution};
use shared::domain::id::OrganizationKey;
use shared::domain::text::Name;
use tokio::time::{Instant, sleep_until};

use super::presented::PresentedToken;
use crate::app::Management;
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::invitations::opened_by;
use crate::app::retry::retry_on_conflict;
use crate::app::throttle::CountedAttempt;
use crate::enrolment::{AuthenticatorJson, new_authenticator};
use crate::http::body::JsonBody;
use crate::session::REFUSAL_TAKES;

/// An invitation link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct OpenInvitation {
    /// The token at the end of the link.
    token: PresentedToken,
}

/// The invitation of a link.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OpenedInvitation")]
pub(crate) struct OpenedJson {
    email: Email,
    name: Name,
    /// The organization; null for an operator.
    organization: Option<OrganizationKey>,
    organization_name: Option<Name>,
    expires_at: Timestamp,
    /// The authenticator to set up. Each call returns a new one, and only the latest is valid.
    authenticator: AuthenticatorJson,
}

/// Shows the invitation of a link, with an authenticator to set up. Each call creates a new one, so that someone who
/// opened the link earlier does not know the valid key.
pub(crate) async fn open(
    State(app): State<Arc<Management>>,
    context: RequestContext,
    JsonBody(OpenInvitation { token }): JsonBody<OpenInvitation>,
) -> Result<Json<OpenedJson>, ApiError> {
    let earliest = Instant::now() + REFUSAL_TAKES;
    let counted = CountedAttempt::to_open_invitation(&app, &context).await?;
    retry_on_conflict!(async {
        let Some((invitation, destination)) = opened_by(&app, token.0.as_ref(), context.at).await? else {
            sleep_until(earliest).await;
            return Err(ApiError::NotFound("invitation"));
        };
        let (totp_key, authenticator) = new_authenticator(&app, &invitation.email, invitation.id.as_str())?;
        let change = invitation.open(totp_key);
        app.administrators.commit_invitation(&change, &app.trail, &unsigned(&context)).await?;
        counted.forgive(&app, &context).await;
        Ok(Json(OpenedJson {
            email: invitation.email,
            name: invitation.name,
            organization: invitation.organization,
            organization_name: destination.organization.map(|organization| organization.name),
            expires_at: invitation.expires_at,
            authenticator,
        }))
    })
}

/// Attributes the actions of a link holder without an account to nobody, with the source address.
pub(super) fn unsigned(context: &RequestContext) -> Attribution {
    context.attributed_to(Actor::System)
}
