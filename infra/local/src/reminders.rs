//! The schedule of the reminders: each minute of the stack's clock, where a deployment on AWS has each day.

use std::sync::Arc;
use std::time::Duration;

use expiry_notifier::ExpiryNotifier;
use expiry_notifier::invocation::RunRequest;
use expiry_notifier::lambda::FUNCTION;
use shared::telemetry::{self, metrics};
use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

/// Interval at which the clock is checked.
const LOOK: Duration = Duration::from_secs(1);

/// Runs the notifier at the start and then every minute, until the sender of `stopped` is dropped. A run that has begun
/// is finished.
pub async fn every_minute(notifier: Arc<ExpiryNotifier>, mut stopped: oneshot::Receiver<()>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = None;
    loop {
        tokio::select! {
            // a process that is asked to stop as soon as it has started has looked once all the same
            biased;
            _ = ticks.tick() => {}
            _ = &mut stopped => return,
        }
        let minute = notifier.clock.now().as_second().div_euclid(60);
        if last.replace(minute) == Some(minute) {
            continue;
        }
        let everyone = RunRequest::default();
        let run = notifier.run(&everyone, None);
        if let Err(error) = metrics::measured(FUNCTION, "schedule", run).await {
            tracing::error!(error = telemetry::chain(&error), "the run of reminders failed");
        }
    }
}
