//! `POST /oauth2/revoke`: revokes a token (RFC 7009).

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::telemetry::metrics::{self, Metric};

use crate::endpoint::TokenEndpoint;
use crate::error::{TokenError, no_store};
use crate::introspection::token_of;
use crate::request::FormRequest;

/// The path below the issuer.
pub const PATH: &str = "/oauth2/revoke";

/// Answers 200 for every token (RFC 7009 section 2.2). Only a token of the caller is revoked.
pub(crate) async fn handle(
    State(endpoint): State<Arc<TokenEndpoint>>,
    request: FormRequest,
) -> Result<Response, TokenError> {
    let now = endpoint.clock.now();
    let form = request.form()?;
    let caller = endpoint.authenticate(&request, &form, now).await?;
    let claims = endpoint.verified_claims(token_of(&form)?, now).await?;
    if let Some(claims) = claims.filter(|claims| claims.client_id == caller.client_id) {
        endpoint.revocations.revoke(&claims).await?;
        metrics::count(Metric::TokensRevoked, 1);
        tracing::info!(outcome = "revoked", client_id = %caller.client_id, token_id = claims.jti);
    }
    let mut response = StatusCode::OK.into_response();
    no_store(response.headers_mut());
    Ok(response)
}
