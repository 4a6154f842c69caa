//! Who may use a route, checked before its handler runs.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use shared::domain::administrator::Privilege;
use shared::domain::id::RequestId;
use shared::domain::time::whole_seconds;
use shared::entropy;

use crate::Management;
use crate::arrival::Arrival;
use crate::caller::{Caller, Identity};
use crate::error::ApiError;
use crate::provenance::Provenance;
use crate::session::cookie;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Every person who is signed in.
    SignedIn,
    /// Who holds this privilege, a person or a machine.
    Privilege(Privilege),
    /// A person who holds this privilege, and no machine.
    Person(Privilege),
}

impl Access {
    /// The privilege that it takes, where it takes one.
    #[must_use]
    pub fn privilege(self) -> Option<Privilege> {
        match self {
            Self::Public | Self::SignedIn => None,
            Self::Privilege(privilege) | Self::Person(privilege) => Some(privilege),
        }
    }
}

/// The access check of one route.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) app: Arc<Management>,
    pub(crate) access: Access,
    pub(crate) step_up: bool,
    pub(crate) route: Arc<str>,
}

/// Lets a request through to its handler, or refuses it.
pub(crate) async fn check(State(gate): State<Gate>, mut request: Request, next: Next) -> Result<Response, ApiError> {
    let arrival = Arrival {
        at: gate.app.clock.now(),
        source: request.extensions().get().copied(),
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
    match gate.access {
        Access::Public if provenance == Provenance::Elsewhere => return Err(ApiError::CrossOrigin),
        Access::Public => {}
        Access::SignedIn | Access::Privilege(_) | Access::Person(_) => {
            let caller = caller(&gate.app, request.headers(), provenance, arrival.clone()).await?;
            if let Some(privilege) = gate.access.privilege() {
                caller.require(&gate.app, privilege).await?;
            }
            match &caller.identity {
                Identity::Person { session, .. } if gate.step_up && !session.is_stepped_up(arrival.at) => {
                    return Err(ApiError::StepUpRequired);
                }
                Identity::Person { .. } => {}
            }
            request.extensions_mut().insert(caller);
        }
    }
    request.extensions_mut().insert(arrival);
    Ok(next.run(request).await)
}

/// Who sends the request. Account and privileges are read afresh, so that a privilege that was taken away counts at
/// once.
async fn caller(
    app: &Management,
    headers: &HeaderMap,
    provenance: Provenance,
    arrival: Arrival,
) -> Result<Caller, ApiError> {
    let token = cookie::token(headers).ok_or(ApiError::NotSignedIn)?;
    if provenance != Provenance::SameOrigin {
        return Err(ApiError::CrossOrigin);
    }
    let digest = token.digest().ok_or(ApiError::SessionEnded)?;
    let session = app.administrators.session(&digest).await?.filter(|session| session.is_alive(arrival.at));
    let session = session.ok_or(ApiError::SessionEnded)?;
    let administrator = app.administrators.get(&session.administrator).await?.ok_or(ApiError::SessionEnded)?;
    if session.needs_touch(arrival.at) {
        app.administrators.touch_session(&session.digest, whole_seconds(arrival.at)).await?;
    }
    Ok(Caller { identity: Identity::Person { administrator: Arc::new(administrator), session }, arrival })
}
