//! Signing access tokens.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use super::key_pair::KeyPair;
use super::key_set::Key;
use crate::domain::access_token::Claims;

/// The initial buffer for claims, in bytes: more than those of an ordinary token need.
const USUAL_CLAIMS_BYTES: usize = 768;

/// A token could not be signed: the cryptographic library failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token could not be signed")]
pub struct SignError;

/// A signing key, parsed once, with the encoded header of its tokens.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    pair: Arc<KeyPair>,
    head: String,
}

impl SigningKey {
    /// Prepares `key` for signing.
    #[must_use]
    pub fn new(key: &Key) -> Self {
        // RFC 9068 section 2.1: typ at+jwt; the kid is base64url and needs no escapes
        let header = format!(r#"{{"alg":"{}","kid":"{}","typ":"at+jwt"}}"#, key.algorithm(), key.kid());
        let mut head = BASE64URL.encode(header);
        head.push('.');
        Self { kid: key.kid().to_owned(), pair: Arc::clone(key.pair()), head }
    }

    /// The `kid` of the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs `claims`: an access token in compact form (RFC 7515 section 7.1).
    ///
    /// # Errors
    /// Where the cryptographic library fails.
    pub fn sign(&self, claims: &Claims) -> Result<String, SignError> {
        let mut json = Vec::with_capacity(USUAL_CLAIMS_BYTES);
        serde_json::to_writer(&mut json, claims).map_err(|_| SignError)?;
        // base64 makes four characters of three bytes
        let bytes = json.len().saturating_add(self.pair.signature_bytes());
        let capacity = self.head.len().saturating_add(bytes.div_ceil(3).saturating_mul(4)).saturating_add(8);
        let mut token = String::with_capacity(capacity);
        token.push_str(&self.head);
        BASE64URL.encode_string(&json, &mut token);
        self.pair.append_signature(&mut token).map_err(|_| SignError)?;
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::{ALGORITHMS, claims, key_set};

    #[test]
    fn a_token_is_header_claims_and_signature_in_base64url() {
        for algorithm in ALGORITHMS {
            let keys = key_set(algorithm);
            let token = SigningKey::new(&keys.current).sign(&claims()).unwrap();
            let parts: Vec<Vec<u8>> = token.split('.').map(|part| BASE64URL.decode(part).unwrap()).collect();
            assert_eq!(parts.len(), 3);
            let header: serde_json::Value = serde_json::from_slice(&parts[0]).unwrap();
            let expected = serde_json::json!({
                "alg": algorithm.as_str(), "kid": keys.current.kid(), "typ": "at+jwt",
            });
            assert_eq!(header, expected);
            assert_eq!(serde_json::from_slice::<Claims>(&parts[1]).unwrap(), claims());
        }
    }

    #[test]
    fn the_buffer_of_a_token_never_grows() {
        for algorithm in ALGORITHMS {
            let key = SigningKey::new(&key_set(algorithm).current);
            let token = key.sign(&claims()).unwrap();
            assert!(token.capacity() - token.len() < 12, "{algorithm}");
        }
    }
}
