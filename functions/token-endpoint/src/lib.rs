//! The OAuth 2.0 endpoints: access tokens by client credentials, introspection, revocation, metadata and keys.
//!
//! In the order of a request: [`request`] and [`form`] parse, [`client_authentication`] authenticates the client, then
//! [`token`], [`introspection`] or [`revocation`] answers. [`error`] holds every error response.

pub mod client_authentication;
pub mod config;
pub mod documents;
pub mod endpoint;
pub mod error;
pub mod form;
pub mod grant_type;
pub mod introspection;
pub mod keys;
mod log;
pub mod request;
pub mod revocation;
pub mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use shared::http::layers;

pub use endpoint::TokenEndpoint;

/// The router. Every path is below the issuer's, except the metadata of RFC 8414.
pub fn router(endpoint: Arc<TokenEndpoint>) -> Router {
    let issuer = &endpoint.issuer;
    let under = |path: &str| format!("{}{path}", issuer.path());
    let metadata = get(documents::metadata).fallback(error::only_get);
    let router = Router::new()
        .route(&under(token::PATH), post(token::handle).fallback(error::only_post))
        .route(&under(introspection::PATH), post(introspection::handle).fallback(error::only_post))
        .route(&under(revocation::PATH), post(revocation::handle).fallback(error::only_post))
        .route(&under(documents::JWKS_PATH), get(documents::jwks).fallback(error::only_get))
        .route(&under(documents::OPENID_PATH), metadata.clone())
        .route(&documents::oauth_path(issuer), metadata)
        .with_state(endpoint);
    layers::surround(router, "token-endpoint")
}
