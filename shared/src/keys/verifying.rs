//! Verification of access tokens of this issuer (RFC 9068 section 4).

use std::collections::HashMap;

use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{DecodingKey, Validation};

use super::algorithm::SigningAlgorithm;
use crate::domain::access_token::Claims;

/// The longest token that is accepted, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8_192;

/// The tolerance for an `nbf` in the future, in seconds (RFC 7519 section 4.1.5).
const CLOCK_SKEW_SECONDS: i64 = 60;

/// Reasons for which a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Length, parts, header or claims are not those of an access token of this issuer.
    #[error("not an access token of this issuer's form")]
    Malformed,
    /// The key is unknown. Anybody can cause this, so it must not refresh the keys without a limit.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// The signature is invalid.
    #[error("the signature is invalid")]
    BadSignature,
    /// The issuer is another one.
    #[error("issued by another issuer")]
    WrongIssuer,
    /// `nbf` is in the future, beyond the tolerance.
    #[error("not valid yet")]
    NotYetValid,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
}

/// A JWKS document that cannot verify any token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwks {
    /// The document is not a JWK Set (RFC 7517 section 5).
    #[error("not a JWK Set")]
    NotAJwkSet,
    /// The set has no signing key of a supported algorithm.
    #[error("the JWK Set holds no usable key")]
    NoUsableKey,
}

struct VerifyingKey {
    decoding_key: DecodingKey,
    validation: Validation,
}

/// The public keys that verify tokens, parsed once.
pub struct TokenVerifier {
    keys: HashMap<String, VerifyingKey>,
}

impl TokenVerifier {
    /// Parses the keys of a JWKS document. Keys of another use or algorithm are ignored (RFC 7517 section 5).
    ///
    /// # Errors
    /// [`InvalidJwks`] where the document is not a JWK Set or has no usable key.
    pub fn from_jwks(json: &[u8]) -> Result<Self, InvalidJwks> {
        let set: JwkSet = serde_json::from_slice(json).map_err(|_| InvalidJwks::NotAJwkSet)?;
        let keys: HashMap<String, VerifyingKey> = set.keys.iter().filter_map(prepare).collect();
        if keys.is_empty() { Err(InvalidJwks::NoUsableKey) } else { Ok(Self { keys }) }
    }

    /// Verifies that `token` was signed by one of the keys, is from `issuer` and is valid at `now`. Returns its claims.
    ///
    /// The caller must check audience and revocation.
    ///
    /// # Errors
    /// [`InvalidToken`] where any of these does not hold.
    pub fn verify(&self, token: &str, issuer: &str, now: Timestamp) -> Result<Claims, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Malformed)?;
        if !header.typ.as_deref().is_some_and(is_access_token_type) {
            return Err(InvalidToken::Malformed);
        }
        let kid = header.kid.ok_or(InvalidToken::Malformed)?;
        let key = self.keys.get(&kid).ok_or(InvalidToken::UnknownKey)?;
        // the key decides about the algorithm, not the header (RFC 8725 section 3.1)
        let claims: Claims = jsonwebtoken::decode(token, &key.decoding_key, &key.validation)
            .map_err(|e| match e.kind() {
                ErrorKind::InvalidSignature => InvalidToken::BadSignature,
                _ => InvalidToken::Malformed,
            })?
            .claims;
        if claims.iss != issuer {
            return Err(InvalidToken::WrongIssuer);
        }
        if claims.nbf > now.as_second().saturating_add(CLOCK_SKEW_SECONDS) {
            return Err(InvalidToken::NotYetValid);
        }
        if claims.is_expired(now) { Err(InvalidToken::Expired) } else { Ok(claims) }
    }
}

impl std::fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

/// RFC 9068 section 4: `at+jwt` or `application/at+jwt`, in any case (RFC 7515 section 4.1.9).
fn is_access_token_type(typ: &str) -> bool {
    ["at+jwt", "application/at+jwt"].iter().any(|expected| typ.eq_ignore_ascii_case(expected))
}

fn prepare(jwk: &Jwk) -> Option<(String, VerifyingKey)> {
    let algorithm = usable_algorithm(jwk)?;
    let decoding_key = DecodingKey::from_jwk(jwk).ok()?;
    let mut validation = Validation::new(algorithm.into());
    // the crate would ask the system's clock; time is checked against ours
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    Some((jwk.common.key_id.clone()?, VerifyingKey { decoding_key, validation }))
}

/// The algorithm of a key, where it is supported and fits the type of the key.
fn usable_algorithm(jwk: &Jwk) -> Option<SigningAlgorithm> {
    if jwk.common.public_key_use != Some(jsonwebtoken::jwk::PublicKeyUse::Signature) {
        return None;
    }
    match (jwk.common.key_algorithm?, &jwk.algorithm) {
        (KeyAlgorithm::RS256, AlgorithmParameters::RSA(_)) => Some(SigningAlgorithm::Rs256),
        (KeyAlgorithm::ES256, AlgorithmParameters::EllipticCurve(key)) if key.curve == EllipticCurve::P256 => {
            Some(SigningAlgorithm::Es256)
        }
        (KeyAlgorithm::EdDSA, AlgorithmParameters::OctetKeyPair(key)) if key.curve == EllipticCurve::Ed25519 => {
            Some(SigningAlgorithm::EdDsa)
        }
        _ => None,
    }
}
