//! A route: path, access, handler and its OpenAPI description.

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
use crate::http::openapi::{Arguments, Content, Reads, ResponseHeader, Success};

/// One route.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of a route")]
pub struct Route {
    /// The method; `GET` also serves `HEAD`.
    pub method: Method,
    /// The path below the issuer's, with parameters in braces.
    pub path: &'static str,
    /// The callers with access.
    pub access: Access,
    /// Requires a recent one-time password from people (RFC 9470).
    pub step_up: bool,
    /// Accepts a sign-in with a recovery code instead of the one-time password.
    pub after_recovery: bool,
    /// Stays available to administrators of a suspended organization.
    pub while_suspended: bool,
    /// Creates a change request instead when the organization requires approval.
    pub may_need_approval: bool,
    /// Accepts an `Idempotency-Key`: a repeated request runs once.
    pub idempotent: bool,
    /// Further privileges that it requires, as a sentence; empty if none.
    pub also_requires: &'static str,
    /// The headers of a successful response, in addition to common ones.
    pub headers: &'static [ResponseHeader],
    /// The summary in the OpenAPI document.
    pub summary: &'static str,
    /// The module and name of the handler, such as `clients::create`.
    pub(crate) name: String,
    /// Describes what the handler reads from a request.
    pub(crate) reads: fn(&mut Reads),
    pub(crate) success: Success,
    /// The problems of the operation, in addition to those of its access check and of what it reads.
    pub(crate) problems: &'static [Kind],
    handler: MethodRouter<Arc<Management>>,
}

impl Route {
    /// Requires a step-up.
    pub(crate) fn with_step_up(self) -> Self {
        Self { step_up: true, ..self }
    }

    /// Requires a step-up, or a sign-in with a recovery code.
    pub(crate) fn with_step_up_or_recovery(self) -> Self {
        Self { step_up: true, after_recovery: true, ..self }
    }

    /// Stays available to administrators of a suspended organization.
    pub(crate) fn allowed_while_suspended(self) -> Self {
        Self { while_suspended: true, ..self }
    }

    /// Returns a change request when the organization requires approval.
    pub(crate) fn may_need_approval(self) -> Self {
        Self { may_need_approval: true, ..self }
    }

    /// Accepts an `Idempotency-Key`.
    pub(crate) fn idempotent(self) -> Self {
        Self { idempotent: true, ..self }
    }

    /// Describes further privileges that the route requires.
    pub(crate) fn also_requires(self, also_requires: &'static str) -> Self {
        Self { also_requires, ..self }
    }

    /// Adds headers to the successful response.
    pub(crate) fn headers(self, headers: &'static [ResponseHeader]) -> Self {
        Self { headers, ..self }
    }

    /// Adds the route with its access check to a router.
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

    /// Adds problems of the operation itself.
    pub(crate) fn can_fail_with(self, problems: &'static [Kind]) -> Self {
        Self { problems, ..self }
    }
}

/// A route without its response.
pub(crate) struct RouteBuilder {
    method: Method,
    path: &'static str,
    access: Access,
    name: String,
    reads: fn(&mut Reads),
    handler: MethodRouter<Arc<Management>>,
}

impl RouteBuilder {
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

    /// Returns 200 with JSON.
    pub(crate) fn returns<T: JsonSchema>(self, summary: &'static str) -> Route {
        self.respond(StatusCode::OK, Content::json::<T>(), summary)
    }

    /// Creates something: returns 201 with JSON.
    pub(crate) fn creates<T: JsonSchema>(self, summary: &'static str) -> Route {
        self.respond(StatusCode::CREATED, Content::json::<T>(), summary)
    }

    /// Returns 204.
    pub(crate) fn no_content(self, summary: &'static str) -> Route {
        self.respond(StatusCode::NO_CONTENT, Content::Nothing, summary)
    }

    /// Returns 200 with a body other than JSON.
    pub(crate) fn serves(self, media_types: &'static [&'static str], summary: &'static str) -> Route {
        self.respond(StatusCode::OK, Content::Text(media_types), summary)
    }

    fn respond(self, status: StatusCode, content: Content, summary: &'static str) -> Route {
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
            may_need_approval: false,
            also_requires: "",
            headers: &[],
            summary,
            name,
            reads,
            success,
            problems: &[],
            handler,
        }
    }
}

/// A `GET` route.
pub(crate) fn get<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> RouteBuilder {
    RouteBuilder::new::<T, H>((Method::GET, routing::get(handler)), path, access)
}

/// A `POST` route.
pub(crate) fn post<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> RouteBuilder {
    RouteBuilder::new::<T, H>((Method::POST, routing::post(handler)), path, access)
}

/// A `PATCH` route.
pub(crate) fn patch<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> RouteBuilder {
    RouteBuilder::new::<T, H>((Method::PATCH, routing::patch(handler)), path, access)
}

/// A `DELETE` route.
pub(crate) fn delete<T: Arguments + 'static, H: Handler<T, Arc<Management>>>(
    path: &'static str,
    access: Access,
    handler: H,
) -> RouteBuilder {
    RouteBuilder::new::<T, H>((Method::DELETE, routing::delete(handler)), path, access)
}
