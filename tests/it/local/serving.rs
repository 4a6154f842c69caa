//! Serving on one port: slow clients, shutdown, and trusted proxies.

use std::time::{Duration, Instant};

use countersign::gateway::Gateway;
use countersign::serve::{Limits, serve};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::answer::send;
use crate::support::app::{App, TOKEN, WHOAMI};
use crate::support::process::{Deployment, log_of, run};
use crate::support::wire::{self, End};

/// Longer than whatever is to happen in these tests takes.
const LONG: Duration = Duration::from_mins(1);
/// Shorter than a test should wait, and longer than an answer takes.
const SHORT: Duration = Duration::from_millis(500);

const LIMITS: Limits = Limits { connections: 100, head_within: LONG, age: LONG, grace: SHORT };

/// Serves `app` on another port.
async fn elsewhere(app: &App, gateway: Gateway, limits: Limits) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, app.stack.router_behind(gateway), limits, std::future::pending()));
    origin
}

/// A connection on which this was sent.
async fn sent(origin: &str, text: &str) -> TcpStream {
    let mut connection = TcpStream::connect(origin.strip_prefix("http://").unwrap()).await.unwrap();
    connection.write_all(text.as_bytes()).await.unwrap();
    connection
}

/// What comes on a connection until it is closed.
async fn received(mut connection: TcpStream) -> String {
    let mut received = String::new();
    let read = tokio::time::timeout(LONG, connection.read_to_string(&mut received)).await;
    read.expect("the connection should have been closed").unwrap();
    received
}

const HALF_A_HEAD: &str = "GET / HTTP/1.1\r\n";
const HALF_A_BODY: &str = "POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ngrant_type=";

#[tokio::test]
async fn half_sent_requests_keep_nobody_out_for_long() {
    let app = App::start().await;
    let limits = Limits { connections: 3, head_within: SHORT, ..LIMITS };
    let origin = elsewhere(&app, Gateway::default(), limits).await;
    let mut halves = Vec::new();
    for _ in 0..limits.connections {
        halves.push(sent(&origin, HALF_A_HEAD).await);
    }
    let began = Instant::now();
    let answer = send(app.http.get(format!("{origin}{WHOAMI}"))).await;
    assert_eq!(answer.status, 401, "who comes later waits and is answered");
    assert!(began.elapsed() >= SHORT / 2, "there was no place before");
    for half in halves {
        assert_eq!(received(half).await, "");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let app = App::start().await;
    let origin = elsewhere(&app, Gateway::default(), Limits { head_within: SHORT, ..LIMITS }).await;
    assert_eq!(received(sent(&origin, "").await).await, "");
    let answered = received(sent(&origin, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").await).await;
    assert!(answered.starts_with("HTTP/1.1 "), "{answered}");
}

#[tokio::test]
async fn no_connection_lasts_for_ever() {
    let app = App::start().await;
    let origin = elsewhere(&app, Gateway::default(), Limits { age: SHORT, ..LIMITS }).await;
    received(sent(&origin, HALF_A_BODY).await).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_with_408() {
    let app = App::start().await;
    let gateway = Gateway { body_within: SHORT, ..Gateway::default() };
    let origin = elsewhere(&app, gateway, LIMITS).await;
    let answer = wire::exchange(&origin, HALF_A_BODY.as_bytes(), End::Open).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (408, "no-store"));
    assert_eq!(answer.json()["message"], "Request Timeout");
}

#[tokio::test]
async fn a_request_names_one_host() {
    let app = App::start().await;
    for (request, status) in [
        ("GET /demo/whoami HTTP/1.1\r\n\r\n", 400),
        ("GET /demo/whoami HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /demo/whoami HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET /demo/whoami HTTP/1.1\r\nHost: a\r\n\r\n", 401),
        ("GET /demo/whoami HTTP/1.0\r\n\r\n", 401),
    ] {
        let answer = wire::exchange(&app.origin, request.as_bytes(), End::Open).await.unwrap();
        assert_eq!(answer.status.as_u16(), status, "{request:?}");
        assert_eq!(answer.header("cache-control") == "no-store", status == 400, "{request:?}");
    }
}

#[tokio::test]
async fn failures_count_for_the_address_that_a_trusted_proxy_names() {
    let app = App::start().await;
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let behind = elsewhere(&app, Gateway { trusted_proxies, ..Gateway::default() }, LIMITS).await;
    let wrong = app.demo_client().with_wrong_secret();
    let failed = async |origin: &str, told: &str| {
        let request = app.http.post(format!("{origin}{TOKEN}")).basic_auth(&wrong.id, Some(&wrong.secret));
        let form = [("grant_type", "client_credentials")];
        send(request.header("x-forwarded-for", told).form(&form)).await.status.as_u16()
    };
    for n in 0..20 {
        // what the stranger wrote itself changes nothing
        assert_eq!(failed(&behind, &format!("192.0.2.{n}, 198.51.100.1")).await, 401);
    }
    assert_eq!(failed(&behind, "198.51.100.1").await, 429);
    assert_eq!(failed(&behind, "198.51.100.2").await, 401, "others go on");
    for n in 0..20 {
        assert_eq!(failed(&app.origin, &format!("203.0.113.{n}")).await, 401);
    }
    assert_eq!(failed(&app.origin, "203.0.113.77").await, 429, "without a trusted proxy the peer is who calls");
}

#[tokio::test]
async fn half_sent_requests_do_not_keep_the_process_from_ending() {
    let folder = tempdir().unwrap();
    let stack = Deployment::start(&folder, &["--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"]).await;
    let halves = [sent(&stack.origin, HALF_A_HEAD).await, sent(&stack.origin, HALF_A_BODY).await];
    stack.token().await;
    let began = Instant::now();
    let (status, _) = stack.stop("TERM").await;
    assert_eq!(status.code(), Some(0));
    assert!(began.elapsed() < Limits::DEFAULT.grace * 2, "{:?}", began.elapsed());
    drop(halves);
    assert_eq!(log_of(folder.path()), "");
}

#[tokio::test]
async fn asked_to_stop_a_second_time_the_process_ends_at_once() {
    let folder = tempdir().unwrap();
    let stack = Deployment::start(&folder, &["--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"]).await;
    let half = sent(&stack.origin, HALF_A_HEAD).await;
    stack.token().await;
    let began = Instant::now();
    stack.signal("TERM").await;
    // nobody is let in any more: the first signal has been heard
    while TcpStream::connect(stack.origin.strip_prefix("http://").unwrap()).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (status, _) = stack.stop("INT").await;
    assert_eq!(status.code(), Some(130));
    assert!(began.elapsed() < Limits::DEFAULT.grace, "{:?}", began.elapsed());
    drop(half);
}

#[tokio::test]
async fn a_deployment_without_the_demo_has_nobody_and_never_gets_it() {
    let folder = tempdir().unwrap();
    let arguments = ["--no-demo", "--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"];
    let stack = Deployment::start(&folder, &arguments).await;
    let names: Vec<&String> = stack.ready.as_object().unwrap().keys().collect();
    assert_eq!(names, ["console", "issuer", "mailbox", "token_endpoint"]);
    assert_eq!(stack.get(WHOAMI).await.status, 404);
    stack.stop("TERM").await;
    assert!(!folder.path().join(".countersign/demo.json").exists());

    let invited = run(folder.path(), &["invite-operator", "--email", "root@platform.example", "--name", "Root"]).await;
    assert!(invited.status.success(), "{invited:?}");
    let refused = run(folder.path(), &["--listen", "127.0.0.1:0"]).await;
    let said = "countersign: .countersign holds a deployment without the demo; serve it with --no-demo, or choose \
                another folder with --data\n";
    assert_eq!((refused.status.code(), refused.err.as_str()), (Some(1), said));
    Deployment::start(&folder, &arguments).await.stop("TERM").await;
    let exported = run(folder.path(), &["export", "acme", "--output", "acme.jsonl"]).await;
    assert!(!exported.status.success(), "there is no organization: {exported:?}");

    let demo = ["--data", "demo", "--listen", "127.0.0.1:0"];
    Deployment::start(&folder, &demo).await.stop("TERM").await;
    let refused = run(folder.path(), &[&demo[..], &["--no-demo"]].concat()).await;
    let said = "countersign: demo holds the demo; choose another folder with --data\n";
    assert_eq!((refused.status.code(), refused.err.as_str()), (Some(1), said));
}
