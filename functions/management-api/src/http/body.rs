//! Request bodies: JSON of a known schema, or an error that names the invalid field.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use http::{HeaderMap, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;
use shared::domain::time::Expiry;
use shared::http::{BodyError, read_body};

use crate::app::error::ApiError;

/// Maximum size of a body, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        parse(&read(request.into_body()).await?).map(Self)
    }
}

/// An optional body, whose content type can also be omitted.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, ApiError> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return <Self as FromRequest<S>>::from_request(request, state).await.map(Some);
        }
        if read(request.into_body()).await?.is_empty() { Ok(None) } else { Err(ApiError::UnsupportedMediaType) }
    }
}

/// Reads a body of at most [`MAX_BODY_BYTES`].
pub(super) async fn read(body: Body) -> Result<Bytes, ApiError> {
    read_body(body, MAX_BODY_BYTES).await.map_err(|error| match error {
        BodyError::TooLong => ApiError::BodyTooLarge,
        BodyError::Broken(_) => ApiError::MalformedBody("it ended early".to_owned()),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // parse as any JSON first, so that truncated JSON and an invalid field are never mistaken for each other
    serde_json::from_slice::<Value>(bytes).map_err(|e| malformed(&e))?;
    // serde would accept an array as an object, with its fields in order
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(ApiError::invalid("body", "must be an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|e| refusal(&e.path().to_string(), e.inner()))
}

fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::MalformedBody(format!("line {}, column {}: {}", error.line(), error.column(), message(error)))
}

fn refusal(path: &str, error: &serde_json::Error) -> ApiError {
    let message = match error.classify() {
        Category::Data => message(error),
        // serde_json's error for a value that is not a string where an enum is expected
        Category::Syntax | Category::Eof | Category::Io => "has a wrong type".to_owned(),
    };
    ApiError::invalid(field(path, &message), message)
}

/// Returns the error message without line and column.
fn message(error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// Returns the name of the invalid field. serde names a missing or unknown field only in its message.
fn field(path: &str, message: &str) -> String {
    let quoted = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| name);
    match (path, quoted) {
        (".", Some(name)) => name.to_owned(),
        (".", None) => "body".to_owned(),
        (path, Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    }
}

/// Reads an object with arbitrary members, and rejects duplicates.
pub(crate) fn unique<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    struct Unique<K, V>(PhantomData<(K, V)>);

    impl<'de, K: Deserialize<'de> + Ord + fmt::Display, V: Deserialize<'de>> Visitor<'de> for Unique<K, V> {
        type Value = BTreeMap<K, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut read = BTreeMap::new();
            while let Some((key, value)) = members.next_entry::<K, V>()? {
                let twice = format!("{key} is given twice");
                if read.insert(key, value).is_some() {
                    return Err(A::Error::custom(twice));
                }
            }
            Ok(read)
        }
    }

    deserializer.deserialize_map(Unique(PhantomData))
}

/// Does the same for a field that can be absent but not null.
pub(crate) fn present_and_unique<'de, D, K, V>(deserializer: D) -> Result<Option<BTreeMap<K, V>>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + Ord + fmt::Display,
    V: Deserialize<'de>,
{
    unique(deserializer).map(Some)
}

/// Reads a field that can be absent but not null.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads a field that is an object. serde would accept an array, with the fields in order.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Members<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members))
        }
    }

    deserializer.deserialize_map(Members(PhantomData))
}

/// Rejects a field that cannot be changed after creation.
pub(crate) fn permanent<'de, D: Deserializer<'de>>(_deserializer: D) -> Result<(), D::Error> {
    Err(D::Error::custom("is fixed at creation and cannot be changed"))
}

/// An `expires_at` as it is asked for: null is never, nothing is the default.
#[derive(Default, JsonSchema)]
#[schemars(transparent)]
pub(crate) struct RequestedExpiry(#[schemars(with = "Option<Timestamp>")] pub(crate) Expiry);

impl<'de> Deserialize<'de> for RequestedExpiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let at = Option::<Timestamp>::deserialize(deserializer)?;
        Ok(Self(at.map_or(Expiry::Never, Expiry::At)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::client::Environment;
    use shared::domain::text::Name;

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Asked {
        name: Name,
        #[serde(default, deserialize_with = "permanent", rename = "key")]
        _key: (),
        #[serde(default, deserialize_with = "present")]
        count: Option<u8>,
        #[serde(default)]
        inner: BTreeMap<String, Inner>,
        environment: Option<Environment>,
        #[serde(default, deserialize_with = "object_or_nothing")]
        only: Option<Inner>,
    }

    fn object_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Inner>, D::Error> {
        object(deserializer).map(Some)
    }

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading is tested")]
        depth: u8,
    }

    fn wrong_field(json: &str) -> (String, String) {
        match parse::<Asked>(json.as_bytes()) {
            Err(ApiError::Invalid(mut errors)) => errors.pop().map(|error| (error.field, error.message)).unwrap(),
            Err(other) => panic!("{json}: {other:?}"),
            Ok(_) => panic!("{json} was taken"),
        }
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (json, field, message) in [
            ("{}", "name", "missing field `name`"),
            (r#"{"name":"a","colour":1}"#, "colour", "unknown field `colour`"),
            (r#"{"name":"a","name":"b"}"#, "name", "duplicate field `name`"),
            (r#"{"name":5}"#, "name", "invalid type: integer `5`, expected a string"),
            (r#"{"name":" "}"#, "name", "must not be empty"),
            (r#"{"name":"a","key":"b"}"#, "key", "is fixed at creation and cannot be changed"),
            (r#"{"name":"a","key":null}"#, "key", "is fixed at creation and cannot be changed"),
            (r#"{"name":"a","count":null}"#, "count", "invalid type: null, expected u8"),
            (r#"{"name":"a","inner":{"x":{}}}"#, "inner.x.depth", "missing field `depth`"),
            (r#"{"name":"a","inner":{"x":{"deep":1}}}"#, "inner.x.deep", "unknown field `deep`"),
            (r#"{"name":"a","environment":"moon"}"#, "environment", "unknown variant `moon`"),
            (r#"{"name":"a","environment":7}"#, "environment", "has a wrong type"),
            (r#"{"name":"a","environment":[]}"#, "environment", "has a wrong type"),
            (r#"{"name":"a","only":[7]}"#, "only", "invalid type: sequence, expected an object"),
            (r#"{"name":"a","only":null}"#, "only", "invalid type: null, expected an object"),
            (r#"{"name":"a","only":{"depth":"x"}}"#, "only.depth", "invalid type: string"),
            ("[]", "body", "must be an object"),
            ("7", "body", "invalid type: integer `7`, expected struct Asked"),
        ] {
            let (at, why) = wrong_field(json);
            assert_eq!(at, field, "{json}");
            assert!(why.starts_with(message), "{json}: {why}");
        }
    }

    #[test]
    fn a_refusal_is_short_whatever_was_sent() {
        let long = "é".repeat(20_000);
        for json in [format!("{{\"name\":\"a\",\"{long}\":1}}"), format!("{{\"name\":\"a\",\"count\":\"{long}\"}}")] {
            let (at, why) = wrong_field(&json);
            assert!(at.chars().count() <= 201 && why.chars().count() <= 201, "{at}: {why}");
            assert!(why.ends_with('…'), "{why}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (json, place) in [
            ("", "line 1, column 0"),
            ("{\n  \"name\": }", "line 2, column 11"),
            ("{\"name\":\"a\"} x", "line 1, column 14"),
            ("{\"colour\":", "line 1, column 10"),
            ("{\"colour\":\"\\ud800\"}", "line 1, column 18"),
            ("{\"colour\":1e999}", "line 1, column 15"),
        ] {
            match parse::<Asked>(json.as_bytes()) {
                Err(ApiError::MalformedBody(why)) => assert!(why.starts_with(place), "{json}: {why}"),
                _ => panic!("{json} was taken"),
            }
        }
    }

    #[test]
    fn only_json_is_announced_as_json() {
        let of = |value: &str| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]));
        assert!(of("application/json") && of("Application/JSON; charset=utf-8"));
        assert!(!of("text/plain") && !of("application/x-www-form-urlencoded") && !is_json(&HeaderMap::new()));
    }
}
