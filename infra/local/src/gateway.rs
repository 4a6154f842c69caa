//! Emulates what API Gateway's HTTP API does to a request before a function sees it, as far as code could depend on it,
//! and evaluates what a proxy in front reports about the caller.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use ipnet::IpNet;
use shared::http::{BodyError, Source, read_body};

/// The largest body, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// The largest total of header names and values, in bytes.
const HEADER_LIMIT: usize = 10_240;
/// The header to which a proxy appends the address of its caller.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A proxy in front of this process, or the network that proxies are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// Text that is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is an IP address, or a network such as 10.0.0.0/8")]
pub struct InvalidProxy;

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;
    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let network =
            text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())).or_else(|_| text.parse());
        network.map(Self).map_err(|_| InvalidProxy)
    }
}

/// Settings that differ between deployments.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Proxies whose `X-Forwarded-For` is trusted; that of all others is ignored.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Time limit for receiving the body of a request.
    pub body_within: Duration,
}

impl Default for Gateway {
    fn default() -> Self {
        Self { trusted_proxies: Vec::new(), body_within: Duration::from_secs(30) }
    }
}

impl Gateway {
    /// Surrounds the merged routers of the functions.
    pub fn surround(self, router: Router) -> Router {
        let gateway = Arc::new(self);
        router.layer(middleware::from_fn(move |request: Request, next: Next| {
            let gateway = Arc::clone(&gateway);
            async move {
                match gateway.take(request).await {
                    Ok(request) => next.run(request).await,
                    Err((status, message)) => refuse(status, message),
                }
            }
        }))
    }

    /// Buffers the body, so that an answer never meets a caller who is still sending; joins repeated headers by a comma,
    /// and cookies as the runtime's adapter joins what it is handed one by one; notes the caller's address.
    async fn take(&self, request: Request) -> Result<Request, Refusal> {
        let (mut parts, body) = request.into_parts();
        let header_bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if header_bytes > HEADER_LIMIT {
            return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large"));
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // RFC 9112 section 3.2; what this process asks itself comes over no connection and names no host
        let hosts = parts.headers.get_all(header::HOST).iter().count();
        if hosts > 1 || (hosts == 0 && peer.is_some() && parts.version == Version::HTTP_11) {
            return Err(BAD_REQUEST);
        }
        if let Some(peer) = peer {
            parts.extensions.insert(self.source(peer, &parts.headers));
        }
        let body = self.read(body).await?;
        parts.headers = joined(&parts.headers);
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    async fn read(&self, body: Body) -> Result<Bytes, Refusal> {
        match tokio::time::timeout(self.body_within, read_body(body, BODY_LIMIT)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(BodyError::TooLong)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")),
            Ok(Err(BodyError::Broken(_))) => Err(BAD_REQUEST),
            Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "Request Timeout")),
        }
    }

    /// Returns the address of the caller: the peer or, if that is a trusted proxy, the address that it reports, and so
    /// on from right to left. Anything left of the first untrusted address was written by that untrusted party.
    fn source(&self, peer: IpAddr, headers: &HeaderMap) -> Source {
        let told = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut hops = told.flat_map(|value| value.as_bytes().rsplit(|&byte| byte == b','));
        let mut source = peer.to_canonical();
        while self.trusts(source) {
            match hops.next().and_then(address) {
                Some(hop) => source = hop,
                None => break,
            }
        }
        Source(source)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|TrustedProxy(network)| network.contains(&address))
    }
}

/// An address as proxies write it, some of them with a port.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = hop.parse().ok().or_else(with_port)?;
    Some(IpAddr::to_canonical(&address))
}

/// Status and message of an answer that no function gave.
type Refusal = (StatusCode, &'static str);

const BAD_REQUEST: Refusal = (StatusCode::BAD_REQUEST, "Bad Request");

fn refuse(status: StatusCode, message: &'static str) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (status, no_store, axum::Json(serde_json::json!({ "message": message }))).into_response()
}

fn joined(headers: &HeaderMap) -> HeaderMap {
    let mut joined = HeaderMap::with_capacity(headers.keys_len());
    for name in headers.keys() {
        let mut values = headers.get_all(name).iter();
        let separator = if name == header::COOKIE { "; " } else { "," };
        let first = values.next().cloned().unwrap_or(HeaderValue::from_static(""));
        let value = values.fold(first, |value, next| {
            let both = [value.as_bytes(), separator.as_bytes(), next.as_bytes()].concat();
            HeaderValue::from_bytes(&both).unwrap_or(value)
        });
        joined.insert(name, value);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(trusted: &[&str], peer: &str, told: &[&str]) -> String {
        let trusted_proxies = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let gateway = Gateway { trusted_proxies, ..Gateway::default() };
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        gateway.source(peer.parse().unwrap(), &headers).0.to_string()
    }

    #[test]
    fn only_a_trusted_peer_says_for_whom_it_speaks() {
        assert_eq!(source(&[], "127.0.0.1", &["198.51.100.1"]), "127.0.0.1");
        assert_eq!(source(&["127.0.0.1"], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(source(&["127.0.0.1"], "127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(source(&["127.0.0.1"], "::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(source(&["127.0.0.1"], "127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn the_address_that_counts_is_the_right_most_of_a_stranger() {
        let chain = ["192.0.2.66, 198.51.100.1", "10.1.2.3"];
        assert_eq!(source(&["127.0.0.1", "10.0.0.0/8"], "127.0.0.1", &chain), "198.51.100.1");
        assert_eq!(source(&["127.0.0.1"], "127.0.0.1", &chain), "10.1.2.3");
        assert_eq!(source(&["127.0.0.1"], "127.0.0.1", &["198.51.100.1, nonsense"]), "127.0.0.1");
        assert_eq!(source(&["127.0.0.1"], "127.0.0.1", &["192.0.2.66", "é, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(source(&["127.0.0.1"], "127.0.0.1", &["192.0.2.66", "é"]), "127.0.0.1");
        assert_eq!(source(&["10.0.0.0/8"], "10.0.0.1", &["10.0.0.3,10.0.0.2"]), "10.0.0.3");
        assert_eq!(source(&["::1"], "::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(source(&["::1"], "::1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(source(&["::1"], "::1", &["198.51.100.1:4711"]), "198.51.100.1");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for good in ["127.0.0.1", "::1", "10.0.0.0/8", "fd00::/8"] {
            assert!(good.parse::<TrustedProxy>().is_ok(), "{good}");
        }
        for bad in ["", "localhost", "10.0.0.0/33", "10.0.0.0/", "127.0.0.1:80", "*"] {
            assert_eq!(bad.parse::<TrustedProxy>(), Err(InvalidProxy), "{bad}");
        }
    }
}
