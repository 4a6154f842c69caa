//! Verifying our own access tokens, as the resource server of RFC 9068 section 4 does.

use std::collections::HashMap;

use jiff::Timestamp;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{DecodingKey, Validation};

use super::algorithm::SigningAlgorithm;
use crate::domain::access_token::Claims;

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8_192;

/// How far the clock of the issuer may be ahead of ours, in seconds (RFC 7519 section 4.1.5).
const CLOCK_SKEW_SECONDS: i64 = 60;

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not a signed token of the form that we issue: length, parts, header or claims.
    #[error("not an access token of this issuer's form")]
    Malformed,
    /// Signed by a key that is not at hand. Anybody can cause it, so a refresh of the keys needs a limit.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    BadSignature,
    /// Issued by somebody else.
    #[error("issued by another issuer")]
    WrongIssuer,
    /// Its `nbf` lies ahead by more than clocks differ.
    #[error("not valid yet")]
    NotYetValid,
    /// Its `exp` has come.
    #[error("expired")]
    Expired,
}

/// A JWKS document that no token can be verified with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwks {
    /// Not a JWK Set (RFC 7517 section 5).
    #[error("not a JWK Set")]
    NotAJwkSet,
    /// It holds no signing key of a known algorithm.
    #[error("the JWK Set holds no usable key")]
    NoUsableKey,
}

struct VerifyingKey {
    decoding_key: DecodingKey,
    validation: Validation,
}

/// The public keys that tokens are verified with, prepared once.
pub struct TokenVerifier {
    keys: HashMap<String, VerifyingKey>,
}

impl TokenVerifier {
    /// Takes the keys of a JWKS document; a key of another use or algorithm is passed over (RFC 7517 section 5).
    pub fn from_jwks(json: &[u8]) -> Result<Self, InvalidJwks> {
        let set: JwkSet = serde_json::from_slice(json).map_err(|_| InvalidJwks::NotAJwkSet)?;
        let keys: HashMap<String, VerifyingKey> = set.keys.iter().filter_map(prepare).collect();
        if keys.is_empty() { Err(InvalidJwks::NoUsableKey) } else { Ok(Self { keys }) }
    }

    /// The claims of `token`, if we issued it as `issuer` and it has not expired at `now`.
    ///
    /// For whom it is, and whether it was revoked, is for the caller to judge.
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

/// The algorithm that the key names, where it is one of ours and the key is of its kind.
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
