//! The table of malformed requests, and ways to add one.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder};

use crate::support::app::{App, INTROSPECT, REVOKE, TOKEN};
use crate::support::clients::TestClient;
use crate::support::oauth_errors::{FORM, Refusal};

pub const GRANT: &str = "grant_type=client_credentials";

pub const PATHS: [&str; 3] = [TOKEN, INTROSPECT, REVOKE];

/// The largest body that is read.
pub const BODY_LIMIT: usize = 16 * 1024;

/// The longest secret that is looked at.
pub const SECRET_LIMIT: usize = 512;

pub struct Case {
    pub name: String,
    pub request: RequestBuilder,
    pub expected: Refusal,
}

pub struct Table<'a> {
    pub app: &'a App,
    pub client: TestClient,
    pub cases: Vec<Case>,
}

impl Table<'_> {
    pub fn add(&mut self, name: impl Into<String>, expected: Refusal, request: RequestBuilder) {
        self.cases.push(Case { name: name.into(), request, expected });
    }

    pub fn anonymous(&self, path: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
        self.app.request(Method::POST, path).header(CONTENT_TYPE, FORM).body(body.into())
    }

    /// A form to an endpoint with the client's own good Basic header.
    pub fn authenticated(&self, path: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
        self.anonymous(path, body).basic_auth(&self.client.id, Some(&self.client.secret))
    }

    pub fn with_authorization(&self, path: &str, value: &[u8]) -> RequestBuilder {
        let body = format!("{GRANT}&token=x");
        self.anonymous(path, body).header(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())
    }

    /// A token request whose parameter `name` has this value, as it stands on the wire. Credentials that are under
    /// test themselves go into the body, others into the header.
    pub fn parameter(&self, name: &str, value: &[u8]) -> RequestBuilder {
        let TestClient { id, secret } = &self.client;
        let [before, after] = match name {
            "grant_type" => ["grant_type=".to_owned(), String::new()],
            "client_id" => [format!("{GRANT}&client_secret={secret}&client_id="), String::new()],
            "client_secret" => [format!("{GRANT}&client_id={id}&client_secret="), String::new()],
            other => [format!("{GRANT}&{other}="), "&state=1".to_owned()],
        };
        let body = [before.as_bytes(), value, after.as_bytes()].concat();
        if name.starts_with("client_") { self.anonymous(TOKEN, body) } else { self.authenticated(TOKEN, body) }
    }
}

/// What form decoding cannot take: percent escapes cut short or not hexadecimal, and bytes that are not UTF-8.
pub const UNDECODABLE: &[(&str, &[u8])] = &[
    ("a lone percent sign", b"%"),
    ("a percent sign before one digit", b"%2"),
    ("an escape of letters", b"%zz"),
    ("an escape whose second digit is none", b"%0g"),
    ("an escape whose first digit is none", b"%G0"),
    ("an escape as JavaScript writes it", b"%u0041"),
    ("two percent signs", b"%%"),
    ("a percent sign at the end", b"a%"),
    ("a space inside an escape", b"%+41"),
    ("a sign inside an escape", b"%-1"),
    ("an escaped byte that begins nothing", b"%FF"),
    ("an escaped sequence cut short", b"%C3"),
    ("an escaped sequence that goes on wrongly", b"%C3%28"),
    ("an escaped surrogate", b"%ED%A0%80"),
    ("an escaped overlong slash", b"%C0%AF"),
    ("an escaped overlong zero", b"%C0%80"),
    ("an escaped character beyond Unicode", b"%F5%80%80%80"),
    ("an escaped lone continuation", b"%80"),
    ("a raw byte that begins nothing", b"\xff"),
    ("a raw sequence cut short", b"\xe2\x82"),
    ("a raw sequence that goes on wrongly", b"\xc3\x28"),
    ("a raw letter of Latin-1", b"caf\xe9"),
    ("a raw byte order mark of UTF-16", b"\xff\xfeg\x00"),
];
