//! A local AWS Secrets Manager: the six operations of a rotation, over its JSON protocol.

mod error;
mod secret;
mod store;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

pub(super) use self::store::SecretStore;
use self::{
    error::SecretsError,
    secret::{NewVersion, Secret, StageMove},
};
use super::account::Now;

/// Controls whether a first value stored under a label also becomes the current one, as AWS documents and does; tests
/// switch it off for code that must not rely on it.
#[derive(Clone)]
pub(super) struct FirstValueIsCurrent(pub(super) Arc<AtomicBool>);

impl Default for FirstValueIsCurrent {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

/// The endpoint over the given secrets.
pub(super) fn router(store: SecretStore, first_value_is_current: FirstValueIsCurrent, now: Now) -> Router {
    let service = Service { store: Arc::new(store), first_value_is_current, now };
    Router::new().fallback(answer).with_state(service)
}

#[derive(Clone)]
struct Service {
    store: Arc<SecretStore>,
    first_value_is_current: FirstValueIsCurrent,
    now: Now,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateSecret {
    name: String,
    client_request_token: String,
    secret_string: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetSecretValue {
    secret_id: String,
    version_id: Option<String>,
    version_stage: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutSecretValue {
    secret_id: String,
    client_request_token: String,
    secret_string: String,
    #[serde(default)]
    version_stages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct UpdateSecretVersionStage {
    secret_id: String,
    version_stage: String,
    remove_from_version_id: Option<String>,
    move_to_version_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RotateSecret {
    secret_id: String,
    client_request_token: String,
    #[serde(rename = "RotationLambdaARN")]
    rotation_lambda_arn: Option<String>,
    rotation_rules: Option<RotationRules>,
    rotate_immediately: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RotationRules {
    automatically_after_days: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeSecret {
    secret_id: String,
}

async fn answer(State(service): State<Service>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("secretsmanager.").unwrap_or(target).to_owned();
    if method != Method::POST || operation.is_empty() {
        let what = format!("{method} without an operation in x-amz-target");
        return refuse(&SecretsError::UnknownOperation(what));
    }
    // to the end on a thread of its own: a caller that hangs up cannot leave a change between disk
    // and memory
    match tokio::task::spawn_blocking(move || service.perform(&operation, &body)).await {
        Ok(Ok(answer)) => answer.into_response(),
        Ok(Err(error)) => refuse(&error),
        Err(error) => refuse(&SecretsError::Internal(error.to_string())),
    }
}

impl Service {
    fn perform(&self, operation: &str, body: &[u8]) -> Result<Json<Value>, SecretsError> {
        match operation {
            "CreateSecret" => self.create(parse(body)?),
            "GetSecretValue" => self.value(&parse(body)?),
            "PutSecretValue" => self.put(parse(body)?),
            "UpdateSecretVersionStage" => self.update_stage(&parse(body)?),
            "RotateSecret" => self.rotate(parse(body)?),
            "DescribeSecret" => self.describe(&parse(body)?),
            other => Err(SecretsError::UnknownOperation(other.to_owned())),
        }
        .map(Json)
    }

    fn create(&self, request: CreateSecret) -> Result<Value, SecretsError> {
        let now = (self.now)();
        self.store.change(|secrets| {
            let version = request.secret_string.map(|value| NewVersion {
                id: request.client_request_token,
                value,
                stages: Vec::new(),
            });
            let secret = secrets.create(&request.name, request.description, version.clone(), now)?;
            Ok(json!({
                "ARN": secret.arn(),
                "Name": secret.name(),
                "VersionId": version.map(|version| version.id),
            }))
        })
    }

    fn value(&self, request: &GetSecretValue) -> Result<Value, SecretsError> {
        self.store.read(|secrets| {
            let secret = secrets.find(&request.secret_id)?;
            let found = secret.version(request.version_id.as_deref(), request.version_stage.as_deref())?;
            let value = found.version.value.as_deref().ok_or_else(|| SecretsError::NoVersion(found.id.to_owned()))?;
            Ok(json!({
                "ARN": secret.arn(),
                "Name": secret.name(),
                "VersionId": found.id,
                "VersionStages": found.stages,
                "SecretString": value,
                "CreatedDate": epoch_seconds(found.version.created),
            }))
        })
    }

    fn put(&self, request: PutSecretValue) -> Result<Value, SecretsError> {
        let now = (self.now)();
        let first_is_current = self.first_value_is_current.0.load(Ordering::SeqCst);
        self.store.change(|secrets| {
            let id = request.client_request_token.clone();
            let new = NewVersion {
                id: request.client_request_token,
                value: request.secret_string,
                stages: request.version_stages,
            };
            let secret = secrets.find_mut(&request.secret_id)?;
            secret.put(new, first_is_current, now)?;
            Ok(json!({
                "ARN": secret.arn(),
                "Name": secret.name(),
                "VersionId": id,
                "VersionStages": secret.stages_of(&id),
            }))
        })
    }

    fn update_stage(&self, request: &UpdateSecretVersionStage) -> Result<Value, SecretsError> {
        let now = (self.now)();
        self.store.change(|secrets| {
            let secret = secrets.find_mut(&request.secret_id)?;
            let stage_move = StageMove {
                stage: &request.version_stage,
                from: request.remove_from_version_id.as_deref(),
                to: request.move_to_version_id.as_deref(),
            };
            secret.move_stage(&stage_move, now)?;
            Ok(json!({ "ARN": secret.arn(), "Name": secret.name() }))
        })
    }

    /// Begins a rotation as AWS does: with an empty version under the label for pending versions. The process that runs
    /// this stack then calls the function, step by step.
    fn rotate(&self, request: RotateSecret) -> Result<Value, SecretsError> {
        let now = (self.now)();
        self.store.change(|secrets| {
            let secret = secrets.find_mut(&request.secret_id)?;
            let days = request.rotation_rules.map(|rules| rules.automatically_after_days);
            secret.configure_rotation(request.rotation_lambda_arn, days, now)?;
            let begun = request.rotate_immediately.unwrap_or(true);
            if begun {
                secret.begin_rotation(&request.client_request_token, now)?;
            }
            Ok(json!({
                "ARN": secret.arn(),
                "Name": secret.name(),
                "VersionId": begun.then_some(request.client_request_token),
            }))
        })
    }

    fn describe(&self, request: &DescribeSecret) -> Result<Value, SecretsError> {
        self.store.read(|secrets| secrets.find(&request.secret_id).map(describe))
    }
}

fn describe(secret: &Secret) -> Value {
    let rotation = secret.rotation();
    json!({
        "ARN": secret.arn(),
        "Name": secret.name(),
        "Description": secret.description(),
        "CreatedDate": epoch_seconds(secret.created()),
        "LastChangedDate": epoch_seconds(secret.changed()),
        "RotationEnabled": rotation.is_some(),
        "RotationLambdaARN": rotation.map(|rotation| &rotation.lambda),
        "RotationRules": rotation.and_then(|rotation| rotation.days).map(|days| json!({ "AutomaticallyAfterDays": days })),
        "VersionIdsToStages": secret.stages_by_version(),
    })
}

fn epoch_seconds(at: Timestamp) -> i64 {
    at.as_second()
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, SecretsError> {
    serde_json::from_slice(body).map_err(|error| SecretsError::Malformed(error.to_string()))
}

fn refuse(error: &SecretsError) -> Response {
    if matches!(error, SecretsError::UnknownOperation(_) | SecretsError::Internal(_)) {
        tracing::error!(%error, "the local Secrets Manager refused a request");
    }
    let code = error.code();
    let status = match error {
        SecretsError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({ "__type": code, "Message": error.to_string() });
    (status, [("x-amzn-errortype", code)], Json(body)).into_response()
}
