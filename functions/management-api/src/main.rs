//! The management API as a Lambda function.

use std::process::ExitCode;

use management_api::config::Config;
use management_api::{Management, lambda, router};
use shared::clock::Clock;
use shared::env::Environment;
use shared::mail::Mailer;

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
    let mailer = Mailer::prompt(&aws, config.sender.clone());
    let management = Management::start(config, dynamodb, secrets_manager, mailer, Clock::System).await?;
    let router = router(management.clone());
    lambda::serve(management, router).await
}
