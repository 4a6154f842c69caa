//! Requests and responses in payload format 2.0 of API Gateway's HTTP API.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What API Gateway calls the requests.
pub const REQUEST_ID: &str = "JKJaXmPLvHcESHA=";

/// A request on its way to a function.
#[derive(Debug, Clone)]
pub struct Event {
    method: &'static str,
    path: String,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: Option<String>,
    base64: bool,
}

impl Event {
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    fn new(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: BTreeMap::from([("host".to_owned(), "id.example".to_owned())]),
            cookies: Vec::new(),
            body: None,
            base64: false,
        }
    }

    /// Adds a header; a second value of the same name is joined to the first by a comma, as the gateway does.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .entry(name.to_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
        self
    }

    pub fn cookie(mut self, pair: &str) -> Self {
        self.cookies.push(pair.to_owned());
        self
    }

    pub fn form(self, body: &str) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned())
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    fn body(self, body: String) -> Self {
        let length = body.len().to_string();
        Self { body: Some(body), ..self }.header("content-length", &length)
    }

    /// Lets the body travel in base64.
    pub fn base64(mut self) -> Self {
        self.base64 = true;
        self
    }

    /// The event as the runtime gives it to the function.
    pub fn payload(&self) -> Value {
        let mut payload = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "rawQueryString": "",
            "headers": self.headers,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "api",
                "domainName": "id.example",
                "domainPrefix": "id",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7",
                    "userAgent": "tests",
                },
                "requestId": REQUEST_ID,
                "routeKey": "$default",
                "stage": "$default",
                "time": "10/Mar/2026:05:16:23 +0000",
                "timeEpoch": 1_773_119_783_000_i64,
            },
            "isBase64Encoded": self.base64,
        });
        if !self.cookies.is_empty() {
            payload["cookies"] = json!(self.cookies);
        }
        if let Some(body) = &self.body {
            payload["body"] = json!(if self.base64 { STANDARD.encode(body) } else { body.clone() });
        }
        payload
    }
}

/// What a function answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u64,
    pub headers: BTreeMap<String, String>,
    pub cookies: Vec<String>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads a function's answer; none where it is none of payload format 2.0.
    pub fn read(payload: &Value) -> Option<Self> {
        let texts = |value: &Value| serde_json::from_value::<Vec<String>>(value.clone()).ok();
        let body = payload["body"].as_str().unwrap_or_default();
        let body = if payload["isBase64Encoded"].as_bool()? { STANDARD.decode(body).ok()? } else { body.into() };
        Some(Self {
            status: payload["statusCode"].as_u64()?,
            headers: serde_json::from_value(payload["headers"].clone()).ok()?,
            cookies: texts(&payload["cookies"]).unwrap_or_default(),
            body,
        })
    }

    /// The value of a header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub const TOKEN: &str = "/partner/oauth2/token";

pub fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")))
}

pub fn token_request() -> Event {
    Event::post(TOKEN).form("grant_type=client_credentials")
}
