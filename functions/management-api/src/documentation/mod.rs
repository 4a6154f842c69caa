//! Pages for people: the description of the API, and its errors.

mod errors;
mod openapi;

pub(crate) use errors::errors;
pub(crate) use openapi::{openapi, page, style};

/// Content security policy of the pages: allows only their own stylesheet.
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
