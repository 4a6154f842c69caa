//! `POST /v1/change-requests/{change_request_id}/comments` and `/withdraw`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::id::ChangeRequestId;
use shared::domain::text::CommentText;

use super::ChangeRequestJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::change_requests::change;
use crate::app::error::ApiError;
use crate::http::body::{JsonBody, present};
use crate::http::path::PathId;

/// An optional comment with a decision.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "an object")]
pub(crate) struct DecisionComment {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "CommentText")]
    comment: Option<CommentText>,
}

impl DecisionComment {
    /// The comment, if any.
    pub(super) fn of(body: Option<JsonBody<Self>>) -> Option<CommentText> {
        body.and_then(|JsonBody(said)| said.comment)
    }
}

/// A comment on a pending change request.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateComment {
    text: CommentText,
}

/// Comments on a pending change request.
pub(crate) async fn comment(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(id): PathId<ChangeRequestId>,
    JsonBody(said): JsonBody<CreateComment>,
) -> Result<Response, ApiError> {
    let (actor, now) = (caller.actor(), caller.context.at);
    let said = change(&app, &caller, &id, |request| request.comment(&actor, said.text.clone(), now)).await?;
    Ok(ChangeRequestJson::of(&said, &caller.party(), now).answer())
}

/// Withdraws a change request of the caller.
pub(crate) async fn withdraw(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(id): PathId<ChangeRequestId>,
    said: Option<JsonBody<DecisionComment>>,
) -> Result<Response, ApiError> {
    let comment = DecisionComment::of(said);
    let (actor, now) = (caller.actor(), caller.context.at);
    let withdrawn = change(&app, &caller, &id, |request| request.withdraw(&actor, comment.clone(), now)).await?;
    Ok(ChangeRequestJson::of(&withdrawn, &caller.party(), now).answer())
}
