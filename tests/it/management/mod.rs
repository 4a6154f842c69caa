//! The management API, driven by people of each role.

mod answers;
mod audit;
mod bodies;
pub mod change_requests;
mod clients;
mod concurrency;
mod console;
mod glossary;
mod idempotency;
mod issuer_path;
mod journeys;
mod machines;
mod model;
mod openapi;
mod openapi_tools;
mod organizations;
mod recipients;
mod resources;
mod routes;
mod secrets;
mod session;
mod settings;
mod suspension;
