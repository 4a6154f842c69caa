//! Configuration of the function, read from its environment.

use shared::clock::Clock;
use shared::env::{Environment, EnvironmentError};
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::vault::Vault;

use crate::rotation::KeyRotation;
use crate::versions::KeySetVersions;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `KEY_SET_SECRET`: the name or ARN of the key set in Secrets Manager.
    pub key_set_secret: String,
    /// `JWKS_SECRET`: the name or ARN of the public keys in Secrets Manager.
    pub jwks_secret: String,
    /// `SIGNING_ALGORITHM`: what new keys sign with: `RS256`, which is the default, `ES256` or `EdDSA`.
    pub algorithm: SigningAlgorithm,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// Everything that is missing or does not parse, all together.
    pub fn read(mut environment: Environment<'_>) -> Result<Self, EnvironmentError> {
        let key_set_secret = environment.required("KEY_SET_SECRET");
        let jwks_secret = environment.required("JWKS_SECRET");
        let algorithm = environment.optional("SIGNING_ALGORITHM").unwrap_or_default();
        environment.finish(|| Some(Self { key_set_secret: key_set_secret?, jwks_secret: jwks_secret?, algorithm }))
    }
}

impl KeyRotation {
    /// Prepares the rotation.
    #[must_use]
    pub fn new(config: Config, secrets_manager: aws_sdk_secretsmanager::Client, clock: Clock) -> Self {
        let vault = Vault::new(secrets_manager.clone());
        let versions = KeySetVersions::new(secrets_manager, config.key_set_secret);
        Self { versions, vault, jwks_secret: config.jwks_secret, algorithm: config.algorithm, clock }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithm_is_rs256_unless_another_is_named() {
        let read = |algorithm: &'static str| {
            Config::read(Environment::from_fn(move |name| {
                Some(if name == "SIGNING_ALGORITHM" { algorithm } else { "countersign/key-set" }.to_owned())
            }))
        };
        assert_eq!(read("").unwrap().algorithm, SigningAlgorithm::Rs256);
        assert_eq!(read("EdDSA").unwrap().algorithm, SigningAlgorithm::EdDsa);
        assert!(read("HS256").is_err());
        let nothing = Config::read(Environment::from_fn(|_| None)).unwrap_err();
        assert_eq!(nothing.0, ["KEY_SET_SECRET is missing", "JWKS_SECRET is missing"]);
    }
}
