//! The token endpoint as a Lambda function.

use std::process::ExitCode;

use shared::clock::Clock;
use shared::env::Environment;
use token_endpoint::config::Config;
use token_endpoint::{TokenEndpoint, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::telemetry::start();
    shared::telemetry::exit(run().await)
}

async fn run() -> Result<(), lambda_http::Error> {
    let config = Config::read(Environment::of_process())?;
    let aws = shared::aws::config().await;
    let dynamodb = shared::aws::dynamodb(&aws);
    let secrets_manager = aws_sdk_secretsmanager::Client::new(&aws);
    let endpoint = TokenEndpoint::start(config, dynamodb, secrets_manager, Clock::System).await?;
    shared::http::lambda::serve(router(endpoint)).await
}
