//! Serves a router on Lambda behind an HTTP API.

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use http::Extensions;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;

use super::Source;

/// Serves events of the HTTP API payload format 2.0 until the platform ends the process.
///
/// # Errors
/// The runtime's, where the platform does not answer it.
pub async fn serve(router: Router) -> Result<(), lambda_http::Error> {
    lambda_http::run(with_sources(router)).await
}

/// Adds a layer that puts the caller's address from an HTTP API's event into each request.
pub fn with_sources(router: Router) -> Router {
    router.layer(middleware::map_request(with_source))
}

/// Reads the caller's address from the request context, which API Gateway writes, never from a header.
async fn with_source(mut request: Request) -> Request {
    let address = gateway_context(request.extensions()).and_then(|context| context.http.source_ip.as_deref());
    if let Some(address) = address.and_then(|text| text.parse::<IpAddr>().ok()) {
        request.extensions_mut().insert(Source(address));
    }
    request
}

/// The request id of API Gateway, as in its access log.
pub(super) fn gateway_request_id(extensions: &Extensions) -> Option<&str> {
    gateway_context(extensions)?.request_id.as_deref()
}

fn gateway_context(extensions: &Extensions) -> Option<&ApiGatewayV2httpRequestContext> {
    match extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => Some(context),
        _ => None,
    }
}
