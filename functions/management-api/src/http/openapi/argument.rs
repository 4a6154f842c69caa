//! Inputs that handlers read from a request, derived from the types of their arguments.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use http::HeaderMap;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shared::domain::id::Version;

use super::DEFINITIONS;
use crate::app::Management;
use crate::app::caller::{Caller, Person};
use crate::app::context::RequestContext;
use crate::app::precondition::{IfMatch, etag};
use crate::http::body::JsonBody;
use crate::http::kind::Kind;
use crate::http::path::PathId;
use crate::http::query::{Query, ReadQuery};

/// Inputs that a handler reads from a request.
#[derive(Debug)]
pub(crate) struct Reads {
    pub(crate) schemas: SchemaGenerator,
    /// Schemas of the path parameters, in order.
    pub(crate) path: Vec<Schema>,
    /// All other parameters.
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Schema>,
    /// True if the body is optional.
    pub(crate) optional: bool,
    /// Problems that reading can cause.
    pub(crate) kinds: Vec<Kind>,
}

impl Reads {
    /// Creates an empty description.
    pub(crate) fn nothing() -> Self {
        let mut settings = SchemaSettings::draft2020_12().for_deserialize();
        settings.definitions_path = DEFINITIONS.into();
        let schemas = settings.into_generator();
        Self { schemas, path: Vec::new(), parameters: Vec::new(), body: None, optional: false, kinds: Vec::new() }
    }

    /// Adds a query whose parameters are the members of `T`.
    fn query<T: JsonSchema>(&mut self) {
        let mut settings = SchemaSettings::draft2020_12().for_deserialize();
        settings.inline_subschemas = true;
        let schema = settings.into_generator().into_root_schema_for::<T>();
        let members = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, schema) in members {
            let mut schema = without_null(schema);
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            self.parameters.push(json!({
                "name": name, "in": "query", "description": description.unwrap_or_default(), "schema": schema
            }));
        }
        self.kinds.extend([Kind::InvalidRequest, Kind::NotFound]);
    }
}

/// Returns the schema of an optional member as a parameter: a query has no null.
fn without_null(schema: Value) -> Value {
    let Value::Object(mut members) = schema else { return schema };
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = members.remove("anyOf") {
        let kept = choices.into_iter().find(|choice| choice.get("type") != Some(&json!("null")));
        let own =
            std::mem::replace(&mut members, kept.as_ref().and_then(Value::as_object).cloned().unwrap_or_default());
        members.extend(own);
    }
    if let Some(Value::Array(words)) = members.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    Value::Object(members)
}

/// An argument of a handler.
pub(crate) trait Argument {
    /// Describes what it reads from a request, and the problems that this can cause.
    fn describe(reads: &mut Reads);
}

/// All arguments of a handler.
pub(crate) trait Arguments {
    /// Describes what they read from a request, and the problems that this can cause.
    fn describe(reads: &mut Reads);
}

impl Arguments for ((),) {
    fn describe(_reads: &mut Reads) {}
}

// axum identifies a handler by the tuple of a marker and its arguments' types
macro_rules! arguments {
    ($($argument:ident),+) => {
        impl<M, $($argument: Argument),+> Arguments for (M, $($argument,)+) {
            fn describe(reads: &mut Reads) {
                $($argument::describe(reads);)+
            }
        }
    };
}

arguments!(A);
arguments!(A, B);
arguments!(A, B, C);
arguments!(A, B, C, D);
arguments!(A, B, C, D, E);
arguments!(A, B, C, D, E, F);

impl<T> Argument for Extension<T> {
    fn describe(_reads: &mut Reads) {}
}

impl Argument for State<Arc<Management>> {
    fn describe(_reads: &mut Reads) {}
}

impl Argument for RequestContext {
    fn describe(_reads: &mut Reads) {}
}

impl Argument for Caller {
    fn describe(_reads: &mut Reads) {}
}

impl Argument for Person {
    fn describe(_reads: &mut Reads) {}
}

/// Only for routes that serve files, whose headers are the same for every file.
impl Argument for HeaderMap {
    fn describe(_reads: &mut Reads) {}
}

impl Argument for IfMatch {
    fn describe(reads: &mut Reads) {
        let mut parameter = Map::new();
        parameter.insert("name".to_owned(), json!("If-Match"));
        parameter.insert("in".to_owned(), json!("header"));
        parameter.insert(
            "description".to_owned(),
            json!("The `ETag` of the version to change. The request fails if it is no longer current."),
        );
        parameter.insert("schema".to_owned(), json!({ "type": "string", "examples": [etag(Version(1))] }));
        reads.parameters.push(Value::Object(parameter));
        reads.kinds.push(Kind::PreconditionFailed);
    }
}

impl<T: PathIds> Argument for PathId<T> {
    fn describe(reads: &mut Reads) {
        T::describe(reads);
        reads.kinds.push(Kind::NotFound);
    }
}

impl<T: JsonSchema> Argument for JsonBody<T> {
    fn describe(reads: &mut Reads) {
        reads.body = Some(reads.schemas.subschema_for::<T>());
        reads.kinds.extend([Kind::MalformedBody, Kind::BodyTooLarge, Kind::UnsupportedMediaType, Kind::InvalidRequest]);
    }
}

impl<T: JsonSchema> Argument for Option<JsonBody<T>> {
    fn describe(reads: &mut Reads) {
        JsonBody::<T>::describe(reads);
        reads.optional = true;
    }
}

impl<T: ReadQuery> Argument for Query<T> {
    fn describe(reads: &mut Reads) {
        reads.query::<T>();
    }
}

/// The ids of a path, in order.
pub(crate) trait PathIds {
    /// Describes their schemas.
    fn describe(reads: &mut Reads);
}

impl<A: JsonSchema> PathIds for A {
    fn describe(reads: &mut Reads) {
        let schema = A::json_schema(&mut reads.schemas);
        match schema.get("prefixItems").and_then(Value::as_array) {
            Some(items) => reads.path.extend(items.iter().filter_map(|item| Schema::try_from(item.clone()).ok())),
            None => reads.path.push(schema),
        }
    }
}
