//! A key set in the memory of a process that issues tokens.

use std::collections::BTreeSet;

use super::jwks::Jwks;
use super::key_set::KeySet;
use super::signing::SigningKey;
use super::verifying::{InvalidJwks, TokenVerifier};

/// A parsed key set: one key signs, all verify, and a document publishes them.
#[derive(Debug)]
pub struct KeyRing {
    /// Signs new tokens.
    pub signing_key: SigningKey,
    /// Verifies tokens with every key of the set.
    pub verifier: TokenVerifier,
    /// The response of the JWKS URL.
    pub jwks: Jwks,
    /// The algorithms of the keys of the set.
    pub algorithms: BTreeSet<&'static str>,
}

impl KeyRing {
    /// Prepares a key set.
    ///
    /// The verifier reads the published document, so that it accepts exactly what other verifiers do.
    ///
    /// # Errors
    /// [`InvalidJwks`] where the published document has no usable key.
    pub fn new(keys: &KeySet) -> Result<Self, InvalidJwks> {
        let jwks = Jwks::publish(keys);
        Ok(Self {
            signing_key: SigningKey::new(&keys.current),
            verifier: TokenVerifier::from_jwks(jwks.json())?,
            jwks,
            algorithms: keys.iter().map(|key| key.public_key().algorithm().as_str()).collect(),
        })
    }
}
