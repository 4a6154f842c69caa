//! The only port: HTTP/1.1 over TCP, with a limit on everything that a caller could prolong.
//!
//! On AWS, API Gateway protects the functions from slow callers; here nothing does. A TLS proxy in front of this
//! process must close an idle connection before [`Limits::head_within`] does.

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

/// Limits of connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of simultaneous connections; further ones wait until one of them ends.
    pub connections: usize,
    /// Time limit for the head of a request, from the end of the previous response: also the time that a connection may
    /// be idle.
    pub head_within: Duration,
    /// Maximum age of a connection, so that nobody can read a response forever. A response in progress may then finish.
    pub age: Duration,
    /// Time that a response in progress has to finish when the connection or the process ends.
    pub grace: Duration,
}

impl Limits {
    /// By default a process may have 1,024 files open; connections leave a quarter of them free. Times are of the order
    /// of API Gateway's, which waits 30 seconds for a function.
    pub const DEFAULT: Self = Self {
        connections: 768,
        head_within: Duration::from_secs(30),
        age: Duration::from_mins(10),
        grace: Duration::from_secs(10),
    };
}

/// Serves connections until `stop`, then lets responses in progress finish within [`Limits::grace`].
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
