//! Change requests in the API.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::change_request::{ChangeRequest, ChangeRequestStatus, Comment, Party};
use shared::domain::email::Email;
use shared::domain::event::{Actor, FieldChange};
use shared::domain::id::{ChangeRequestId, ClientId, OrganizationKey, SecretId, Version};

use crate::actor::ActorJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::Submitted;
use crate::app::error::ApiError;
use crate::app::precondition::etag;

/// A change that needs approval by a second administrator, with its outcome.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChangeRequest")]
pub(crate) struct ChangeRequestJson {
    id: ChangeRequestId,
    organization: OrganizationKey,
    /// The current status.
    #[schemars(extend("enum" = ChangeRequestStatus::ALL.map(ChangeRequestStatus::as_str)))]
    status: &'static str,
    /// The requested action, such as `client.update`.
    action: &'static str,
    client_id: Option<ClientId>,
    secret_id: Option<SecretId>,
    /// The email address of the administrator or invited person whom the change is about; null for other changes.
    email: Option<Email>,
    /// A one-sentence description of the change.
    summary: String,
    /// The changed fields, as of the time of the request.
    changes: Vec<FieldChange>,
    /// The version of the target when the change was requested; null if it creates something.
    base_version: Option<Version>,
    requested_by: ActorJson,
    requested_at: Timestamp,
    /// The deadline for the decision.
    expires_at: Timestamp,
    /// The number of people who must approve it: two if a machine requested it.
    approvals_required: u8,
    /// The first of two approvers; null until then, or if one is enough.
    first_approved_by: Option<ActorJson>,
    /// The person or machine who approved, rejected or withdrew it.
    decided_by: Option<ActorJson>,
    decided_at: Option<Timestamp>,
    /// The deadline for collecting the secret; null if there is none to collect.
    collectable_until: Option<Timestamp>,
    collected_at: Option<Timestamp>,
    comments: Vec<CommentJson>,
    /// The operations that the caller can do now.
    permissions: PermissionsJson,
    version: Version,
}

/// A comment on a change request.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Comment")]
struct CommentJson {
    by: ActorJson,
    at: Timestamp,
    text: String,
}

/// The operations on a change request that the caller can do now.
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
    /// Builds the representation of a request at `now`, for this caller.
    pub(crate) fn of(request: &ChangeRequest, caller: &Party, now: Timestamp) -> Self {
        let decision = request.decision();
        Self {
            id: request.id.clone(),
            organization: request.organization.clone(),
            status: request.status(now).as_str(),
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

    /// Returns the response with this request.
    pub(crate) fn answer(self) -> Response {
        ([(header::ETAG, etag(self.version))], Json(self)).into_response()
    }
}

/// Returns the rendered result of a completed command, or the pending change request (202 Accepted).
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

/// Returns a pending change request (202 Accepted).
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
        let pending = request.status(now) == ChangeRequestStatus::Pending;
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
