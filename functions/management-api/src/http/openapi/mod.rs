//! The description of the management API (OpenAPI 3.1), generated from the table of routes and the request and response
//! types of its handlers.

mod argument;
mod description;
mod document;
mod header;
mod page;

pub(crate) use argument::{Arguments, Reads};
pub(crate) use description::Description;
pub use header::ResponseHeader;

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// The place of schemas in the document.
const DEFINITIONS: &str = "/components/schemas";

/// The successful response of a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Success {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
}

/// The body of a response.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// No body.
    Nothing,
    /// JSON with this schema.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Text of one of these media types.
    Text(&'static [&'static str]),
}

impl Content {
    /// Returns JSON with the schema of a type.
    pub(crate) fn json<T: JsonSchema>() -> Self {
        Self::Json(SchemaGenerator::subschema_for::<T>)
    }
}
