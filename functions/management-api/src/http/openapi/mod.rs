//! The description of the management API (OpenAPI 3.1), made of the table of routes and the types that its handlers
//! read and answer with.

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

/// What a route answers with where nothing is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Success {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
}

/// What the body of an answer is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// There is none.
    Nothing,
    /// JSON of this form.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// Text of one of these media types.
    Text(&'static [&'static str]),
}

impl Content {
    /// JSON of a type's form.
    pub(crate) fn json<T: JsonSchema>() -> Self {
        Self::Json(SchemaGenerator::subschema_for::<T>)
    }
}
