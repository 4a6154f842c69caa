//! The expiry notifier as a Lambda function.

use std::process::ExitCode;

use expiry_notifier::config::Config;
use expiry_notifier::{ExpiryNotifier, lambda};
use shared::clock::Clock;
use shared::env::Environment;
use shared::mail::Mailer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::telemetry::start();
    shared::telemetry::exit(run().await)
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let config = Config::read(Environment::of_process())?;
    let aws = shared::aws::config().await;
    let dynamodb = shared::aws::dynamodb(&aws);
    let mailer = Mailer::patient(&aws, config.sender.clone());
    lambda::serve(ExpiryNotifier::new(config, dynamodb, mailer, Clock::System)).await
}
