//! `Idempotency-Key`: a creation that is sent twice is carried out once (draft-ietf-httpapi-idempotency-key-header).

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use shared::domain::idempotency::{Outcome, Remembered};
use shared::telemetry::chain;

use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::{ApiError, IdempotencyError};

/// The header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key.
pub(crate) const MAX_KEY: usize = 255;

/// Marks a response that contains a new secret: the idempotency key stores the ids instead of the body.
#[derive(Debug, Clone)]
pub(crate) struct SecretShown {
    pub(crate) client_id: String,
    pub(crate) secret_id: String,
}

/// Carries a request out, or repeats the response to the first one with the same key.
pub(crate) async fn guard(
    State(app): State<Arc<Management>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(key) = key(request.headers())? else { return Ok(next.run(request).await) };
    let caller = request.extensions().get::<Caller>().cloned().ok_or(ApiError::Ungated)?;
    let (parts, body) = request.into_parts();
    let body = super::body::read(body).await?;
    let asked = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let precondition = parts.headers.get(header::IF_MATCH).map_or(&b""[..], HeaderValue::as_bytes);
    let digest = digest(&[asked.as_bytes(), precondition, &body]);
    let subject = self::digest(&[caller.actor().id().as_bytes(), caller.context.route.as_bytes(), key.as_bytes()]);
    let this = Remembered::begin(digest, caller.context.at);
    if let Some(first) = app.idempotency.begin(&subject, &this).await? {
        return again(&this, first);
    }
    let answer = next.run(axum::extract::Request::from_parts(parts, Body::from(body))).await;
    remember(&app, &subject, &this, answer).await
}

/// Returns the key of a request, if any.
fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let printable =
        |text: &&str| (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    match value.to_str().ok().filter(printable) {
        Some(key) if values.next().is_none() => Ok(Some(key.to_owned())),
        _ => {
            Err(ApiError::invalid("Idempotency-Key", format!("must be one key of 1 to {MAX_KEY} printable characters")))
        }
    }
}

/// Returns the SHA-256 of several texts, such that different splits of the same text differ.
fn digest(texts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text);
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

/// Returns the response to a request whose key was used before.
fn again(this: &Remembered, first: Remembered) -> Result<Response, ApiError> {
    if first.digest != this.digest {
        return Err(IdempotencyError::KeyReused.into());
    }
    match first.outcome {
        None if first.may_run(this.began_at) => Err(IdempotencyError::StillRunning.into()),
        None => Err(IdempotencyError::OutcomeUnknown.into()),
        Some(Outcome::SecretMade { client_id, secret_id }) => {
            Err(IdempotencyError::AlreadyCreated { client_id, secret_id }.into())
        }
        Some(Outcome::Answered { status, location, etag, body }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut answer = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
            for (name, value) in [(header::LOCATION, location), (header::ETAG, etag)] {
                let value = value.and_then(|value| HeaderValue::try_from(value).ok());
                answer.headers_mut().extend(value.map(|value| (name, value)));
            }
            Ok(answer)
        }
    }
}

/// Stores a successful response for repeated requests, without any secret in it. A refusal is forgotten, because
/// nothing happened; a failure with an unknown outcome is kept, so that the request is never carried out again.
///
/// If storing fails, the caller still gets the response, and the outcome of the key stays unknown.
async fn remember(app: &Management, subject: &str, this: &Remembered, answer: Response) -> Result<Response, ApiError> {
    if !answer.status().is_success() {
        let open = answer.extensions().get::<Arc<ApiError>>().is_none_or(|error| error.leaves_open());
        if open {
            return Ok(answer);
        }
        if let Err(error) = app.idempotency.forget(subject, this).await {
            tracing::warn!(error = chain(&error), "an idempotency key could not be forgotten");
        }
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| ApiError::Panicked)?;
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let outcome = match parts.extensions.get::<SecretShown>().cloned() {
        Some(SecretShown { client_id, secret_id }) => Outcome::SecretMade { client_id, secret_id },
        None => Outcome::Answered {
            status: parts.status.as_u16(),
            location: text(header::LOCATION),
            etag: text(header::ETAG),
            body: String::from_utf8_lossy(&body).into_owned(),
        },
    };
    if let Err(error) = app.idempotency.end(subject, this, &outcome).await {
        tracing::warn!(error = chain(&error), "what came of an idempotency key could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_255_printable_characters() {
        let of = |value: &[u8]| {
            let value = HeaderValue::from_bytes(value).unwrap();
            key(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, value)]))
        };
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
        for good in ["a", "\"8e03978e-40d5\"", &"a".repeat(255)] {
            assert_eq!(of(good.as_bytes()).unwrap().as_deref(), Some(good));
        }
        for bad in [&b""[..], "é".as_bytes(), b"a\tb", &[b'a'; 256]] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn texts_that_are_cut_elsewhere_have_another_digest() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
