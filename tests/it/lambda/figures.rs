//! Start and response times of the artefacts, printed for a reader; nothing is asserted about time.
//!
//! A runtime API of our own stands in for the platform, so that the instants are exact: a process starts, asks for its
//! first event (the end of its init phase), and answers events one after another.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::Value;
use shared::keys::algorithm::SigningAlgorithm;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use crate::support::lambda::event::{Answer, Event, basic, token_request};
use crate::support::lambda::fixture::{Artefacts, Deployment, Function};

const STARTS: usize = 15;
const WARM_EVENTS: usize = 200;
const PATIENCE: Duration = Duration::from_secs(20);

/// `cargo test -p tests --test it -- lambda::figures --ignored --nocapture`, with the variables that `.ci/run` sets.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures, asserts nothing on time"]
async fn of_the_artefacts() {
    let Some(artefacts) = Artefacts::found() else { return };
    println!(
        "| artefact | event | init ms | init CPU ms | first answer ms | warm ms | warm CPU ms | RSS MB | threads |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    if let Some(baseline) = std::env::var_os("COUNTERSIGN_BASELINE") {
        report("baseline", "GET /", Path::new(&baseline), &BTreeMap::new(), &Event::get("/")).await;
    }
    for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
        let deployment = Deployment::signing_with(algorithm).await;
        let authorization = basic(&deployment.client_id(), &deployment.client_secret());
        let metadata = Event::get("/.well-known/oauth-authorization-server/partner");
        let token = token_request().header("authorization", &authorization).base64();
        let session = Event::get("/partner/v1/session");
        for (function, name, event) in [
            (Function::TokenEndpoint, "metadata".to_owned(), metadata),
            (Function::TokenEndpoint, format!("token, {algorithm}"), token),
            (Function::ManagementApi, "session, none".to_owned(), session),
        ] {
            let environment = deployment.environment(function);
            report(&function.to_string(), &name, &artefacts.artefact(function), &environment, &event).await;
        }
    }
}

async fn report(artefact: &str, name: &str, binary: &Path, environment: &BTreeMap<String, String>, event: &Event) {
    let payload = Bytes::from(event.payload().to_string());
    let (mut inits, mut init_cpus, mut firsts) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 1..STARTS {
        let run = Run::start(binary, environment, payload.clone()).await;
        inits.push(run.init);
        init_cpus.push(run.init_cpu);
        firsts.push(run.first);
    }
    let mut run = Run::start(binary, environment, payload).await;
    let before = run.cpu();
    let mut warm = Vec::new();
    for _ in 0..WARM_EVENTS {
        warm.push(run.send().await);
    }
    let cpu = run.cpu().saturating_sub(before) / u32::try_from(WARM_EVENTS).expect("it is a small number");
    let resident = run.status("VmRSS").trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1024.0;
    println!(
        "| {artefact} | {name} | {:.1} | {:.2} | {:.2} | {:.2} | {:.3} | {resident:.1} | {} |",
        milliseconds(median(inits)),
        milliseconds(median(init_cpus)),
        milliseconds(median(firsts)),
        milliseconds(median(warm)),
        milliseconds(cpu),
        run.status("Threads"),
    );
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// An artefact that runs against a runtime API of ours.
struct Run {
    child: Child,
    runtime: Arc<Runtime>,
    seen: mpsc::UnboundedReceiver<Seen>,
    payload: Bytes,
    /// From its start to its first question for an event.
    init: Duration,
    /// What of that it spent on a processor.
    init_cpu: Duration,
    /// From the first event to its answer.
    first: Duration,
}

/// What the artefact did.
enum Seen {
    AskedForAnEvent(Instant),
    Answered(Instant, Bytes),
    Failed(Bytes),
}

struct Runtime {
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    send_event: mpsc::UnboundedSender<Bytes>,
    saw: mpsc::UnboundedSender<Seen>,
}

impl Run {
    async fn start(binary: &Path, environment: &BTreeMap<String, String>, payload: Bytes) -> Self {
        let (send_event, events) = mpsc::unbounded_channel();
        let (saw, seen) = mpsc::unbounded_channel();
        let runtime = Arc::new(Runtime { events: Mutex::new(events), send_event, saw });
        let address = serve(Arc::clone(&runtime)).await;
        let started = Instant::now();
        let child = Command::new(binary)
            .env_clear()
            .envs(environment)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{} cannot be run: {e}", binary.display()));
        let none = Duration::ZERO;
        let mut run = Self { child, runtime, seen, payload, init: none, init_cpu: none, first: none };
        run.init = run.asked().await - started;
        run.init_cpu = run.cpu();
        run.first = run.send().await;
        run
    }

    async fn asked(&mut self) -> Instant {
        match self.next().await {
            Seen::AskedForAnEvent(at) => at,
            Seen::Answered(..) => panic!("the artefact answered without an event"),
            Seen::Failed(why) => panic!("the artefact failed: {}", String::from_utf8_lossy(&why)),
        }
    }

    /// Gives the artefact the event; how long it took to answer.
    async fn send(&mut self) -> Duration {
        let sent = Instant::now();
        drop(self.runtime.send_event.send(self.payload.clone()));
        let (answered, body) = match self.next().await {
            Seen::Answered(at, body) => (at, body),
            Seen::AskedForAnEvent(_) => panic!("the artefact did not answer"),
            Seen::Failed(why) => panic!("the artefact failed: {}", String::from_utf8_lossy(&why)),
        };
        let payload: Value = serde_json::from_slice(&body).expect("an answer is JSON");
        let status = Answer::read(&payload).map(|answer| answer.status);
        assert!(status.is_some_and(|status| status < 500), "no good answer: {payload}");
        self.asked().await;
        answered - sent
    }

    async fn next(&mut self) -> Seen {
        let seen = timeout(PATIENCE, self.seen.recv()).await.expect("the artefact does something");
        seen.expect("the runtime API is there")
    }

    /// The time that its threads spent on a processor.
    fn cpu(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the artefact runs").flatten();
        let times = threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
        times.filter_map(|times| times.split(' ').next()?.parse().ok().map(Duration::from_nanos)).sum()
    }

    fn status(&self, name: &str) -> String {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn serve(runtime: Arc<Runtime>) -> SocketAddr {
    let invocation = "/2018-06-01/runtime/invocation";
    let router = Router::new()
        .route(&format!("{invocation}/next"), get(next_event))
        .route(&format!("{invocation}/{{id}}/response"), post(answered))
        .route(&format!("{invocation}/{{id}}/error"), post(failed))
        .route("/2018-06-01/runtime/init/error", post(failed))
        .layer(DefaultBodyLimit::disable())
        .with_state(runtime);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let address = listener.local_addr().expect("the listener has an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn next_event(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    drop(runtime.saw.send(Seen::AskedForAnEvent(Instant::now())));
    let event = runtime.events.lock().await.recv().await.unwrap_or_default();
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:function"),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0"),
        ("content-type", "application/json"),
    ];
    (headers, event)
}

async fn answered(State(runtime): State<Arc<Runtime>>, body: Bytes) -> StatusCode {
    drop(runtime.saw.send(Seen::Answered(Instant::now(), body)));
    StatusCode::ACCEPTED
}

async fn failed(State(runtime): State<Arc<Runtime>>, body: Bytes) -> StatusCode {
    drop(runtime.saw.send(Seen::Failed(body)));
    StatusCode::ACCEPTED
}
