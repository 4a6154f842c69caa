//! Current rights of the accounts in a change request.

use jiff::Timestamp;
use shared::domain::change_request::{RequestError, Rights};
use shared::domain::client::ClientStatus;
use shared::domain::event::Actor;
use shared::domain::machine::privileges_with;

use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;

/// Returns the rights of an account at `now`; `None` if it no longer exists or, for a client, is not active.
pub(crate) async fn rights_of(app: &Management, actor: &Actor, now: Timestamp) -> Result<Option<Rights>, ApiError> {
    match actor {
        Actor::Administrator { id, .. } => {
            let found = app.administrators.get(id).await?;
            Ok(found.map(|found| Rights { organization: found.organization, privileges: found.privileges }))
        }
        Actor::Client(client_id) => {
            let found = app.clients.client(client_id).await?;
            let active = found.filter(|found| found.status(now) == ClientStatus::Active);
            Ok(active.map(|client| Rights {
                privileges: privileges_with(&client.grants.scopes(), &client.grants),
                organization: Some(client.organization),
            }))
        }
        Actor::System => Ok(None),
    }
}

/// Returns the refusal after recording in the audit trail that the caller is not allowed to do this.
pub(crate) async fn refusal(app: &Management, caller: &Caller, error: RequestError) -> ApiError {
    let refused = match error {
        RequestError::Missing(privilege) => caller.require(app, privilege).await,
        RequestError::OwnRequest
        | RequestError::OperatorsRequest
        | RequestError::SecondApproval
        | RequestError::NotRequester => caller.record_refusal(app).await,
        RequestError::NotPending(_)
        | RequestError::RequesterLacks
        | RequestError::NotCollectable(_)
        | RequestError::TooManyComments => Ok(()),
    };
    refused.err().unwrap_or_else(|| error.into())
}
