//! The functions of a local stack, each wired as its `main.rs` wires it on Lambda.

use std::collections::BTreeMap;
use std::sync::Arc;

use expiry_notifier::ExpiryNotifier;
use key_rotation::KeyRotation;
use management_api::Management;
use shared::clock::Clock;
use shared::env::Environment;
use shared::mail::Mailer;
use token_endpoint::TokenEndpoint;

use crate::aws::LocalAws;
use crate::error::Error;

/// The token endpoint's name in [`LocalAws::calls`]; each function is named as its package.
pub const TOKEN_ENDPOINT: &str = "token-endpoint";
/// The management API's name.
pub const MANAGEMENT_API: &str = "management-api";
/// The notifier's name.
pub const EXPIRY_NOTIFIER: &str = expiry_notifier::lambda::FUNCTION;
/// The rotation's name.
pub const KEY_ROTATION: &str = key_rotation::lambda::FUNCTION;

/// Assembles the functions of one stack.
pub(crate) struct Functions<'a> {
    pub(crate) aws: &'a LocalAws,
    pub(crate) environment: BTreeMap<&'static str, String>,
    pub(crate) clock: Clock,
}

impl Functions<'_> {
    pub(crate) async fn token_endpoint(&self) -> Result<Arc<TokenEndpoint>, Error> {
        let config = token_endpoint::config::Config::read(self.environment())?;
        let dynamodb = self.aws.dynamodb_of(TOKEN_ENDPOINT);
        let secrets_manager = self.aws.secrets_manager_of(TOKEN_ENDPOINT);
        Ok(TokenEndpoint::start(config, dynamodb, secrets_manager, self.clock.clone()).await?)
    }

    pub(crate) async fn management_api(&self) -> Result<Management, Error> {
        let config = management_api::config::Config::read(self.environment())?;
        let dynamodb = self.aws.dynamodb_of(MANAGEMENT_API);
        let secrets_manager = self.aws.secrets_manager_of(MANAGEMENT_API);
        let mailer = Mailer::ses(self.aws.ses_of(MANAGEMENT_API), config.sender.clone());
        Ok(Management::start(config, dynamodb, secrets_manager, mailer, self.clock.clone()).await?)
    }

    pub(crate) fn expiry_notifier(&self) -> Result<ExpiryNotifier, Error> {
        let config = expiry_notifier::config::Config::read(self.environment())?;
        let mailer = Mailer::ses(self.aws.ses_of(EXPIRY_NOTIFIER), config.sender.clone());
        Ok(ExpiryNotifier::new(config, self.aws.dynamodb_of(EXPIRY_NOTIFIER), mailer, self.clock.clone()))
    }

    pub(crate) fn key_rotation(&self) -> Result<KeyRotation, Error> {
        let config = key_rotation::config::Config::read(self.environment())?;
        Ok(KeyRotation::new(config, self.aws.secrets_manager_of(KEY_ROTATION), self.clock.clone()))
    }

    fn environment(&self) -> Environment<'_> {
        Environment::from_fn(|name| self.environment.get(name).cloned())
    }
}
