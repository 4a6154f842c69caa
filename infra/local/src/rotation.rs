//! The rotation of the signing keys, with this process in the place of Secrets Manager's schedule.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::RotationRulesType;
use key_rotation::KeyRotation;
use key_rotation::event::{RotationEvent, Step};
use key_rotation::lambda::FUNCTION;
use key_rotation::steps::{RotationError, StepOutcome};
use key_rotation::versions::{CURRENT, PENDING, new_version};
use shared::domain::time::{DAY_SECONDS, plus_seconds};
use shared::keys::vault::{VaultError, VaultFailure};
use shared::telemetry::{self, metrics};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

/// ARN of the rotation function as configured in the local Secrets Manager.
const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:key-rotation";
/// Interval at which the age of the keys is checked.
const LOOK: Duration = Duration::from_mins(1);

/// Configures rotation of the key set and its interval in days; does nothing if that is configured already.
///
/// # Errors
/// If Secrets Manager does not answer or refuses.
pub async fn configure(client: &Client, secret_id: &str, days: i64) -> Result<(), VaultFailure> {
    let described = client.describe_secret().secret_id(secret_id).send().await.map_err(|e| VaultFailure::of(&e))?;
    let configured = described.rotation_rules().and_then(RotationRulesType::automatically_after_days);
    if configured == Some(days) {
        return Ok(());
    }
    let rules = RotationRulesType::builder().automatically_after_days(days).build();
    let request = client.rotate_secret().secret_id(secret_id).client_request_token(new_version());
    let request = request.rotation_lambda_arn(FUNCTION_ARN).rotation_rules(rules).rotate_immediately(false);
    request.send().await.map(drop).map_err(|e| VaultFailure::of(&e))
}

/// Rotates the keys now: goes on with a rotation that was interrupted, or begins one.
///
/// # Errors
/// If a step of the rotation fails.
pub async fn rotate(rotation: &KeyRotation, client: &Client) -> Result<(), RotationError> {
    match rotate_once(rotation, client).await {
        // what was left there cannot be used any more
        Err(RotationError::Abandoned(_)) => rotate_once(rotation, client).await,
        done => done,
    }
}

async fn rotate_once(rotation: &KeyRotation, client: &Client) -> Result<(), RotationError> {
    let described = rotation.versions.describe().await?;
    let pending = described.holder(PENDING).filter(|pending| !described.carries(pending, CURRENT));
    let version = pending.map_or_else(new_version, str::to_owned);
    if pending.is_none() {
        let begun = client.rotate_secret().secret_id(&described.arn).client_request_token(&version);
        begun.send().await.map_err(|e| VaultError::of(&described.arn, &e))?;
    }
    for step in Step::ALL {
        let event = RotationEvent { step, secret_id: described.arn.clone(), client_request_token: version.clone() };
        if rotation.take(&event).await? == StepOutcome::AlreadyRotated {
            break;
        }
    }
    Ok(())
}

/// Rotates the keys whenever they are `days` old, until the other side of `stopped` is gone.
pub async fn when_due(rotation: Arc<KeyRotation>, client: Client, days: i64, mut stopped: oneshot::Receiver<()>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = &mut stopped => return,
        }
        if let Err(error) = rotate_if_due(&rotation, &client, days).await {
            tracing::error!(error = telemetry::chain(&error), "the signing keys could not be rotated");
        }
    }
}

/// Rotates the keys if the next one was made `days` ago; says whether it did.
///
/// # Errors
/// If the keys cannot be read, or a step of the rotation fails.
pub async fn rotate_if_due(rotation: &KeyRotation, client: &Client, days: i64) -> Result<bool, RotationError> {
    let Some(current) = rotation.versions.current().await? else { return Ok(false) };
    let due = plus_seconds(current.keys.next.created_at(), days.saturating_mul(DAY_SECONDS));
    if rotation.clock.now() < due.max(current.keys.rotatable_from()) {
        return Ok(false);
    }
    metrics::measured(FUNCTION, "schedule", rotate(rotation, client)).await?;
    Ok(true)
}
