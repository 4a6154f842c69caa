//! A response, read to its end.

use reqwest::{RequestBuilder, StatusCode, header};
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {:?} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Status and `error` of a refusal.
    #[track_caller]
    pub fn refused(&self) -> (u16, String) {
        let error = self.json()["error"].as_str().unwrap_or_else(|| panic!("no error in {}", self.text)).to_owned();
        (self.status.as_u16(), error)
    }

    /// The access token of a success.
    #[track_caller]
    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["access_token"].as_str().unwrap().to_owned()
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// The body of what was made.
    #[track_caller]
    pub fn made(&self) -> Value {
        assert_eq!(self.status, 201, "{}", self.text);
        self.json()
    }

    /// Status and kind of a problem (RFC 9457), whose manners are checked.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{:?} {}", self.status, self.text);
        assert_eq!(self.header("cache-control"), "no-store", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{}", self.text);
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{}", self.text);
        assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
        let kind = problem["type"].as_str().unwrap().split_once("/docs/errors#").unwrap().1;
        (self.status.as_u16(), kind.to_owned())
    }

    /// The wrong fields of a refused request, in order.
    #[track_caller]
    pub fn wrong_fields(&self) -> Vec<String> {
        assert_eq!(self.problem(), (422, "invalid-request".to_owned()), "{}", self.text);
        let errors = self.json()["errors"].as_array().unwrap().clone();
        assert!(errors.iter().all(|error| !error["message"].as_str().unwrap().is_empty()), "{}", self.text);
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// The session cookie that the answer sets, as a browser sends it back.
    #[track_caller]
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split_once(';').unwrap().0.to_owned()
    }
}

/// Status and kind, to compare a problem with.
pub fn refusal(status: u16, kind: &str) -> (u16, String) {
    (status, kind.to_owned())
}
