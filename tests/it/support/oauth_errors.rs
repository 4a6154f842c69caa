//! Refusals of the OAuth endpoints (RFC 6749 section 5.2).

use crate::support::answer::Answer;

pub const FORM: &str = "application/x-www-form-urlencoded";

/// A status and the `error` that belongs to it.
pub type Refusal = (u16, &'static str);

pub const INVALID_REQUEST: Refusal = (400, "invalid_request");

pub const TOO_LARGE: Refusal = (413, "invalid_request");

pub const WRONG_METHOD: Refusal = (405, "invalid_request");

pub const INVALID_CLIENT: Refusal = (401, "invalid_client");

pub const INVALID_SCOPE: Refusal = (400, "invalid_scope");

pub const INVALID_TARGET: Refusal = (400, "invalid_target");

pub const UNSUPPORTED: Refusal = (400, "unsupported_grant_type");

/// What is wrong with an answer, if anything is.
pub fn judge(answer: &Answer, (status, error): Refusal) -> Option<String> {
    let body: serde_json::Value = match serde_json::from_str(&answer.text) {
        Ok(body) => body,
        Err(e) => return Some(format!("{} with a body that is not JSON ({e}): {:?}", answer.status, answer.text)),
    };
    let description = body["error_description"].as_str().unwrap_or("");
    let plain = |b: u8| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    let challenge = answer.header("www-authenticate");
    let checks = [
        (answer.status.as_u16() == status && body["error"] == error, "another refusal"),
        (body.as_object().is_some_and(|body| body.len() == 2), "other members than error and error_description"),
        (!description.is_empty() && description.bytes().all(plain), "a description outside its grammar"),
        (answer.header("content-type") == "application/json", "another content type"),
        (answer.header("cache-control") == "no-store" && answer.header("pragma") == "no-cache", "may be kept"),
        (challenge.starts_with("Basic ") == (status == 401), "a challenge that does not fit"),
        (answer.header("allow") == if status == 405 { "POST" } else { "" }, "an Allow that does not fit"),
        (!answer.header("x-request-id").is_empty(), "no request id"),
    ];
    let wrong: Vec<&str> = checks.iter().filter(|(holds, _)| !holds).map(|(_, what)| *what).collect();
    (!wrong.is_empty()).then(|| format!("{}: {} {} {challenge}", wrong.join(", "), answer.status, answer.text))
}
