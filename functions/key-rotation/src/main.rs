//! The key rotation as a Lambda function.

use std::process::ExitCode;

use key_rotation::config::Config;
use key_rotation::{KeyRotation, lambda};
use shared::clock::Clock;
use shared::env::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::telemetry::start();
    shared::telemetry::exit(run().await)
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let config = Config::read(Environment::of_process())?;
    let aws = shared::aws::config().await;
    let secrets_manager = aws_sdk_secretsmanager::Client::new(&aws);
    lambda::serve(KeyRotation::new(config, secrets_manager, Clock::System)).await
}
