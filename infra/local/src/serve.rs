//! The one port: HTTP/1.1 over TCP, with a bound on whatever a caller could draw out.
//!
//! API Gateway stands before the functions on AWS and keeps slow callers from them; here nobody does. A TLS proxy in
//! front of this process has to give up an idle connection before [`Limits::head_within`] does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// What a connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections there are at once; whoever comes then waits until one of them ends.
    pub connections: usize,
    /// How long the head of a request may take, from the end of the answer before it: also how long a connection may
    /// be idle.
    pub head_within: Duration,
    /// How long a connection lasts, so that nobody reads an answer for ever. What is being answered then may end.
    pub age: Duration,
    /// How long what is being answered may take to end when the connection or the process does.
    pub grace: Duration,
}

impl Limits {
    /// A process may have 1,024 files open unless it is told otherwise; connections leave it a quarter of them. Times
    /// are those of API Gateway's order: it waits 30 seconds for a function.
    pub const DEFAULT: Self = Self {
        connections: 768,
        head_within: Duration::from_secs(30),
        age: Duration::from_mins(10),
        grace: Duration::from_secs(10),
    };
}

/// Answers whoever connects until `stop`, then lets what is being answered end within [`Limits::grace`].
///
/// Each request carries the address of its peer as [`ConnectInfo`].
pub async fn serve(mut listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let running = watch::Sender::new(());
    let mut connections = JoinSet::new();
    let accepting = async {
        // the semaphore is never closed
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            // which waits where there are no more files, and goes on where a caller is gone already
            let (stream, peer) = Listener::accept(&mut listener).await;
            let connection = converse(stream, peer, router.clone(), limits, running.subscribe());
            connections.spawn(async move {
                connection.await;
                drop(place);
            });
            while connections.try_join_next().is_some() {}
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stop => {}
    }
    drop((listener, running));
    // a little more than each of them takes for itself
    let ended = async { while connections.join_next().await.is_some() {} };
    drop(tokio::time::timeout(limits.grace.saturating_add(Duration::from_secs(1)), ended).await);
}

/// Answers the requests of one connection, one after the other.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    mut running: watch::Receiver<()>,
) {
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_within);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // how it ended is the caller's affair: what went wrong in a handler was answered and logged there
        _ = connection.as_mut() => return,
        // nothing is ever sent: it ends when the other side is gone
        _ = running.changed() => {}
        () = tokio::time::sleep(limits.age) => {}
    }
    connection.as_mut().graceful_shutdown();
    drop(tokio::time::timeout(limits.grace, connection).await);
}
