//! `GET /openapi.json`, and `GET /docs` for people.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse};
use http::header;

use super::PAGE_POLICY;
use crate::app::Management;
use crate::http::openapi::Description;

const CACHED: &str = "public, max-age=300";
const STYLE: &str = include_str!("style.css");

/// `GET /openapi.json`: the document with the URL of this deployment.
pub(crate) async fn openapi(
    State(app): State<Arc<Management>>,
    Extension(description): Extension<Arc<Description>>,
) -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, CACHED), (header::CONTENT_TYPE, "application/json")];
    (headers, description.json(&app.issuer))
}

/// `GET /docs`: the document as a page.
pub(crate) async fn page(Extension(description): Extension<Arc<Description>>) -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, CACHED), (header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    (headers, Html(description.page().to_owned()))
}

/// `GET /docs/style.css`: the style of the pages.
pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, CACHED), (header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}
