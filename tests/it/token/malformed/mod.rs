//! Malformed requests to the token endpoint, introspection and revocation.

mod bodies;
mod cases;
mod credentials;
mod parameters;
mod refusals;
