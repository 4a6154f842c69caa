//! Change requests as they are answered.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::change_request::{ChangeRequest, Comment, Party, Standing};
use shared::domain::email::Email;
use shared::domain::event::{Actor, FieldChange};
use shared::domain::id::{ChangeRequestId, ClientId, OrganizationKey, SecretId, Version};

use crate::actor::ActorJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::Submitted;
use crate::app::error::ApiError;
use crate::app::precondition::etag;

/// A change that waits for a second administrator, or waited.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangeRequest")]
pub(crate) struct ChangeRequestJson {
    id: ChangeRequestId,
    organization: OrganizationKey,
    /// What became of it.
    #[schemars(extend("enum" = Standing::ALL.map(Standing::as_str)))]
    status: &'static str,
    /// What is asked for, such as `client.update`.
    action: &'static str,
    client_id: Option<ClientId>,
    secret_id: Option<SecretId>,
    /// The address of whoever it is about, where it is about an administrator.
    email: Option<Email>,
    /// What it does, in one sentence.
    summary: String,
    /// What it changes, as it was when it was asked for.
    changes: Vec<FieldChange>,
    /// The version of what it changes when it was asked for; null where it makes something new.
    base_version: Option<Version>,
    requested_by: ActorJson,
    requested_at: Timestamp,
    /// From when on nobody can decide any more.
    expires_at: Timestamp,
    /// How many different people have to approve it: two, where a machine asks.
    approvals_required: u8,
    /// Who approved it first, where it takes two.
    first_approved_by: Option<ActorJson>,
    /// Who approved, rejected or withdrew it.
    decided_by: Option<ActorJson>,
    decided_at: Option<Timestamp>,
    /// Until when the secret that comes of it can be collected.
    collectable_until: Option<Timestamp>,
    collected_at: Option<Timestamp>,
    comments: Vec<CommentJson>,
    /// What the caller may do with it now.
    permissions: PermissionsJson,
    version: Version,
}

/// What somebody said of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Comment")]
struct CommentJson {
    by: ActorJson,
    at: Timestamp,
    text: String,
}

/// What the caller may do with a change request.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangeRequestPermissions")]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that is allowed or not")]
struct PermissionsJson {
    approve: bool,
    reject: bool,
    withdraw: bool,
    collect: bool,
    comment: bool,
}

impl ChangeRequestJson {
    /// A request as it is at `now`, for this caller.
    pub(crate) fn of(request: &ChangeRequest, caller: &Party, now: Timestamp) -> Self {
        let decision = request.decision();
        Self {
            id: request.id.clone(),
            organization: request.organization.clone(),
            status: request.standing(now).as_str(),
            action: request.command.action(),
            client_id: request.command.client_id().cloned(),
            secret_id: request.command.secret_id().cloned(),
            email: request.command.email().cloned(),
            summary: request.command.summary(&request.diff),
            changes: request.diff.clone(),
            base_version: request.base_version,
            requested_by: request.requested_by.clone().into(),
            requested_at: request.requested_at,
            expires_at: request.expires_at(),
            approvals_required: request.approvals_needed(),
            first_approved_by: request.first_approval.as_ref().map(|first| first.by.clone().into()),
            decided_by: decision.map(|decision| decision.by.clone().into()),
            decided_at: decision.map(|decision| decision.at),
            collectable_until: request.collect_until(),
            collected_at: request.collected_at(),
            comments: request.comments.iter().map(CommentJson::of).collect(),
            permissions: PermissionsJson::of(request, caller, now),
            version: request.version,
        }
    }

    /// The answer that shows this one request.
    pub(crate) fn answer(self) -> Response {
        ([(header::ETAG, etag(self.version))], Json(self)).into_response()
    }
}

/// Answers with what `render` makes of a command that is done, or with the change request that waits (202 Accepted).
pub(crate) fn answer<T>(
    app: &Management,
    caller: &Caller,
    submitted: Submitted<T>,
    render: impl FnOnce(T) -> Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    match submitted {
        Submitted::Done(done) => render(*done),
        Submitted::Waiting(request) => Ok(accepted(app, caller, &request)),
    }
}

/// Answers with a change request that waits (202 Accepted).
pub(crate) fn accepted(app: &Management, caller: &Caller, request: &ChangeRequest) -> Response {
    let location = app.issuer.url(&format!("/v1/change-requests/{}", request.id));
    let request = ChangeRequestJson::of(request, &caller.party(), caller.context.at);
    (StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(request)).into_response()
}

impl CommentJson {
    fn of(comment: &Comment) -> Self {
        Self { by: comment.by.clone().into(), at: comment.at, text: comment.text.to_string() }
    }
}

impl PermissionsJson {
    fn of(request: &ChangeRequest, caller: &Party, now: Timestamp) -> Self {
        let pending = request.standing(now) == Standing::Pending;
        let decide = request.check_decider(caller, now).is_ok();
        let room = request.comments.len() < ChangeRequest::COMMENTS_MAX;
        Self {
            approve: decide,
            reject: decide,
            withdraw: pending && caller.actor.is(&request.requested_by),
            collect: request.check_collector(caller, now).is_ok(),
            comment: pending && room && matches!(caller.actor, Actor::Administrator { .. }),
        }
    }
}
