//! The token endpoint: tokens, introspection, revocation, metadata and keys.

mod access_token;
mod answers;
mod bearer;
mod client_authentication;
mod framing;
mod introspection;
mod libraries;
pub mod malformed;
mod metadata;
mod remote;
mod revocation;
mod token_request;
