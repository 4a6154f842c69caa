//! `POST /v1/change-requests/{change_request_id}/collect`: the secret of an approved change, contained only in this
//! response.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::id::{ChangeRequestId, ClientId};

use super::ChangeRequestJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::change_requests::refusal;
use crate::app::change_requests::{has_moved, load};
use crate::app::commands::{Collection, on_collection};
use crate::app::error::ApiError;
use crate::app::retry::retry_on_conflict;
use crate::http::path::PathId;
use crate::secrets::{PreviousJson, RevealedJson, TOKEN_PATH, created};

/// A collected secret. This response is the only one that contains it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CollectedSecret")]
pub(crate) struct CollectedJson<'a> {
    #[serde(flatten)]
    secret: RevealedJson<'a>,
    client_id: ClientId,
    token_endpoint: String,
    /// The secret that it replaces; null if it replaces none.
    previous: Option<PreviousJson>,
    change_request: ChangeRequestJson,
}

/// Creates the secret of an approved request, and shows it to the requester. Of concurrent calls, only one gets it.
pub(crate) async fn collect(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(id): PathId<ChangeRequestId>,
) -> Result<Response, ApiError> {
    let (party, now) = (caller.party(), caller.context.at);
    retry_on_conflict!(async {
        let request = load(&app, &caller, &id).await?;
        if let Err(error) = request.check_collector(&party, now) {
            return Err(refusal(&app, &caller, error).await);
        }
        let collection = Collection::begin(&app, &request).await?;
        let collected = request.collect(&party, collection.secret_id(), now)?;
        let (effect, after) = match on_collection(&app, &caller, &request, &collection, now).await {
            Ok(effect) => effect,
            // the obstacle can be a concurrent collection
            Err(_) if has_moved(&app, &request).await? => return Err(ApiError::Conflict),
            Err(error) => return Err(error),
        };
        app.change_requests.commit(&collected, effect, &app.trail, &caller.attribution()).await?;
        let done = collection.done(after);
        let client_id = done.after.client.client_id.clone();
        let previous = request.command.secret_id().and_then(|id| PreviousJson::of(&done.after, id));
        let location = app.issuer.url(&format!("/v1/clients/{client_id}/secrets"));
        let token_endpoint = app.issuer.url(TOKEN_PATH);
        let change_request = ChangeRequestJson::of(&collected.committed(), &party, now);
        created(&done, location, now, |secret| CollectedJson {
            secret,
            client_id,
            token_endpoint,
            previous,
            change_request,
        })
    })
}
