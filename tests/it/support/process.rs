//! The binary `countersign` as a process of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::{Method, RequestBuilder, header};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::answer::{Answer, send};
use crate::support::app::{INTROSPECT, REVOKE, TOKEN};

/// How long a process may take for one step, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_mins(1);

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The binary beside this test's own, which Cargo builds into the same folder.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let binary = test.parent().and_then(Path::parent).unwrap().join("countersign");
        let built = binary.metadata().and_then(|metadata| metadata.modified());
        let built = built.unwrap_or_else(|e| {
            panic!("{} is not there ({e}): run `cargo build --workspace --all-targets` first", binary.display())
        });
        let (changed, source) = newest_source();
        assert!(
            changed <= built,
            "{} is older than {}: run `cargo build --workspace --all-targets` first",
            binary.display(),
            source.display()
        );
        binary
    })
}

/// The source file of the binary that was changed last.
fn newest_source() -> (SystemTime, PathBuf) {
    let mut newest = (SystemTime::UNIX_EPOCH, PathBuf::new());
    let mut folders: Vec<PathBuf> = ["shared", "functions", "infra/local"].map(|name| repository().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                // tests and build output are no part of the binary
                let name = entry.file_name();
                folders.extend((name != "target" && name != "tests").then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                newest = newest.max((entry.metadata().unwrap().modified().unwrap(), path));
            }
        }
    }
    newest
}

/// A port that nobody listens on, outside the range that the system gives out by itself, so that it is still free when
/// a process is started on it again.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).unwrap();
    (0..1_000)
        .map(|_| 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}

/// The binary with these arguments, in a folder of its own; what it logs goes to `log` there.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    command.args(arguments).current_dir(folder).env_remove("RUST_LOG").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    command
}

/// What a process that ended by itself left behind.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub out: String,
    pub err: String,
}

/// Runs the binary to its end.
pub async fn run(folder: &Path, arguments: &[&str]) -> Ended {
    let running = command(folder, arguments).stderr(Stdio::piped()).output();
    let output =
        tokio::time::timeout(PATIENCE, running).await.expect("the process should have ended by itself").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { status: output.status, out: text(output.stdout), err: text(output.stderr) }
}

/// A running deployment; dropping it kills the process.
pub struct Deployment {
    child: Child,
    out: BufReader<ChildStdout>,
    /// The ready line as it was printed.
    pub line: String,
    /// The ready line, read.
    pub ready: Value,
    /// Where it answers, without the issuer's path.
    pub origin: String,
    http: reqwest::Client,
}

impl Deployment {
    /// Starts the binary with `--ready json` and these arguments, and waits for the ready line.
    pub async fn start(folder: &TempDir, arguments: &[&str]) -> Self {
        let command = command(folder.path(), &[&["--ready", "json"], arguments].concat());
        Self::spawn(command).await.unwrap_or_else(|| panic!("no ready line; the log says: {}", log_of(folder.path())))
    }

    /// The same on a port that a restart can have again.
    pub async fn start_on(folder: &TempDir, port: u16) -> Self {
        let listen = format!("127.0.0.1:{port}");
        Self::start(folder, &["--listen", &listen, "--signing-algorithm", "ES256"]).await
    }

    /// Waits for the ready line of this command; none where the process ends without one.
    pub async fn spawn(mut command: Command) -> Option<Self> {
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let line = line_of(&mut out).await?;
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let origin = ready["issuer"].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Some(Self { child, out, line, ready, origin, http })
    }

    /// A text of the ready line.
    pub fn said(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.line))
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.http.request(Method::GET, format!("{}{path}", self.origin))).await
    }

    /// The same of somebody who is signed in.
    pub async fn get_with_cookie(&self, path: &str, cookie: &str) -> Answer {
        send(self.http.get(format!("{}{path}", self.origin)).header(header::COOKIE, cookie)).await
    }

    /// A form, as it is, without credentials.
    pub fn raw(&self, path: &str, body: &str) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.origin));
        request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.to_owned())
    }

    /// JSON as a browser posts it from the console.
    pub fn json(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.origin)).header(header::ORIGIN, &self.origin).json(body)
    }

    /// A form with the credentials of the ready line.
    pub async fn post(&self, path: &str, body: &str) -> Answer {
        send(self.raw(path, body).basic_auth(self.said("client_id"), Some(self.said("client_secret")))).await
    }

    pub async fn token(&self) -> String {
        self.post(TOKEN, "grant_type=client_credentials").await.token()
    }

    /// Whether introspection calls a token active.
    pub async fn is_active(&self, token: &str) -> bool {
        let answer = self.post(INTROSPECT, &format!("token={token}")).await;
        answer.json()["active"].as_bool().unwrap()
    }

    pub async fn revoke(&self, token: &str) {
        let answer = self.post(REVOKE, &format!("token={token}")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    }

    /// The TCP ports that the process listens on.
    #[cfg(target_os = "linux")]
    pub fn listening(&self) -> Vec<u16> {
        let process = PathBuf::from(format!("/proc/{}", self.child.id().unwrap()));
        let open =
            process.join("fd").read_dir().unwrap().filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        let open: Vec<String> = open.map(|file| file.to_string_lossy().into_owned()).collect();
        let listens = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let own = open.contains(&format!("socket:[{}]", fields[9]));
            let port = fields[1].rsplit(':').next().unwrap();
            (own && fields[3] == "0A").then(|| u16::from_str_radix(port, 16).unwrap())
        };
        let tables = ["tcp", "tcp6"].map(|table| std::fs::read_to_string(process.join("net").join(table)).unwrap());
        tables.iter().flat_map(|table| table.lines().skip(1).filter_map(listens)).collect()
    }

    /// Ends the process as `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends the process a signal such as `TERM`.
    pub async fn signal(&self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().await.unwrap().success());
    }

    /// Sends the process a signal; answers how it ended and what it printed after the ready line.
    pub async fn stop(mut self, signal: &str) -> (ExitStatus, String) {
        self.signal(signal).await;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("the process should have ended on SIG{signal}")).unwrap();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).await.unwrap();
        (status, rest)
    }
}

/// The next line of a process, without its end; none where its output ends.
pub async fn line_of(out: &mut BufReader<ChildStdout>) -> Option<String> {
    let mut line = String::new();
    let read = tokio::time::timeout(PATIENCE, out.read_line(&mut line)).await;
    read.expect("the process should have printed a line").unwrap();
    line.strip_suffix('\n').map(str::to_owned)
}

/// What the processes started in this folder have logged.
pub fn log_of(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap()
}
