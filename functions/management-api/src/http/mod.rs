//! HTTP around the application: the checks before a handler, what handlers read, and how errors are answered.

pub(crate) mod answer;
mod bearer;
pub(crate) mod body;
pub(crate) mod cookie;
mod extract;
mod gate;
pub(crate) mod idempotency;
pub(crate) mod kind;
pub(crate) mod openapi;
pub(crate) mod path;
mod problem;
mod provenance;
pub(crate) mod query;
pub(crate) mod route;
