//! `POST /oauth2/token`: issues access tokens (RFC 6749 section 4.4).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use shared::domain::access_token::Claims;
use shared::domain::client::Client;
use shared::domain::grant::Narrowed;
use shared::domain::resource::Audience;
use shared::domain::scope::ScopeSet;
use shared::entropy;
use shared::keys::verifying::MAX_TOKEN_BYTES;
use shared::telemetry::metrics::{self, Metric};

use crate::endpoint::TokenEndpoint;
use crate::error::{TokenError, no_store};
use crate::form::Form;
use crate::grant_type::GrantType;
use crate::log::record_client;
use crate::request::FormRequest;

/// The path below the issuer.
pub const PATH: &str = "/oauth2/token";

/// An access token response (RFC 6749 section 5.1).
#[derive(Serialize)]
struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
}

pub(crate) async fn handle(
    State(endpoint): State<Arc<TokenEndpoint>>,
    request: Result<FormRequest, TokenError>,
) -> Result<Response, TokenError> {
    let response = match request {
        Ok(request) => issue(&endpoint, &request).await,
        Err(error) => Err(error),
    };
    match &response {
        Ok(_) => metrics::count(Metric::TokensIssued, 1),
        Err(error) => metrics::count_refusal(error.parts().1),
    }
    response
}

async fn issue(endpoint: &TokenEndpoint, request: &FormRequest) -> Result<Response, TokenError> {
    let now = endpoint.clock.now();
    let form = request.form()?;
    let asked = TokenRequest::parse(&form)?;
    let client = endpoint.authenticate(request, &form, now).await?;
    let granted = asked.grant(&client).inspect_err(|_| record_client(&client))?;
    let claims = Claims::issue(endpoint.issuer.as_str(), &client, &granted, token_id(), now);
    let keys = endpoint.keys.at(now).await.ok_or(TokenError::KeysUnavailable)?;
    let access_token = keys.signing_key.sign(&claims)?;
    if access_token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::InvalidScope("The token would be too long: ask for fewer scopes at once."));
    }
    tracing::info!(
        outcome = "issued", client_id = %client.client_id, organization = %client.organization, token_id = claims.jti
    );
    let expires_in = claims.expires_in();
    let mut response =
        Json(TokenResponse { access_token, token_type: "Bearer", expires_in, scope: claims.scope }).into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// The parameters of a token request.
struct TokenRequest {
    /// None for a grant type that is not supported, which is refused after the client is authenticated.
    grant_type: Option<GrantType>,
    scope: Option<ScopeSet>,
    audiences: BTreeSet<Audience>,
}

impl TokenRequest {
    fn parse(form: &Form<'_>) -> Result<Self, TokenError> {
        let grant_type =
            form.one("grant_type")?.ok_or(TokenError::InvalidRequest("The parameter grant_type is missing."))?;
        let scope = form.one("scope")?.map(ScopeSet::parse).transpose();
        let scope = scope.map_err(|_| TokenError::InvalidScope("The scope has characters that no scope may have."))?;
        let audiences = form.all("resource").map(Audience::parse).collect::<Result<_, _>>();
        let audiences = audiences.map_err(|_| TokenError::InvalidTarget)?;
        Ok(Self { grant_type: GrantType::parse(grant_type), scope, audiences })
    }

    /// Scopes and audiences that an authenticated client gets.
    fn grant(&self, client: &Client) -> Result<Narrowed, TokenError> {
        match self.grant_type {
            Some(GrantType::ClientCredentials) if client.grants.0.is_empty() => Err(TokenError::UnauthorizedClient),
            Some(GrantType::ClientCredentials) => Ok(client.grants.narrow(self.scope.as_ref(), &self.audiences)?),
            None => Err(TokenError::UnsupportedGrantType),
        }
    }
}

/// A new `jti`: 128 random bits.
fn token_id() -> String {
    URL_SAFE_NO_PAD.encode(entropy::bytes::<16>())
}
