//! The description of all routes, as JSON and as a page.

use std::sync::OnceLock;

use serde_json::{Value, json};
use shared::http::Issuer;

use super::page::render;
use super::{Content, document};
use crate::http::route::Route;

/// The description of all routes, rendered once, at the first request: it is public.
#[derive(Debug)]
pub(crate) struct Description {
    routes: Vec<Route>,
    /// Response body of a change that needs approval.
    waiting: Content,
    document: OnceLock<Value>,
    json: OnceLock<String>,
    page: OnceLock<String>,
}

impl Description {
    /// Describes `routes`; those whose changes need approval respond with `waiting`.
    pub(crate) fn new(routes: Vec<Route>, waiting: Content) -> Self {
        Self { routes, waiting, document: OnceLock::new(), json: OnceLock::new(), page: OnceLock::new() }
    }

    /// Returns the document as JSON, with the URL of this deployment.
    pub(crate) fn json(&self, issuer: &Issuer) -> String {
        let members = self.json.get_or_init(|| self.document().to_string().split_off(1));
        let servers = json!([{ "url": issuer.as_str() }]);
        format!("{{\"servers\":{servers},{members}")
    }

    /// Returns the document as an HTML page.
    pub(crate) fn page(&self) -> &str {
        self.page.get_or_init(|| render(self.document()))
    }

    fn document(&self) -> &Value {
        self.document.get_or_init(|| document::build(&self.routes, self.waiting))
    }
}
