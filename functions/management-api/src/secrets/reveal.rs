//! `POST /v1/clients/{client_id}/secrets/{secret_id}/reveal`: shows a secret again if a copy was kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use shared::domain::id::{ClientId, SecretId};

use super::RevealedJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::clients::load;
use crate::app::error::ApiError;
use crate::app::generated::opened;
use crate::app::organizations;
use crate::http::path::PathId;

/// Reveals a secret after recording it in the audit trail.
pub(crate) async fn reveal(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId((client_id, secret_id)): PathId<(ClientId, SecretId)>,
) -> Result<Response, ApiError> {
    let registration = load(&app, &caller, &client_id).await?;
    caller.require_all(&app, registration.client.privileges_brought()).await?;
    let organization = organizations::load(&app, &caller, &registration.client.organization).await?;
    let (sealed, event) = registration.reveal_secret(&secret_id, &organization.settings)?;
    let plaintext = opened(&app, &client_id, &secret_id, sealed)?;
    let revealed = RevealedJson::of(&registration, &plaintext, caller.context.at)?;
    app.trail.commit(Vec::new(), &event, &caller.attribution()).await?;
    Ok(Json(revealed).into_response())
}
