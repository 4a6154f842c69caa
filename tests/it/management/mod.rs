//! The management API, driven by people of each role.

mod audit;
mod bodies;
mod client_access;
mod client_list;
mod clients;
mod concurrency;
mod console;
mod idempotency;
mod issuer_path;
mod machines;
mod manners;
mod organizations;
mod recipients;
mod resources;
mod routes;
mod secrets;
mod session;
mod settings;
mod sign_in;
mod sign_in_limits;
mod suspension;
