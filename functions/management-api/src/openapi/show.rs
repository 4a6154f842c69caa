//! `GET /openapi.json`, and `GET /docs` for people.

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::response::{Html, IntoResponse};
use http::header;

use super::document::{DOCUMENT, document};
use crate::Management;

/// What the pages may do in a browser: be read, in the style that stands beside them.
pub(crate) const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CACHED: &str = "public, max-age=300";
const STYLE: &str = include_str!("style.css");
/// Rendered once, since nobody has to sign in to read it.
static PAGE: LazyLock<String> = LazyLock::new(|| super::page::render(&DOCUMENT));

/// The document as JSON.
pub(crate) async fn show(State(app): State<Arc<Management>>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, CACHED), (header::CONTENT_TYPE, "application/json")], document(&app.issuer))
}

/// The document as a page.
pub(crate) async fn page() -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, CACHED), (header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    (headers, Html(PAGE.as_str()))
}

/// How the pages of the documentation look.
pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, CACHED), (header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}
