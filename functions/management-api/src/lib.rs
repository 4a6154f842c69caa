//! The management API: all operations of administrators, as JSON.
//!
//! A request passes the access check of its route ([`routes`]), then its handler, then the application (`app`). A refusal
//! is an `ApiError`, which becomes a problem (RFC 9457) in one place, `http/problem.rs`.

mod account;
mod actor;
mod administrators;
mod app;
mod audit;
mod change_requests;
mod clients;
pub mod config;
mod console;
mod documentation;
mod enrolment;
mod http;
mod invitations;
pub mod lambda;
mod organizations;
mod reminders;
mod resources;
mod routes;
mod secrets;
mod session;

use std::sync::Arc;

use axum::{Extension, Router};

use crate::change_requests::ChangeRequestJson;
use crate::http::answer;
use crate::http::openapi::{Content, Description};

pub use crate::http::{cookie::NAME as SESSION_COOKIE, kind::Kind, openapi::ResponseHeader, route::Route};
pub use app::{Management, access::Access, rate};
pub use invitations::operator::{InviteOperatorError, OperatorInvitation, invite_operator};
pub use routes::routes;

/// Builds the router of the management API, with each path under the issuer's.
pub fn router(management: Management) -> Router {
    let app = Arc::new(management);
    let mut router = Router::new();
    for route in routes() {
        router = route.mount(router, &app);
    }
    let description = Description::new(routes(), Content::json::<ChangeRequestJson>());
    let router = router.layer(Extension(Arc::new(description)));
    shared::http::layers::surround(answer::surround(router, &app).with_state(app), "management-api")
}
