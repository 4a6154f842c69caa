//! The expiry notifier as a Lambda function.

use std::process::ExitCode;

use expiry_notifier::settings::Settings;
use expiry_notifier::{ExpiryNotifier, lambda};
use shared::clock::Clock;
use shared::env::Environment;
use shared::mail;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::telemetry::start();
    shared::telemetry::exit(run().await)
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let settings = Settings::read(Environment::of_process())?;
    let aws = shared::aws::config().await;
    let dynamodb = shared::aws::dynamodb(&aws);
    lambda::serve(ExpiryNotifier::new(settings, dynamodb, mail::patient_client(&aws), Clock::System)).await
}
