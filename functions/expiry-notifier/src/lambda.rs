//! The notifier on Lambda.

use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};
use shared::domain::time::plus_seconds;
use shared::mail::SEND_TIMEOUT;
use shared::telemetry::{self, metrics};
use tracing::Instrument as _;

use crate::invocation::Invocation;
use crate::notifier::ExpiryNotifier;
use crate::summary::Summary;

/// The name of this function in logs and metrics.
pub const FUNCTION: &str = "expiry-notifier";

/// Seconds before the deadline of the invocation at which a run begins nothing more: the last mail and its mark in the
/// ledger fit in.
const MARGIN_SECONDS: i64 = SEND_TIMEOUT.as_secs().cast_signed() + 10;

/// A run that left reminders to the next one. Lambda then repeats the invocation, which continues.
#[derive(Debug, thiserror::Error)]
#[error("the run is incomplete: {}", .0)]
struct Incomplete(Value);

/// Serves invocations until the platform ends the process.
///
/// # Errors
/// The runtime's, where the platform does not answer it.
pub async fn serve(notifier: ExpiryNotifier) -> Result<(), lambda_runtime::Error> {
    let notifier = &notifier;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        let deadline = i64::try_from(event.context.deadline).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let until = deadline.map(|deadline| plus_seconds(deadline, -MARGIN_SECONDS));
        let (request_id, trace_id) = (event.context.request_id.as_str(), event.context.xray_trace_id.as_deref());
        let span = tracing::info_span!("invocation", function = FUNCTION, request_id, trace_id);
        let handled = async {
            handle(notifier, event.payload, until).await.inspect_err(|error| {
                tracing::error!(error = telemetry::chain(error.as_ref()), "the invocation failed");
            })
        };
        Box::pin(metrics::measured(FUNCTION, request_id, handled.instrument(span))).await
    }))
    .await
}

/// Handles a payload and returns the answer. A run begins nothing more at `until`.
///
/// # Errors
/// Where the payload is not understood, the store fails, or the run is incomplete.
pub async fn handle(
    notifier: &ExpiryNotifier,
    payload: Value,
    until: Option<Timestamp>,
) -> Result<Value, lambda_runtime::Error> {
    match Invocation::read(payload, notifier.clock.now())? {
        Invocation::Run(request) => {
            let summary: Summary = notifier.run(&request, until).await?;
            let answer = json!(summary);
            if summary.is_complete() { Ok(answer) } else { Err(Incomplete(answer).into()) }
        }
        Invocation::Feedback(feedback) => {
            notifier.record(&feedback).await?;
            Ok(json!({ "recorded": feedback.len() }))
        }
    }
}
