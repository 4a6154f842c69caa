//! `cargo run`: the whole system on one port, or a command.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use countersign::aws::StartError;
use countersign::commands::{CommandLine, Failure};
use countersign::configuration::Configuration;
use countersign::error::Error;
use countersign::gateway::Gateway;
use countersign::options::Options;
use countersign::ready::Ready;
use countersign::serve::{Limits, serve};
use countersign::stack::{KEY_ROTATION_DAYS, Stack};
use countersign::{demo, reminders, rotation};
use management_api::rate::RequestRate;
use shared::clock::Clock;
use shared::http::Issuer;
use shared::telemetry;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Exit code of a process that was asked to stop a second time.
const EXIT_ASKED_TWICE: i32 = 130;

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
    if options.no_demo {
        demo::credentials::must_not_be_in(&options.data).map_err(with_advice)?;
    }
    let configuration = Configuration {
        storage: options.storage(),
        issuer,
        signing_algorithm: options.signing_algorithm.into(),
        tolerate_duplicate_credentials: false,
        request_rate: RequestRate::DEFAULT,
        clock: Clock::System,
    };
    let started = async {
        if options.no_demo { Stack::without_demo(configuration).await } else { Stack::start(configuration).await }
    };
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
    let gateway = Gateway { trusted_proxies: options.trusted_proxy, ..Gateway::default() };
    serve(listener, stack.router_behind(gateway), Limits::DEFAULT, interrupted).await;
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

/// Completes when the process is asked to stop; at a second request, the process ends immediately, whatever it is
/// doing. Signals are received from the time of the call, so that a script can stop the process as soon as it is ready.
fn interrupted() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    Ok(async move {
        next(&mut signals).await;
        tokio::spawn(async move {
            next(&mut signals).await;
            std::process::exit(EXIT_ASKED_TWICE);
        });
    })
}

async fn next([terminate, interrupt]: &mut [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// A failed start, with the option that helps where one does.
fn with_advice(error: Error) -> Failure {
    let advice = match error {
        Error::Aws(StartError::InUse { .. } | StartError::NotAFolder { .. }) | Error::WithDemo { .. } => {
            "choose another folder with --data"
        }
        Error::WithoutDemo { .. } => "serve it with --no-demo, or choose another folder with --data",
        other => return other.into(),
    };
    format!("{error}; {advice}").into()
}
