//! What a process that issues tokens holds of the key set.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::jwks::Jwks;
use super::key_set::KeySet;
use super::signing::SigningKey;
use super::verifying::{InvalidJwks, TokenVerifier};

/// A key set made ready: one key to sign, all to verify, and the document that publishes them.
#[derive(Debug)]
pub struct KeyRing {
    /// Signs new tokens.
    pub signing_key: SigningKey,
    /// Verifies tokens of every key of the set.
    pub verifier: TokenVerifier,
    /// What the JWKS URL answers.
    pub jwks: Jwks,
    /// The names of the algorithms that the keys of the set are for.
    pub algorithms: BTreeSet<&'static str>,
    /// When the key set was read.
    pub loaded_at: Timestamp,
}

impl KeyRing {
    /// Makes a key set that was read at `loaded_at` ready.
    ///
    /// The verifier takes the published document, so that we accept exactly what our readers do.
    pub fn new(keys: &KeySet, loaded_at: Timestamp) -> Result<Self, InvalidJwks> {
        let jwks = Jwks::publish(keys);
        Ok(Self {
            signing_key: SigningKey::new(&keys.current),
            verifier: TokenVerifier::from_jwks(jwks.json())?,
            jwks,
            algorithms: keys.iter().map(|key| key.public_key().algorithm().as_str()).collect(),
            loaded_at,
        })
    }
}
