//! `POST /v1/change-requests/{change_request_id}/approve` and `/reject`: decisions on a change request.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::change_request::RequestError;
use shared::domain::id::ChangeRequestId;
use shared::domain::text::CommentText;
use shared::store::change_requests::Effect;

use super::ChangeRequestJson;
use super::comment::DecisionComment;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::change_requests::tell_requester;
use crate::app::change_requests::{change, has_moved, load};
use crate::app::change_requests::{refusal, rights_of};
use crate::app::commands::{Approval, on_approval};
use crate::app::error::ApiError;
use crate::app::retry::retry_on_conflict;
use crate::http::body::JsonBody;
use crate::http::path::PathId;

/// The reason for a rejection.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct RejectChangeRequest {
    comment: CommentText,
}

/// Approves a request: its effect is committed with the decision. A concurrent decision finds the request already
/// decided.
pub(crate) async fn approve(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(id): PathId<ChangeRequestId>,
    said: Option<JsonBody<DecisionComment>>,
) -> Result<Response, ApiError> {
    let comment = DecisionComment::of(said);
    let (party, now) = (caller.party(), caller.context.at);
    retry_on_conflict!(async {
        let request = load(&app, &caller, &id).await?;
        let requester = rights_of(&app, &request.requested_by, now).await?;
        let approved = match request.approve(&party, requester.as_ref(), comment.clone(), now) {
            Ok(approved) => approved,
            Err(error) => return Err(refusal(&app, &caller, error).await),
        };
        // a requester that no longer exists was refused above
        let requester = requester.ok_or(RequestError::RequesterLacks)?;
        let effect = match approved.after.decision() {
            Some(_) => {
                let (request, requester) = (&request, &requester);
                on_approval(Approval { app: &app, approver: &caller, request, requester, now }).await
            }
            // a second approval is required
            None => Ok((Effect::default(), None)),
        };
        let (effect, posted) = match effect {
            Ok(effect) => effect,
            // the obstacle can be the result of a concurrent decision
            Err(_) if has_moved(&app, &request).await? => return Err(ApiError::Conflict),
            Err(error) => return Err(error),
        };
        app.change_requests.commit(&approved, effect, &app.trail, &caller.attribution()).await?;
        let request = approved.committed();
        if let Some(posted) = posted {
            posted.send(&app, now).await;
        }
        if request.decision().is_some() {
            tell_requester(&app, &request, now).await;
        }
        Ok(ChangeRequestJson::of(&request, &party, now).answer())
    })
}

/// Rejects a request.
pub(crate) async fn reject(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(id): PathId<ChangeRequestId>,
    JsonBody(said): JsonBody<RejectChangeRequest>,
) -> Result<Response, ApiError> {
    let (party, now) = (caller.party(), caller.context.at);
    let rejected = change(&app, &caller, &id, |request| request.reject(&party, said.comment.clone(), now)).await?;
    tell_requester(&app, &rejected, now).await;
    Ok(ChangeRequestJson::of(&rejected, &party, now).answer())
}
