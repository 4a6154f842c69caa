//! The token URL: access tokens by client credentials, introspection, revocation, metadata and keys.
//!
//! Read it in the order of a request: [`form`] and [`credentials`] parse, [`authentication`] decides who calls,
//! then [`token`], [`introspection`] or [`revocation`] answers; [`error`] is every way in which they refuse.

pub mod authentication;
pub mod credentials;
pub mod documents;
pub mod error;
pub mod form;
pub mod introspection;
pub mod keys;
pub mod request;
pub mod revocation;
pub mod settings;
pub mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use shared::clock::Clock;
use shared::http::{Issuer, layers};
use shared::keys::cache::VerificationCache;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::store::attempts::AttemptStore;
use shared::store::clients::ClientStore;
use shared::store::revocations::RevocationStore;

use crate::keys::CurrentKeys;

/// Everything that the endpoint works with.
pub struct TokenEndpoint {
    /// The issuer of every token.
    pub issuer: Issuer,
    /// Clients and their secrets.
    pub clients: ClientStore,
    /// Tokens revoked before their end.
    pub revocations: RevocationStore,
    /// Failed authentications.
    pub attempts: AttemptStore,
    /// The signing keys.
    pub keys: CurrentKeys,
    /// Argon2.
    pub hasher: Hasher,
    /// Secrets that this process has verified already.
    pub verified: VerificationCache,
    /// What a secret is hashed again with, where it was hashed otherwise.
    pub hash_parameters: HashParameters,
    /// Whether the same credentials may stand in header and body.
    pub tolerate_duplicate_credentials: bool,
    /// What says which time it is.
    pub clock: Clock,
}

/// The endpoint's router; every path lives under the issuer's.
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
