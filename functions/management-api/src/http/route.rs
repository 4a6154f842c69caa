//! What a route is: where it stands, who may use it, and what the description says of it.

use std::any::type_name;
use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{self, MethodRouter};
use http::{Method, StatusCode};
use schemars::JsonSchema;

use super::gate::{Gate, check};
use super::idempotency;
use crate::app::Management;
use crate::app::access::Access;
use crate::http::kind::Kind;
use crate::http::openapi::{Arguments, Content, Reads, Sent, Success};

/// One route.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a route has or has not")]
pub struct Route {
    /// Its method; `GET` answers `HEAD` too.
    pub method: Method,
    /// Its path below the issuer's, parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Whether it needs a one-time password of the last minutes besides (RFC 9470).
    pub step_up: bool,
    /// Whether a recovery code does in the place of that.
    pub after_recovery: bool,
    /// Whether the people of a suspended organization may use it.
    pub while_suspended: bool,
    /// Whether what it does waits for a second administrator, where the organization has it so.
    pub waits: bool,
    /// Whether it takes an `Idempotency-Key`, so that a request that is sent twice is carried out once.
    pub idempotent: bool,
    /// Which privileges it takes besides, and when; empty where it takes none.
    pub besides: &'static str,
    /// The headers of its answer, where nothing is refused, beside those that every answer has.
    pub sends: &'static [Sent],
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// The module and name of its handler, such as `clients::create`.
    pub(crate) name: String,
    /// What its handler reads of a request.
    pub(crate) reads: fn(&mut Reads),
    pub(crate) success: Success,
    /// What it is refused for, beside what follows from its access and from what its handler reads.
    pub(crate) refusals: &'static [Kind],
    handler: MethodRouter<Arc<Management>>,
}

impl Route {
    /// The route with a step-up in front.
    pub(crate) fn with_step_up(self) -> Self {
        Self { step_up: true, ..self }
    }

    /// The same, for whoever signs in with a recovery code to get out of that.
    pub(crate) fn with_step_up_or_recovery(self) -> Self {
        Self { step_up: true, after_recovery: true, ..self }
    }

    /// The route, which is open to the people of a suspended organization too.
    pub(crate) fn even_while_suspended(self) -> Self {
        Self { while_suspended: true, ..self }
    }

    /// The route, which answers with a change request where the organization has changes approved.
    pub(crate) fn may_wait(self) -> Self {
        Self { waits: true, ..self }
    }

    /// The route, which carries a request under an `Idempotency-Key` out once.
    pub(crate) fn once_per_key(self) -> Self {
        Self { idempotent: true, ..self }
    }

    /// The route, which takes further privileges, as this says.
    pub(crate) fn takes_besides(self, besides: &'static str) -> Self {
        Self { besides, ..self }
    }

    /// The route, whose answer has these headers.
    pub(crate) fn sends(self, sends: &'static [Sent]) -> Self {
        Self { sends, ..self }
    }

    /// Adds the route with its access check in front.
    pub(crate) fn mount(self, router: Router<Arc<Management>>, app: &Arc<Management>) -> Router<Arc<Management>> {
        let path = format!("{}{}", app.issuer.path(), self.path);
        let route = format!("{} {}", self.method, self.path).into();
        let Self { access, step_up, after_recovery, while_suspended, .. } = self;
        let gate = Gate { app: Arc::clone(app), access, step_up, after_recovery, while_suspended, route };
        let handler = if self.idempotent {
            self.handler.route_layer(middleware::from_fn_with_state(Arc::clone(app), idempotency::guard))
        } else {
            self.handler
        };
        router.route(&path, handler.route_layer(middleware::from_fn_with_state(gate, check)))
    }

    /// The route, which is refused for these things besides.
    pub(crate) fn refuses(self, refusals: &'static [Kind]) -> Self {
        Self { refusals, ..self }
    }
}

/// A route that does not say yet what it answers with.
pub(crate) struct Unanswered {
    method: Method,
    path: &'static str,
    access: Access,
    name: String,
    reads: fn(&mut Reads),
    handler: MethodRouter<Arc<Management>>,
}

impl Unanswered {
    fn new<T: Arguments, H>(
        (method, handler): (Method, MethodRouter<Arc<Management>>),
        path: &'static str,
        access: Access,
    ) -> Self {
        let mut names = type_name::<H>().split("::").skip(1);
        let module = names.next().unwrap_or_default();
        let name = format!("{module}::{}", names.last().unwrap_or(module));
        Self { method, path, access, name, reads: T::describe, handler }
    }

    /// It shows something.
    pub(crate) fn shows<T: JsonSchema>(self, summary: &'static str) -> Route {
        self.answers(StatusCode::OK, Content::json::<T>(), summary)
    }

    /// It makes something, and shows it.
    pub(crate) fn makes<T: JsonSchema>(self, summary: &'static str) -> Route {
        self.answers(StatusCode::CREATED, Content::json::<T>(), summary)
    }

    /// It has nothing to show.
    pub(crate) fn ends(self, summary: &'static str) -> Route {
        self.answers(StatusCode::NO_CONTENT, Content::Nothing, summary)
    }

    /// It shows something that is not JSON.
    pub(crate) fn serves(self, media_types: &'static [&'static str], summary: &'static str) -> Route {
        self.answers(StatusCode::OK, Content::Text(media_types), summary)
    }

    fn answers(self, status: StatusCode, content: Content, summary: &'static str) -> Route {
        let Self { method, path, access, name, reads, handler } = self;
        let success = Success { status, content };
        Route {
            method,
            path,
            access,
            idempotent: false,
            step_up: false,
            after_recovery: false,
            while_suspended: false,
            waits: false,
            besides: "",
            sends: &[],
            summary,
            name,
            reads,
            success,
            refusals: &[],
            handler,
        }
    }
}

/// A route of this method.
pub(crate) fn get<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::GET, routing::get(handler)), path, access)
}

/// A route of this method.
pub(crate) fn post<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::POST, routing::post(handler)), path, access)
}

/// A route of this method.
pub(crate) fn patch<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::PATCH, routing::patch(handler)), path, access)
}

/// A route of this method.
pub(crate) fn delete<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Unanswered {
    Unanswered::new::<T, H>((Method::DELETE, routing::delete(handler)), path, access)
}
