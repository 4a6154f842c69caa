//! `cargo run`: the whole system on one port, or a command.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use countersign::aws::StartError;
use countersign::commands::{CommandLine, Failure};
use countersign::options::Options;
use countersign::ready::Ready;
use countersign::stack::KEY_ROTATION_DAYS;
use countersign::stack::{self, Configuration, Stack};
use countersign::{reminders, rotation};
use management_api::rate::RequestRate;
use shared::clock::Clock;
use shared::http::Issuer;
use shared::telemetry;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> ExitCode {
    let CommandLine { command, serve } = CommandLine::parse();
    telemetry::start_to(std::io::stderr, "warn");
    if serve.metrics {
        telemetry::metrics::start(None, |line| eprintln!("{line}"));
    }
    let done = match command {
        Some(command) => Box::pin(command.run()).await.and_then(|said| Ok(writeln!(std::io::stdout(), "{said}")?)),
        None => run(serve).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countersign: {}", telemetry::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    let mut interrupted = Box::pin(interrupted()?);
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|e| format!("cannot listen on {}: {e}; choose another with --listen", options.listen))?;
    let issuer = match options.issuer.clone() {
        Some(issuer) => issuer,
        None => Issuer::parse(&format!("http://{}", listener.local_addr()?))
            .map_err(|e| format!("{e}: name the public URL with --issuer"))?,
    };
    let started = Stack::start(Configuration {
        storage: options.storage(),
        issuer,
        signing_algorithm: options.signing_algorithm.into(),
        tolerate_duplicate_credentials: false,
        request_rate: RequestRate::DEFAULT,
        clock: Clock::System,
    });
    let stack = tokio::select! {
        stack = started => stack.map_err(with_advice)?,
        () = &mut interrupted => return Ok(()),
    };
    announce(&options, &stack)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let reminders = tokio::spawn(reminders::every_minute(Arc::clone(&stack.notifier), stopped));
    let (stop_rotation, rotation_stopped) = oneshot::channel::<()>();
    let rotation = tokio::spawn(rotation::when_due(
        Arc::clone(&stack.key_rotation),
        stack.aws.secrets_manager(),
        KEY_ROTATION_DAYS,
        rotation_stopped,
    ));
    let service = stack.router().into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(interrupted).await?;
    drop((stop, stop_rotation));
    reminders.await?;
    rotation.await?;
    stack.aws.stop().await;
    Ok(())
}

/// Says that everything answers. The listener is bound already, so that a request sent now is served.
fn announce(options: &Options, stack: &Stack) -> std::io::Result<()> {
    let ready = Ready::of(stack);
    let mut out = std::io::stdout().lock();
    if options.ready.is_some() {
        writeln!(out, "{}", serde_json::json!(ready))?;
    } else {
        let kept_in = if options.ephemeral { "in memory".into() } else { options.data.display().to_string() };
        writeln!(out, "{}", ready.text(&kept_in))?;
    }
    out.flush()
}

/// Ends when the process is asked to stop. It listens from the call on, so that a script may stop what it has just
/// seen ready.
fn interrupted() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// A failed start, with the option that helps where one does.
fn with_advice(error: stack::Error) -> Failure {
    match error {
        stack::Error::Aws(StartError::InUse { .. }) => format!("{error}; choose another folder with --data").into(),
        other => other.into(),
    }
}
