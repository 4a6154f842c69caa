//! Middleware for every response: complete problems, and security headers.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, header};
use shared::domain::id::RequestId;
use shared::entropy;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::Management;
use crate::app::error::ApiError;

/// Default headers of responses: no caching, sniffing, framing or scripts.
const USUAL: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Adds the middleware to the routes.
pub(crate) fn surround(router: Router<Arc<Management>>, app: &Arc<Management>) -> Router<Arc<Management>> {
    router
        .fallback(|| async { ApiError::NotFound("path") })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| ApiError::Panicked.into_response()))
        .layer(middleware::from_fn_with_state(Arc::clone(app), complete))
}

async fn complete(State(app): State<Arc<Management>>, request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
        let problem = error.problem();
        error.log(problem.status);
        let request_id = request_id.unwrap_or_else(|| RequestId::random(&mut entropy::os_rng()));
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.into_response(&app.issuer.url("/docs/errors"), &request_id);
        response.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
    }
    for (name, value) in USUAL {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
