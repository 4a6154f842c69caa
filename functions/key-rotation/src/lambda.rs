//! The key rotation on Lambda. Secrets Manager invokes it once for each step.

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use shared::telemetry::{self, metrics};
use tracing::Instrument as _;

use crate::event::RotationEvent;
use crate::rotation::KeyRotation;

/// The name of this function in logs and metrics.
pub const FUNCTION: &str = "key-rotation";

/// Serves invocations until the platform ends the process.
///
/// # Errors
/// The runtime's, where the platform does not answer it.
pub async fn serve(rotation: KeyRotation) -> Result<(), lambda_runtime::Error> {
    let rotation = &rotation;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        let (request_id, trace_id) = (event.context.request_id.as_str(), event.context.xray_trace_id.as_deref());
        let span = tracing::info_span!("invocation", function = FUNCTION, request_id, trace_id);
        let handled = async {
            handle(rotation, event.payload).await.inspect_err(|error| {
                tracing::error!(error = telemetry::chain(error.as_ref()), "the step of the rotation failed");
            })
        };
        Box::pin(metrics::measured(FUNCTION, request_id, handled.instrument(span))).await
    }))
    .await
}

/// Takes the step of an event. Secrets Manager expects no answer.
///
/// # Errors
/// Where the payload is no event of a rotation, or the step fails.
pub async fn handle(rotation: &KeyRotation, payload: Value) -> Result<(), lambda_runtime::Error> {
    let event: RotationEvent = serde_json::from_value(payload)?;
    rotation.take(&event).await?;
    Ok(())
}
