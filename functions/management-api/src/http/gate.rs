//! Access checks of routes, before their handlers run.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, header};
use shared::domain::event::Actor;
use shared::domain::id::{OrganizationKey, RequestId};
use shared::domain::session::UserAgent;
use shared::domain::time::whole_seconds;
use shared::entropy;

use crate::app::Management;
use crate::app::access::Access;
use crate::app::caller::{Caller, Identity};
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::error::Denied;
use crate::app::organizations::require_active;
use crate::http::bearer;
use crate::http::cookie::{self, SessionToken};
use crate::http::provenance::Provenance;

/// The access check of one route.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) app: Arc<Management>,
    pub(crate) access: Access,
    pub(crate) step_up: bool,
    pub(crate) after_recovery: bool,
    pub(crate) while_suspended: bool,
    pub(crate) route: Arc<str>,
}

/// Passes a request to its handler, or refuses it.
pub(crate) async fn check(State(gate): State<Gate>, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let context = RequestContext {
        at: gate.app.clock.now(),
        source: request.extensions().get().copied(),
        user_agent: user_agent(request.headers()),
        request_id: match request.extensions().get::<RequestId>() {
            Some(id) => id.clone(),
            None => RequestId::random(&mut entropy::os_rng()),
        },
        route: gate.route,
    };
    let provenance = if request.method().is_safe() {
        Provenance::SameOrigin
    } else {
        Provenance::of(request.headers(), &gate.app.issuer)
    };
    let mut who = None;
    match gate.access {
        Access::Public if provenance == Provenance::Elsewhere => return Err(ApiError::CrossOrigin),
        Access::Public => {}
        Access::SignedIn | Access::Privilege(_) | Access::Person(_) | Access::Machine(_) => {
            let caller = caller(&gate.app, request.headers(), provenance, context.clone()).await?;
            if !gate.while_suspended && matches!(caller.identity, Identity::Person { .. }) {
                require_active(&gate.app, caller.organization()).await?;
            }
            let taken = gate.app.rate_limiter.take(&caller.actor(), context.at);
            taken.map_err(|retry_after_seconds| Denied::TooManyRequests { retry_after_seconds })?;
            caller.require_kind(&gate.app, gate.access).await?;
            if let Some(privilege) = gate.access.privilege() {
                caller.require(&gate.app, privilege).await?;
            }
            if gate.step_up && !(gate.after_recovery && caller.is_recovering()) {
                caller.require_step_up()?;
            }
            who = Some((caller.actor(), caller.organization().cloned()));
            request.extensions_mut().insert(caller);
        }
    }
    request.extensions_mut().insert(context);
    let response = next.run(request).await;
    note(&response, who);
    Ok(response)
}

/// Logs one line for a successful request; a refusal is logged where its reason is known.
fn note(response: &Response, who: Option<(Actor, Option<OrganizationKey>)>) {
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        return;
    }
    let (actor, organization) = who.unzip();
    let actor = actor.map(|actor| actor.id().to_owned());
    let organization = organization.flatten().map(String::from);
    tracing::info!(outcome = "answered", status = status.as_u16(), actor, organization);
}

fn user_agent(headers: &HeaderMap) -> Option<UserAgent> {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).and_then(UserAgent::of)
}

/// Returns the caller: the owner of the request's single credential.
async fn caller(
    app: &Management,
    headers: &HeaderMap,
    provenance: Provenance,
    context: RequestContext,
) -> Result<Caller, ApiError> {
    match (cookie::token(headers), bearer::token(headers)) {
        // RFC 6750 section 2: a request must not use more than one way to authenticate
        (Some(_), Some(_)) => Err(Denied::MultipleCredentials.into()),
        (Some(session), None) => person(app, &session, provenance, context).await,
        // no browser adds this header by itself, so it needs no proof of origin
        (None, Some(token)) => bearer::caller(app, &token, context).await,
        (None, None) => Err(ApiError::NotSignedIn),
    }
}

/// Returns the person of the session. Account and privileges are read again, so that a revoked privilege is lost at
/// once.
async fn person(
    app: &Management,
    token: &SessionToken,
    provenance: Provenance,
    context: RequestContext,
) -> Result<Caller, ApiError> {
    if provenance != Provenance::SameOrigin {
        return Err(ApiError::CrossOrigin);
    }
    let digest = token.digest().ok_or(ApiError::SessionEnded)?;
    let session = app.administrators.session(&digest).await?.filter(|session| session.is_alive(context.at));
    let session = session.ok_or(ApiError::SessionEnded)?;
    let administrator = app.administrators.get(&session.administrator).await?.ok_or(ApiError::SessionEnded)?;
    if !session.is_alive_for(&administrator, context.at) {
        return Err(ApiError::SessionEnded);
    }
    if session.needs_touch(context.at) {
        let touched = app.administrators.touch_session(&session.digest, whole_seconds(context.at)).await;
        if let Err(error) = touched {
            tracing::warn!(%error, "that a session was used could not be kept");
        }
    }
    Ok(Caller { identity: Identity::Person { administrator: Arc::new(administrator), session }, context })
}
