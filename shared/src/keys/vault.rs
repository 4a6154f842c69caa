//! The deployment's secrets in Secrets Manager: key set, published public keys, pepper and data key.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::algorithm::SigningAlgorithm;
use super::document::{InvalidDocument, KeyGenerationError};
use super::hashing::Pepper;
use super::jwks::Jwks;
use super::key_set::KeySet;
use super::sealing::DataKey;
use super::verifying::{InvalidJwks, TokenVerifier};

/// The version id of every first value: of two concurrent writers only one can use it.
const FIRST_VERSION: &str = "countersign-first-value-000000001";

/// A secret that could not be read or created. It names the secret and never its content.
#[derive(Debug, thiserror::Error)]
#[error("the secret `{secret_id}` of Secrets Manager is not at hand")]
pub struct VaultError {
    /// The name or ARN of the secret.
    pub secret_id: String,
    /// The reason.
    #[source]
    pub reason: VaultFailure,
}

impl VaultError {
    /// The error for a secret and an error of the SDK.
    #[must_use]
    pub fn of<E: ProvideErrorMetadata, R>(secret_id: &str, error: &SdkError<E, R>) -> Self {
        Self { secret_id: secret_id.to_owned(), reason: VaultFailure::of(error) }
    }
}

/// Reasons for which a secret is unavailable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultFailure {
    /// The secret does not exist or has no value.
    #[error("it does not exist or has no text value")]
    Missing,
    /// Another request failed to read it a moment ago.
    #[error("it could not be read a moment ago")]
    Unread,
    /// Secrets Manager answered with this error code.
    #[error("Secrets Manager answered {0}")]
    Refused(String),
    /// There was no valid response.
    #[error("Secrets Manager gave no usable answer: {0}")]
    NoAnswer(&'static str),
    /// The value does not have the expected form.
    #[error("what it holds is not usable")]
    Invalid(#[source] InvalidDocument),
    /// The public keys in it are not usable.
    #[error("the public keys in it are not usable")]
    InvalidJwks(#[source] InvalidJwks),
    /// A first value could not be generated.
    #[error("no first value could be made")]
    NotGenerated(#[source] KeyGenerationError),
}

impl VaultFailure {
    /// The reason in an error of the SDK, without the SDK's own text, which may quote the request.
    #[must_use]
    pub fn of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Self {
        match error {
            SdkError::ServiceError(refused) => {
                Self::Refused(refused.err().code().unwrap_or("without a code").to_owned())
            }
            SdkError::ConstructionFailure(_) => Self::NoAnswer("the request could not be made"),
            SdkError::TimeoutError(_) => Self::NoAnswer("time ran out"),
            SdkError::DispatchFailure(_) => Self::NoAnswer("the request could not be sent"),
            _ => Self::NoAnswer("the answer could not be read"),
        }
    }
}

/// Reads the deployment's secrets and writes their first values.
#[derive(Debug, Clone)]
pub struct Vault {
    client: Client,
}

impl Vault {
    /// Creates a vault that uses `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Reads the key set.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is invalid.
    pub async fn key_set(&self, secret_id: &str) -> Result<KeySet, VaultError> {
        named(secret_id, self.existing(secret_id).await.and_then(|json| parsed(KeySet::from_json(&json))))
    }

    /// Reads the pepper.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is invalid.
    pub async fn pepper(&self, secret_id: &str) -> Result<Pepper, VaultError> {
        named(secret_id, self.existing(secret_id).await.and_then(|json| parsed(Pepper::from_json(&json))))
    }

    /// Reads the data key.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is invalid.
    pub async fn data_key(&self, secret_id: &str) -> Result<DataKey, VaultError> {
        named(secret_id, self.existing(secret_id).await.and_then(|json| parsed(DataKey::from_json(&json))))
    }

    /// Reads the public keys that [`Vault::publish`] wrote.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is invalid.
    pub async fn published_keys(&self, secret_id: &str) -> Result<TokenVerifier, VaultError> {
        let read = self.existing(secret_id).await;
        let verifier = |json: Zeroizing<String>| TokenVerifier::from_jwks(json.as_bytes());
        named(secret_id, read.and_then(|json| verifier(json).map_err(VaultFailure::InvalidJwks)))
    }

    /// Writes the public keys of a key set into a secret of their own, for functions that verify tokens and must not read
    /// the private keys. The secret must exist and may be empty.
    ///
    /// A key set is published before it becomes current. Publishing it again changes nothing.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses.
    pub async fn publish(&self, secret_id: &str, keys: &KeySet) -> Result<(), VaultError> {
        named(secret_id, self.replace(secret_id, &public_half(keys)).await)
    }

    /// Reads the key set, or generates one at `now` where there is none. Its public keys are published in the secret
    /// `public`, which is created where it is missing.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is invalid.
    pub async fn create_missing_key_set(
        &self,
        name: &str,
        public: &str,
        algorithm: SigningAlgorithm,
        now: Timestamp,
    ) -> Result<KeySet, VaultError> {
        let make = || KeySet::generate(algorithm, now).map(|keys| keys.to_json()).map_err(VaultFailure::NotGenerated);
        let keys = named(name, self.existing_or(name, make).await.and_then(|json| parsed(KeySet::from_json(&json))))?;
        let make = || Ok(Zeroizing::new(public_half(&keys)));
        named(public, self.existing_or(public, make).await)?;
        self.publish(public, &keys).await?;
        Ok(keys)
    }

    /// Reads the pepper, or generates one where there is none.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is invalid.
    pub async fn create_missing_pepper(&self, name: &str) -> Result<Pepper, VaultError> {
        let json = self.existing_or(name, || Ok(Pepper::generate_json())).await;
        named(name, json.and_then(|json| parsed(Pepper::from_json(&json))))
    }

    /// Reads the data key, or generates one where there is none.
    ///
    /// # Errors
    /// Where Secrets Manager fails or refuses, or the value is invalid.
    pub async fn create_missing_data_key(&self, name: &str) -> Result<DataKey, VaultError> {
        let json = self.existing_or(name, || Ok(DataKey::generate_json())).await;
        named(name, json.and_then(|json| parsed(DataKey::from_json(&json))))
    }

    async fn existing(&self, secret_id: &str) -> Result<Zeroizing<String>, VaultFailure> {
        self.read(secret_id).await?.ok_or(VaultFailure::Missing)
    }

    /// Reads the value of a secret. One that does not exist or is empty, as a template creates it, gets a first value.
    /// The result is what is stored afterwards: another process may have been first.
    async fn existing_or(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<Zeroizing<String>, VaultFailure>,
    ) -> Result<Zeroizing<String>, VaultFailure> {
        if let Some(existing) = self.read(name).await? {
            return Ok(existing);
        }
        let first = make()?;
        if !self.create(name, &first).await? && self.read(name).await?.is_none() {
            self.put_first(name, &first).await?;
        }
        self.existing(name).await
    }

    /// Replaces the value of an existing secret.
    async fn replace(&self, secret_id: &str, value: &str) -> Result<(), VaultFailure> {
        if self.read(secret_id).await?.is_some_and(|held| held.as_str() == value) {
            return Ok(());
        }
        let request = self.client.put_secret_value().secret_id(secret_id).secret_string(value);
        request.send().await.map(drop).map_err(|e| VaultFailure::of(&e))
    }

    async fn read(&self, secret_id: &str) -> Result<Option<Zeroizing<String>>, VaultFailure> {
        match self.client.get_secret_value().secret_id(secret_id).send().await {
            Ok(found) => Ok(found.secret_string.map(Zeroizing::new)),
            Err(e) if e.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) => {
                Ok(None)
            }
            Err(e) => Err(VaultFailure::of(&e)),
        }
    }

    /// Creates a secret. False where it exists already.
    async fn create(&self, name: &str, value: &str) -> Result<bool, VaultFailure> {
        let request = self.client.create_secret().name(name).client_request_token(FIRST_VERSION).secret_string(value);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(e) if e.as_service_error().is_some_and(CreateSecretError::is_resource_exists_exception) => Ok(false),
            Err(e) => Err(VaultFailure::of(&e)),
        }
    }

    /// Writes the first value of an existing secret, unless another process just did.
    async fn put_first(&self, name: &str, value: &str) -> Result<(), VaultFailure> {
        let request =
            self.client.put_secret_value().secret_id(name).client_request_token(FIRST_VERSION).secret_string(value);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(e) if e.as_service_error().is_some_and(PutSecretValueError::is_resource_exists_exception) => Ok(()),
            Err(e) => Err(VaultFailure::of(&e)),
        }
    }
}

fn public_half(keys: &KeySet) -> String {
    String::from_utf8_lossy(Jwks::publish(keys).json()).into_owned()
}

fn parsed<T>(read: Result<T, InvalidDocument>) -> Result<T, VaultFailure> {
    read.map_err(VaultFailure::Invalid)
}

fn named<T>(secret_id: &str, outcome: Result<T, VaultFailure>) -> Result<T, VaultError> {
    outcome.map_err(|reason| VaultError { secret_id: secret_id.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};

    use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
    use serde_json::{Value, json};

    use crate::keys::tests::at;

    /// Per name the token and the text of the first version; an empty secret has neither.
    type Secrets = Arc<Mutex<HashMap<String, Option<(String, String)>>>>;

    /// As much of Secrets Manager as a first value needs. `before_create` runs once, ahead of the first creation.
    fn secrets_manager(secrets: &Secrets, before_create: impl FnOnce(&Secrets) + Send + 'static) -> Vault {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let secrets = Arc::clone(secrets);
        let mut before_create = Some(before_create);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let (operation, request) = read_request(&stream);
                if operation == "CreateSecret"
                    && let Some(interloper) = before_create.take()
                {
                    interloper(&secrets);
                }
                let (status, body) = match answer(&secrets, &operation, &request) {
                    Ok(body) => ("200 OK", body),
                    Err(code) => ("400 Bad Request", json!({"__type": code, "Message": "secret hunter2"})),
                };
                let body = body.to_string();
                let length = body.len();
                write!(&stream, "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\n").unwrap();
                write!(&stream, "connection: close\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
            }
        });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("id", "key", None, None, "test"))
            .endpoint_url(endpoint)
            .build();
        Vault::new(Client::from_conf(config))
    }

    fn read_request(stream: &TcpStream) -> (String, Value) {
        let (mut reader, mut operation, mut length) = (BufReader::new(stream), String::new(), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end().to_ascii_lowercase().split_once(": ") {
                Some(("x-amz-target", _)) => operation = line.trim_end().rsplit('.').next().unwrap().to_owned(),
                Some(("content-length", given)) => length = given.parse().unwrap(),
                None if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (operation, serde_json::from_slice(&body).unwrap())
    }

    fn answer(secrets: &Secrets, operation: &str, request: &Value) -> Result<Value, &'static str> {
        let text = |member: &str| request[member].as_str().unwrap().to_owned();
        let mut secrets = secrets.lock().unwrap();
        match operation {
            "GetSecretValue" if request["SecretId"] == "forbidden" => Err("AccessDeniedException"),
            "GetSecretValue" => match secrets.get(&text("SecretId")) {
                Some(Some((_, value))) => Ok(json!({"Name": text("SecretId"), "SecretString": value})),
                _ => Err("ResourceNotFoundException"),
            },
            "CreateSecret" if secrets.contains_key(&text("Name")) => Err("ResourceExistsException"),
            "CreateSecret" => {
                secrets.insert(text("Name"), Some((text("ClientRequestToken"), text("SecretString"))));
                Ok(json!({"Name": text("Name")}))
            }
            "PutSecretValue" => {
                let new = (text("ClientRequestToken"), text("SecretString"));
                match secrets.get_mut(&text("SecretId")) {
                    None => return Err("ResourceNotFoundException"),
                    Some(Some(old)) if old.0 == new.0 && old.1 != new.1 => return Err("ResourceExistsException"),
                    Some(slot) => *slot = Some(new),
                }
                Ok(json!({"Name": text("SecretId")}))
            }
            other => panic!("{other}"),
        }
    }

    fn nobody(_: &Secrets) {}

    #[tokio::test]
    async fn what_is_missing_is_created_once_and_read_from_then_on() {
        let vault = secrets_manager(&Secrets::default(), nobody);
        assert_eq!(vault.key_set("keys").await.unwrap_err().reason, VaultFailure::Missing);
        let made = vault.create_missing_key_set("keys", "jwks", SigningAlgorithm::Es256, at(0)).await.unwrap();
        let found = vault.create_missing_key_set("keys", "jwks", SigningAlgorithm::Rs256, at(9)).await.unwrap();
        assert_eq!(found.to_json(), made.to_json());
        assert_eq!(vault.key_set("keys").await.unwrap().to_json(), made.to_json());
        let published = vault.published_keys("jwks").await.unwrap();
        assert!([&made.current, &made.next].iter().all(|key| format!("{published:?}").contains(key.kid())));

        let sealed = vault.create_missing_data_key("data-key").await.unwrap().seal(b"a secret", "here").unwrap();
        assert_eq!(*vault.data_key("data-key").await.unwrap().open(&sealed, "here").unwrap(), b"a secret");
        assert!(vault.create_missing_pepper("pepper").await.is_ok());
        assert!(vault.pepper("pepper").await.is_ok());
    }

    #[tokio::test]
    async fn of_two_who_create_at_once_both_get_what_the_first_one_stored() {
        let other = KeySet::generate(SigningAlgorithm::EdDsa, at(0)).unwrap().to_json().to_string();
        let value = Some((FIRST_VERSION.to_owned(), other.clone()));
        let vault = secrets_manager(&Secrets::default(), |secrets| {
            secrets.lock().unwrap().insert("keys".to_owned(), value);
        });
        let found = vault.create_missing_key_set("keys", "jwks", SigningAlgorithm::EdDsa, at(0)).await.unwrap();
        assert_eq!(*found.to_json(), other);
    }

    #[tokio::test]
    async fn a_secret_that_a_template_left_empty_gets_its_first_value() {
        let secrets = Secrets::default();
        secrets.lock().unwrap().insert("keys".to_owned(), None);
        let vault = secrets_manager(&secrets, nobody);
        let made = vault.create_missing_key_set("keys", "jwks", SigningAlgorithm::EdDsa, at(0)).await.unwrap();
        assert_eq!(vault.key_set("keys").await.unwrap().to_json(), made.to_json());
    }

    #[tokio::test]
    async fn what_is_published_is_the_public_half_of_the_last_key_set_that_was() {
        let secrets = Secrets::default();
        let vault = secrets_manager(&secrets, nobody);
        let first = vault.create_missing_key_set("keys", "jwks", SigningAlgorithm::EdDsa, at(0)).await.unwrap();
        let private = first.to_json();
        let rotated = first.rotated(SigningAlgorithm::EdDsa, at(9)).unwrap();
        for _ in 0..2 {
            vault.publish("jwks", &rotated).await.unwrap();
        }
        let published = secrets.lock().unwrap().get("jwks").unwrap().clone().unwrap().1;
        assert_eq!(published.as_bytes(), Jwks::publish(&rotated).json());
        let document: Value = serde_json::from_str(&private).unwrap();
        assert!(!published.contains(document["current"]["private_key"].as_str().unwrap()));
        assert!(vault.published_keys("jwks").await.is_ok());
        assert_eq!(
            vault.published_keys("keys").await.unwrap_err().reason,
            VaultFailure::InvalidJwks(InvalidJwks::NotAJwkSet)
        );
    }

    #[tokio::test]
    async fn what_is_published_goes_into_a_secret_that_a_template_left_empty_and_creates_none() {
        let secrets = Secrets::default();
        secrets.lock().unwrap().insert("jwks".to_owned(), None);
        let vault = secrets_manager(&secrets, |_| panic!("nobody may create a secret here"));
        let keys = KeySet::generate(SigningAlgorithm::EdDsa, at(0)).unwrap();
        vault.publish("jwks", &keys).await.unwrap();
        assert!(format!("{:?}", vault.published_keys("jwks").await.unwrap()).contains(keys.current.kid()));
        let missing = vault.publish("other", &keys).await.unwrap_err();
        assert_eq!(missing.reason, VaultFailure::Refused("ResourceNotFoundException".to_owned()));
        assert!(missing.to_string().contains("other"), "{missing}");
    }

    #[tokio::test]
    async fn an_error_names_the_secret_and_its_reason_and_never_its_content() {
        let secrets = Secrets::default();
        for (name, text) in [("torn", "hunter2"), ("other", r#"{"format": 1, "pepper": "hunter2"}"#)] {
            secrets.lock().unwrap().insert(name.to_owned(), Some((String::new(), text.to_owned())));
        }
        let vault = secrets_manager(&secrets, nobody);
        let torn = InvalidDocument::NotOfThisForm { line: 1, column: 1 };
        for (error, reason) in [
            (vault.pepper("torn").await.unwrap_err(), VaultFailure::Invalid(torn)),
            (vault.pepper("other").await.unwrap_err(), VaultFailure::Invalid(InvalidDocument::UnreadableKey("pepper"))),
            (vault.data_key("forbidden").await.unwrap_err(), VaultFailure::Refused("AccessDeniedException".to_owned())),
        ] {
            assert_eq!(error.reason, reason);
            let told = format!("{error} {error:?} {}", error.reason);
            assert!(told.contains(&error.secret_id) && !told.contains("hunter2"), "{told}");
        }
    }
}
