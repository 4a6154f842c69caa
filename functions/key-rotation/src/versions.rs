//! The versions of the secret that holds the key set, and their labels.

use std::collections::HashMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_sdk_secretsmanager::operation::update_secret_version_stage::UpdateSecretVersionStageError;
use shared::entropy;
use shared::keys::document::InvalidDocument;
use shared::keys::key_set::KeySet;
use shared::keys::vault::{VaultError, VaultFailure};
use zeroize::Zeroizing;

/// The label of the version that is in use.
pub const CURRENT: &str = "AWSCURRENT";
/// The label of the version that a rotation is creating.
pub const PENDING: &str = "AWSPENDING";

/// Generates the id of a new version, of 32 characters: the minimum of Secrets Manager.
#[must_use]
pub fn new_version() -> String {
    hex::encode(entropy::bytes::<16>())
}

/// The versions of the key set.
#[derive(Debug, Clone)]
pub struct KeySetVersions {
    client: Client,
    secret_id: String,
}

/// The metadata of the secret.
#[derive(Debug, Clone)]
pub struct Description {
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// True if a rotation is configured.
    pub rotates: bool,
    /// Days between two rotations; `None` if the schedule is not in days.
    pub every_days: Option<i64>,
    /// The labels of each version that has any.
    pub stages: HashMap<String, Vec<String>>,
}

impl Description {
    /// Checks that the version has the label.
    #[must_use]
    pub fn carries(&self, version: &str, stage: &str) -> bool {
        self.stages.get(version).is_some_and(|stages| stages.iter().any(|carried| carried == stage))
    }

    /// Returns the version that has the label.
    #[must_use]
    pub fn holder(&self, stage: &str) -> Option<&str> {
        self.stages.keys().map(String::as_str).find(|version| self.carries(version, stage))
    }
}

/// The value of a version.
pub enum Content {
    /// No value: Secrets Manager creates a version before its value.
    Empty,
    /// A key set.
    Keys(Box<KeySet>),
    /// Anything else.
    Unreadable(InvalidDocument),
}

/// The version that is in use.
pub struct Current {
    /// The id of the version.
    pub version: String,
    /// The key set.
    pub keys: KeySet,
}

impl KeySetVersions {
    /// The versions of the secret with this name or ARN.
    #[must_use]
    pub fn new(client: Client, secret_id: String) -> Self {
        Self { client, secret_id }
    }

    /// The name or ARN of the secret, as configured.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// Reads the metadata of the secret.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses.
    pub async fn describe(&self) -> Result<Description, VaultError> {
        let described = self.client.describe_secret().secret_id(&self.secret_id).send().await;
        let described = described.map_err(|e| self.failed(&e))?;
        Ok(Description {
            arn: described.arn.unwrap_or_default(),
            name: described.name.unwrap_or_default(),
            rotates: described.rotation_enabled.unwrap_or(false),
            every_days: described.rotation_rules.and_then(|rules| rules.automatically_after_days),
            stages: described.version_ids_to_stages.unwrap_or_default(),
        })
    }

    /// Reads the version in use; none before the first.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is not a key set.
    pub async fn current(&self) -> Result<Option<Current>, VaultError> {
        let got = self.client.get_secret_value().secret_id(&self.secret_id).version_stage(CURRENT).send().await;
        match got {
            Ok(got) => match (got.version_id, got.secret_string.map(Zeroizing::new)) {
                (Some(version), Some(json)) => {
                    let keys = KeySet::from_json(&json).map_err(|reason| self.invalid(reason))?;
                    Ok(Some(Current { version, keys }))
                }
                _ => Err(self.error(VaultFailure::Missing)),
            },
            Err(e) if e.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) => {
                Ok(None)
            }
            Err(e) => Err(self.failed(&e)),
        }
    }

    /// Reads the value of a version with the label [`PENDING`].
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses.
    pub async fn pending(&self, version: &str) -> Result<Content, VaultError> {
        let got = self.client.get_secret_value().secret_id(&self.secret_id);
        match got.version_id(version).version_stage(PENDING).send().await {
            Ok(got) => Ok(match got.secret_string.map(Zeroizing::new).as_deref().map(|json| KeySet::from_json(json)) {
                None => Content::Empty,
                Some(Ok(keys)) => Content::Keys(Box::new(keys)),
                Some(Err(reason)) => Content::Unreadable(reason),
            }),
            Err(e) if e.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) => {
                Ok(Content::Empty)
            }
            Err(e) => Err(self.failed(&e)),
        }
    }

    /// Writes the value of a version, with the label [`PENDING`]. False where it has another value already: a value never
    /// changes.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses.
    pub async fn put_pending(&self, version: &str, keys: &KeySet) -> Result<bool, VaultError> {
        let json = keys.to_json();
        let put = self.client.put_secret_value().secret_id(&self.secret_id).client_request_token(version);
        match put.secret_string(json.as_str()).version_stages(PENDING).send().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(PutSecretValueError::is_resource_exists_exception) => Ok(false),
            Err(e) => Err(self.failed(&e)),
        }
    }

    /// Moves [`CURRENT`] from one version to another. False where the first no longer had it.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses.
    pub async fn make_current(&self, from: Option<&str>, to: &str) -> Result<bool, VaultError> {
        self.move_stage(CURRENT, from, Some(to)).await
    }

    /// Takes [`PENDING`] from a version, so that no rotation continues with it.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses.
    pub async fn abandon(&self, version: &str) -> Result<bool, VaultError> {
        self.move_stage(PENDING, Some(version), None).await
    }

    async fn move_stage(&self, stage: &str, from: Option<&str>, to: Option<&str>) -> Result<bool, VaultError> {
        let moved = self
            .client
            .update_secret_version_stage()
            .secret_id(&self.secret_id)
            .version_stage(stage)
            .set_remove_from_version_id(from.map(str::to_owned))
            .set_move_to_version_id(to.map(str::to_owned))
            .send()
            .await;
        match moved {
            Ok(_) => Ok(true),
            Err(e)
                if e.as_service_error().is_some_and(UpdateSecretVersionStageError::is_invalid_parameter_exception) =>
            {
                Ok(false)
            }
            Err(e) => Err(self.failed(&e)),
        }
    }

    /// The error for a value that is not a key set.
    pub(crate) fn invalid(&self, reason: InvalidDocument) -> VaultError {
        self.error(VaultFailure::Invalid(reason))
    }

    fn failed<E: ProvideErrorMetadata, R>(&self, error: &SdkError<E, R>) -> VaultError {
        VaultError::of(&self.secret_id, error)
    }

    fn error(&self, reason: VaultFailure) -> VaultError {
        VaultError { secret_id: self.secret_id.clone(), reason }
    }
}
