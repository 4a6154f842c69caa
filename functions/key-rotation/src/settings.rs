//! What the function is told by its environment.

use shared::clock::Clock;
use shared::env::{Environment, EnvironmentError};
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::vault::Vault;

use crate::KeyRotation;
use crate::versions::KeySetVersions;

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `KEY_SET_SECRET`: the name or ARN of the key set in Secrets Manager.
    pub key_set_secret: String,
    /// `JWKS_SECRET`: the name or ARN of the public keys in Secrets Manager.
    pub jwks_secret: String,
    /// `SIGNING_ALGORITHM`: what new keys sign with: `RS256`, which is the default, `ES256` or `EdDSA`.
    pub algorithm: SigningAlgorithm,
}

impl Settings {
    /// Reads the settings, or names all that is missing or wrong.
    pub fn read(mut environment: Environment<'_>) -> Result<Self, EnvironmentError> {
        let key_set_secret = environment.required("KEY_SET_SECRET");
        let jwks_secret = environment.required("JWKS_SECRET");
        let algorithm = environment.optional("SIGNING_ALGORITHM").unwrap_or_default();
        let settings = key_set_secret.zip(jwks_secret);
        environment.finish(settings.map(|(key_set_secret, jwks_secret)| Self {
            key_set_secret,
            jwks_secret,
            algorithm,
        }))
    }
}

impl KeyRotation {
    /// Makes the rotation ready.
    #[must_use]
    pub fn new(settings: Settings, secrets_manager: aws_sdk_secretsmanager::Client, clock: Clock) -> Self {
        let vault = Vault::new(secrets_manager.clone());
        let versions = KeySetVersions::new(secrets_manager, settings.key_set_secret);
        Self { versions, vault, jwks_secret: settings.jwks_secret, algorithm: settings.algorithm, clock }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithm_is_rs256_unless_another_is_named() {
        let read = |algorithm: &'static str| {
            Settings::read(Environment::from_fn(move |name| {
                Some(if name == "SIGNING_ALGORITHM" { algorithm } else { "countersign/key-set" }.to_owned())
            }))
        };
        assert_eq!(read("").unwrap().algorithm, SigningAlgorithm::Rs256);
        assert_eq!(read("EdDSA").unwrap().algorithm, SigningAlgorithm::EdDsa);
        assert!(read("HS256").is_err());
        let nothing = Settings::read(Environment::from_fn(|_| None)).unwrap_err();
        assert_eq!(nothing.0, ["KEY_SET_SECRET is missing", "JWKS_SECRET is missing"]);
    }
}
