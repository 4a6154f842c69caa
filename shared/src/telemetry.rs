//! Log lines as JSON on standard output, where Lambda's log group takes them.

pub mod metrics;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::env::Environment;

/// Starts logging for a function: JSON lines, `info` and above unless `RUST_LOG` says otherwise, and metrics between them.
pub fn start() {
    start_to(std::io::stdout, "info");
    // a line that cannot be written is lost, as those of the log are
    // several deployments may share an account and a Region: the platform's name of the function tells them apart
    let function = Environment::of_process().optional("AWS_LAMBDA_FUNCTION_NAME");
    metrics::start(function, |line| drop(writeln!(std::io::stdout().lock(), "{line}")));
}

/// Starts logging to a writer, from `level` on unless `RUST_LOG` says otherwise. A process that logs already keeps
/// what it has.
pub fn start_to<W: for<'w> MakeWriter<'w> + Send + Sync + 'static>(writer: W, level: &str) {
    // without the SDK's own spans: its events at debug level quote requests
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let silent = ["aws_smithy_runtime=warn", "aws_sdk=warn", "hyper=warn", "dynoxide=error"];
    let filter = silent.iter().filter_map(|rule| rule.parse().ok()).fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .with_writer(writer);
    drop(lines.try_init());
}

/// The end of a function's `main`: where it failed, one log line with the reason, and an exit code that says so.
pub fn exit(ended: Result<(), Box<dyn Error + Send + Sync>>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = chain(error.as_ref()), "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

/// An error and what caused it, in one line.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}
