//! A function in AWS's runtime interface emulator.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::support::lambda::event::{Answer, Event};
use crate::support::lambda::fixture::{Artefacts, Deployment, Function};

const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(10);
/// How often other ports are tried, where somebody else was quicker to take those that were free.
const STARTS: usize = 5;

/// The emulator with its function; both end when this value is dropped.
pub struct Emulator {
    child: Child,
    address: SocketAddr,
    log: NamedTempFile,
}

impl Emulator {
    /// Starts the emulator; the function itself starts with the first event.
    pub async fn start(artefacts: &Artefacts, function: Function, deployment: &Deployment) -> Self {
        let (emulator, artefact) = (artefacts.emulator.clone(), artefacts.artefact(function));
        let environment = deployment.environment(function);
        let started = tokio::task::spawn_blocking(move || {
            (0..STARTS).find_map(|_| Self::try_start(&emulator, &artefact, &environment))
        });
        started.await.expect("starting does not panic").expect("the emulator starts")
    }

    fn try_start(emulator: &Path, artefact: &Path, environment: &BTreeMap<String, String>) -> Option<Self> {
        let (address, runtime_api) = (free_address(), free_address());
        let log = NamedTempFile::new().expect("a temporary file can be made");
        let stream = || Stdio::from(File::options().append(true).open(log.path()).expect("the log can be opened"));
        let child = Command::new(emulator)
            .args(["--runtime-interface-emulator-address", &address.to_string()])
            .args(["--runtime-api-address", &runtime_api.to_string()])
            .arg(artefact)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .unwrap_or_else(|e| panic!("{} cannot be run: {e}", emulator.display()));
        let mut emulator = Self { child, address, log };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            if emulator.child.try_wait().expect("the emulator can be asked").is_some() {
                return None;
            }
            assert!(Instant::now() < deadline, "the emulator does not listen: {}", emulator.logged());
            thread::sleep(GLANCE);
        }
        Some(emulator)
    }

    /// Hands a request to the function and reads its answer.
    pub async fn send(&self, event: Event) -> Answer {
        let answer = self.invoke(&event.payload()).await;
        Answer::read(&answer).unwrap_or_else(|| panic!("no answer of a function: {answer}\n{}", self.logged()))
    }

    /// Hands a payload to the function; what it returns.
    pub async fn invoke(&self, payload: &Value) -> Value {
        let url = format!("http://{}/2015-03-31/functions/function/invocations", self.address);
        match reqwest::Client::new().post(url).timeout(PATIENCE).json(payload).send().await {
            Ok(response) => response.json().await.unwrap_or_default(),
            Err(error) => panic!("the emulator does not answer: {error}\n{}", self.logged()),
        }
    }

    /// Checks that nothing of a secret stands in what emulator and function have written.
    pub fn assert_silent_about(&self, secret: &str) {
        let logged = self.logged();
        assert!(logged.contains("RequestId"), "the emulator logs its requests: {logged}");
        assert!(!logged.contains(secret), "a secret stands in the log");
    }

    /// Checks that function or emulator have written this.
    pub fn assert_logged(&self, text: &str) {
        let logged = self.logged();
        assert!(logged.contains(text), "{text} does not stand in the log: {logged}");
    }

    fn logged(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log.path()).expect("the log can be read")).into_owned()
    }

    /// The processes that the emulator has started.
    fn functions(&self) -> Vec<String> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        children.flat_map(|pids| pids.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
    }
}

impl Drop for Emulator {
    /// The function ends by itself once its runtime API is gone; this waits for it.
    fn drop(&mut self) {
        let functions = self.functions();
        drop(self.child.kill());
        drop(self.child.wait());
        let deadline = Instant::now() + PATIENCE;
        while functions.iter().any(|pid| is_running(pid)) && Instant::now() < deadline {
            thread::sleep(GLANCE);
        }
        let left: Vec<_> = functions.iter().filter(|pid| is_running(pid)).collect();
        assert!(left.is_empty() || thread::panicking(), "processes were left behind: {left:?}");
    }
}

/// Whether there is such a process; one that has ended and waits to be noticed is none.
fn is_running(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port is free")
}
