//! `POST /v1/clients/{client_id}/secrets/{secret_id}/reveal`: a secret shown again, where a copy was kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use shared::domain::id::{ClientId, SecretId};

use super::{RevealedJson, opened};
use crate::Management;
use crate::caller::Caller;
use crate::clients::load;
use crate::error::ApiError;
use crate::organizations;
use crate::path::At;

/// Shows a secret again, once that is in the audit trail.
pub(crate) async fn reveal(
    State(app): State<Arc<Management>>,
    caller: Caller,
    At((client_id, secret_id)): At<(ClientId, SecretId)>,
) -> Result<Response, ApiError> {
    let registration = load(&app, &caller, &client_id).await?;
    caller.require_all(&app, registration.client.privileges_brought()).await?;
    let organization = organizations::load(&app, &caller, &registration.client.organization).await?;
    let (sealed, event) = registration.reveal_secret(&secret_id, &organization.settings)?;
    let plaintext = opened(&app, &client_id, &secret_id, sealed)?;
    let revealed = RevealedJson::of(&registration, &plaintext, caller.arrival.at)?;
    app.trail.commit(Vec::new(), &event, &caller.attribution()).await?;
    Ok(Json(revealed).into_response())
}
