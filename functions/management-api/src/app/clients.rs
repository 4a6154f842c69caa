//! Reading one client.

use shared::domain::client::registration::Registration;
use shared::domain::id::ClientId;

use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;

/// Returns the client with this id and its secrets if it exists and is visible to the caller.
pub(crate) async fn load(app: &Management, caller: &Caller, client_id: &ClientId) -> Result<Registration, ApiError> {
    let found = app.clients.registration(client_id).await?;
    found
        .filter(|found| found.client.deleted_at.is_none() && caller.reaches(&found.client.organization))
        .ok_or(ApiError::NotFound("client"))
}
