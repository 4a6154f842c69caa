//! HTTP framing of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::app::{App, TOKEN};
use crate::support::oauth_errors::{FORM, INVALID_CLIENT, INVALID_REQUEST, TOO_LARGE, UNSUPPORTED, judge};
use crate::support::wire;

/// The parts of a good token request of HTTP/1.1, to spoil one of them.
struct Wire {
    request_line: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Wire {
    /// A request that is good but for its grant type, so that the endpoint's own refusal shows that it was read.
    fn with_unknown_grant_type(app: &App) -> Self {
        let client = app.demo_client();
        Self {
            request_line: format!("POST {TOKEN} HTTP/1.1"),
            headers: vec![
                "Host: localhost".to_owned(),
                format!("Content-Type: {FORM}"),
                format!("Authorization: Basic {}", STANDARD.encode(format!("{}:{}", client.id, client.secret))),
                "Content-Length: 12".to_owned(),
            ],
            body: b"grant_type=x".to_vec(),
        }
    }

    fn line(self, line: &str) -> Self {
        Self { request_line: line.to_owned(), ..self }
    }

    fn header(mut self, line: impl Into<String>) -> Self {
        self.headers.push(line.into());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|line| !line.to_ascii_lowercase().starts_with(&name.to_ascii_lowercase()));
        self
    }

    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn chunked(self, body: &str) -> Self {
        self.without("content-length").header("Transfer-Encoding: chunked").body(body)
    }

    fn map_headers(mut self, change: impl Fn(&str) -> String) -> Self {
        self.headers = self.headers.iter().map(|line| change(line)).collect();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let head = format!("{}\r\n{}\r\n\r\n", self.request_line, self.headers.join("\r\n"));
        [head.as_bytes(), &self.body].concat()
    }

    /// Fills the headers up to this total of names and values.
    fn filled_to(self, total: usize) -> Self {
        let now: usize = self.headers.iter().map(|line| line.len() - ": ".len()).sum();
        let filler = "a".repeat(total - now - "X-Filler".len());
        self.header(format!("X-Filler: {filler}"))
    }
}

#[tokio::test]
async fn however_a_request_is_framed_the_endpoint_reads_it_or_refuses_it() {
    let app = App::start().await;
    let wire = || Wire::with_unknown_grant_type(&app);
    let name_only = |line: &str, change: fn(&str) -> String| {
        let (name, value) = line.split_once(':').unwrap();
        format!("{}:{value}", change(name))
    };
    let cases = [
        ("as it is", wire(), UNSUPPORTED),
        ("HTTP/1.0", wire().line(&format!("POST {TOKEN} HTTP/1.0")), UNSUPPORTED),
        ("HTTP/1.0 without Host", wire().line(&format!("POST {TOKEN} HTTP/1.0")).without("host"), UNSUPPORTED),
        ("lower-case names", wire().map_headers(|l| name_only(l, str::to_lowercase)), UNSUPPORTED),
        ("upper-case names", wire().map_headers(|l| name_only(l, str::to_uppercase)), UNSUPPORTED),
        ("no space behind colons", wire().map_headers(|l| l.replacen(": ", ":", 1)), UNSUPPORTED),
        ("tabs behind colons", wire().map_headers(|l| l.replacen(": ", ":\t", 1)), UNSUPPORTED),
        ("an absolute URL", wire().line(&format!("POST http://evil.example{TOKEN} HTTP/1.1")), UNSUPPORTED),
        ("an empty query", wire().line(&format!("POST {TOKEN}? HTTP/1.1")), UNSUPPORTED),
        ("a wild query", wire().line(&format!("POST {TOKEN}?%&=&%zz HTTP/1.1")), UNSUPPORTED),
        ("another Host", wire().without("host").header("Host: evil.example"), UNSUPPORTED),
        ("an overriding method", wire().header("X-HTTP-Method-Override: GET"), UNSUPPORTED),
        ("one chunk", wire().chunked("c\r\ngrant_type=x\r\n0\r\n\r\n"), UNSUPPORTED),
        ("many chunks", wire().chunked("5\r\ngrant\r\n7;a=b\r\n_type=x\r\n000\r\n\r\n"), UNSUPPORTED),
        ("a trailer", wire().chunked("c\r\ngrant_type=x\r\n0\r\nX-Trailer: 1\r\n\r\n"), UNSUPPORTED),
        ("an undecodable chunk", wire().chunked("e\r\ngrant_type=%zz\r\n0\r\n\r\n"), INVALID_REQUEST),
        ("no chunk", wire().chunked("0\r\n\r\n"), INVALID_REQUEST),
        ("no Content-Length", wire().without("content-length").body(""), INVALID_REQUEST),
        (
            "a Content-Length of nothing",
            wire().without("content-length").header("Content-Length: 0").body(""),
            INVALID_REQUEST,
        ),
        ("a Content-Length too small", wire().without("content-length").header("Content-Length: 11"), INVALID_REQUEST),
        (
            "a body that grows over its limit by chunks",
            wire().chunked(&format!("{}0\r\n\r\n", format!("1000\r\n{}\r\n", "a".repeat(4_096)).repeat(5))),
            TOO_LARGE,
        ),
        ("a promise to continue", wire().header("Expect: 100-continue"), UNSUPPORTED),
        ("headers of 10,239 bytes", wire().filled_to(10_239), UNSUPPORTED),
        ("headers of 10,240 bytes", wire().filled_to(10_240), UNSUPPORTED),
        ("ninety headers", (0..90).fold(wire(), |w, n| w.header(format!("X-{n}: 1"))), UNSUPPORTED),
        ("an empty header", wire().header("X-Empty:"), UNSUPPORTED),
        ("raw UTF-8 in a header", wire().header("X-Name: käse"), UNSUPPORTED),
        ("two Content-Type headers", wire().header("Content-Type: text/plain"), INVALID_REQUEST),
        ("two Authorization headers", wire().header("Authorization: Basic YTpi"), INVALID_REQUEST),
        (
            "credentials for a proxy",
            wire().without("authorization").header("Proxy-Authorization: Basic YTpi"),
            INVALID_CLIENT,
        ),
    ];
    let mut wrong = Vec::new();
    for (name, wire, expected) in cases {
        let answer = wire::exchange(&app.origin, &wire.bytes(), wire::End::Open).await;
        wrong.extend(match answer {
            Some(answer) => judge(&answer, expected).map(|what| format!("{name}: {what}")),
            None => Some(format!("{name}: no answer")),
        });
    }
    assert!(wrong.is_empty(), "{} answered wrongly:\n{}", wrong.len(), wrong.join("\n"));
    app.token(&app.demo_client(), "").await.token();
}

#[tokio::test]
async fn invalid_http_and_oversized_requests_are_refused_before_the_endpoint() {
    let app = App::start().await;
    let wire = || Wire::with_unknown_grant_type(&app);
    let length = |value: &str| wire().without("content-length").header(format!("Content-Length: {value}"));
    let raw = |text: &str| text.as_bytes().to_vec();
    let cases: Vec<(&str, Vec<u8>, wire::End)> = [
        ("no version", wire().line(&format!("POST {TOKEN}"))),
        ("a version in lower case", wire().line(&format!("POST {TOKEN} http/1.1"))),
        ("an unknown version", wire().line(&format!("POST {TOKEN} HTTP/9.9"))),
        ("two spaces before the path", wire().line(&format!("POST  {TOKEN} HTTP/1.1"))),
        ("no path", wire().line("POST HTTP/1.1")),
        ("a space in the path", wire().line("POST /oauth2 /token HTTP/1.1")),
        ("a zero byte in the path", wire().line("POST /oauth2/token\0 HTTP/1.1")),
        ("a raw control character in the path", wire().line("POST /oauth2/\u{1}token HTTP/1.1")),
        ("a method of brackets", wire().line("(POST) /oauth2/token HTTP/1.1")),
        ("a space before a colon", wire().header("X-Name : 1")),
        ("a header without a colon", wire().header("X-Name")),
        ("a header without a name", wire().header(": 1")),
        ("a zero byte in a header", wire().header("X-Name: a\0b")),
        ("a carriage return in a header", wire().header("X-Name: a\rb")),
        ("a folded header", wire().header("X-Name: a\r\n b")),
        ("a header's name with a letter outside ASCII", wire().header("X-Näme: 1")),
        ("two hundred headers", (0..200).fold(wire(), |w, n| w.header(format!("X-{n}: 1")))),
        ("headers of 10,241 bytes", wire().filled_to(10_241)),
        ("headers of 60,000 bytes", wire().filled_to(60_000)),
        ("headers of a megabyte", wire().filled_to(1_000_000)),
        ("a path of a megabyte", wire().line(&format!("POST /{} HTTP/1.1", "a".repeat(1_000_000)))),
        ("a negative Content-Length", length("-1")),
        ("a Content-Length with a sign", length("+12")),
        ("a Content-Length in hexadecimal", length("0xc")),
        ("a Content-Length of letters", length("many")),
        ("an empty Content-Length", length("")),
        ("a Content-Length beyond any number", length("99999999999999999999999")),
        ("two Content-Lengths that differ", wire().header("Content-Length: 13")),
        ("two Content-Lengths in one that differ", length("12, 13")),
        ("an unknown transfer coding", wire().without("content-length").header("Transfer-Encoding: gzip")),
        ("chunked before another coding", wire().without("content-length").header("Transfer-Encoding: chunked, gzip")),
        ("a chunk of negative size", wire().chunked("-1\r\n\r\n")),
        ("a chunk of unreadable size", wire().chunked("xyz\r\n\r\n")),
        ("a chunk larger than any", wire().chunked("ffffffffffffffffff\r\n\r\n")),
        ("a chunk without its end", wire().chunked("1\r\nab\r\n0\r\n\r\n")),
    ]
    .into_iter()
    .map(|(name, wire)| (name, wire.bytes(), wire::End::Open))
    .chain([
        ("a body shorter than its Content-Length", length("100").bytes(), wire::End::Closed),
        ("chunks that stop", wire().chunked("c\r\ngrant_ty").bytes(), wire::End::Closed),
        ("TLS", raw("\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03\r\n\r\n"), wire::End::Open),
        ("SSH", raw("SSH-2.0-OpenSSH_9.9\r\n\r\n"), wire::End::Open),
        ("JSON alone", raw("{\"grant_type\":\"client_credentials\"}\r\n\r\n"), wire::End::Open),
        ("zero bytes", vec![0; 100], wire::End::Closed),
    ])
    .collect();
    let mut wrong = Vec::new();
    for (name, bytes, end) in cases {
        match wire::exchange(&app.origin, &bytes, end).await {
            Some(answer) if answer.status == 413 => wrong.push(format!("{name}: it is not too long")),
            Some(answer) if answer.status.is_client_error() && !answer.text.contains("access_token") => {}
            Some(answer) => wrong.push(format!("{name}: {} {}", answer.status, answer.text)),
            None => wrong.push(format!("{name}: no answer")),
        }
    }
    assert!(wrong.is_empty(), "{} answered wrongly:\n{}", wrong.len(), wrong.join("\n"));
    app.token(&app.demo_client(), "").await.token();
}

#[tokio::test]
async fn a_path_that_only_resembles_the_token_url_is_not_it() {
    let app = App::start().await;
    let mut wrong = Vec::new();
    for path in [
        "/",
        "//",
        "/oauth2",
        "/oauth2/",
        "/oauth2/token/",
        "/oauth2//token",
        "//oauth2/token",
        "/./oauth2/token",
        "/x/../oauth2/token",
        "/oauth2/./token",
        "/oauth2%2Ftoken",
        "/oauth2%2ftoken",
        "/oauth2%252Ftoken",
        "/oauth2%5Ctoken",
        "/oauth2\\token",
        "/oauth2/%74oken",
        "/%6Fauth2/token",
        "/oauth2/token%2F",
        "/oauth2/token%00",
        "/oauth2/token%20",
        "/oauth2/token%",
        "/oauth2/token%zz",
        "/oauth2/token%FF",
        "/oauth2/token;a=b",
        "/oauth2/token.json",
        "/oauth2/token,",
        "/oauth2/Token",
        "/OAUTH2/TOKEN",
        "/oauth2/tokens",
        "/oauth2/tok%65n",
        "/oauth2/{token}",
        "/oauth2/*",
        "/.well-known/../oauth2/token",
        "/..%2Foauth2/token",
    ] {
        let wire = Wire::with_unknown_grant_type(&app).line(&format!("POST {path} HTTP/1.1"));
        match wire::exchange(&app.origin, &wire.bytes(), wire::End::Open).await {
            Some(answer) if answer.status == 404 && !answer.text.contains("unsupported_grant_type") => {}
            Some(answer) => wrong.push(format!("{path}: {} {}", answer.status, answer.text)),
            None => wrong.push(format!("{path}: no answer")),
        }
    }
    assert!(wrong.is_empty(), "{} answered wrongly:\n{}", wrong.len(), wrong.join("\n"));
    app.token(&app.demo_client(), "").await.token();
}
