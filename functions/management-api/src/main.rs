//! The management API as a Lambda function.

use std::process::ExitCode;

use management_api::settings::Settings;
use management_api::{Management, lambda, router};
use shared::clock::Clock;
use shared::env::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    shared::telemetry::start();
    shared::telemetry::exit(run().await)
}

async fn run() -> Result<(), lambda_http::Error> {
    let settings = Settings::read(Environment::of_process())?;
    let aws = shared::aws::config().await;
    let dynamodb = shared::aws::dynamodb(&aws);
    let secrets_manager = aws_sdk_secretsmanager::Client::new(&aws);
    let ses = aws_sdk_ses::Client::new(&aws);
    let management = Management::start(settings, dynamodb, secrets_manager, ses, Clock::System).await?;
    let router = router(management.clone());
    lambda::serve(management, router).await
}
