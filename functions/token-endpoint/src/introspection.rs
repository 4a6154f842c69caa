//! `POST /oauth2/introspect`: the state of a token (RFC 7662).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use shared::domain::access_token::Claims;
use shared::domain::client::{Client, ClientStatus};
use shared::keys::ring::KeyRing;
use shared::keys::verifying::InvalidToken;
use shared::telemetry::metrics::{self, Metric};

use crate::endpoint::TokenEndpoint;
use crate::error::{TokenError, no_store};
use crate::request::FormRequest;

/// The path below the issuer.
pub const PATH: &str = "/oauth2/introspect";

/// An introspection response (RFC 7662 section 2.2). For an inactive token it has only `active`.
#[derive(Serialize)]
struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(flatten)]
    claims: Option<Claims>,
}

pub(crate) async fn handle(
    State(endpoint): State<Arc<TokenEndpoint>>,
    request: FormRequest,
) -> Result<Response, TokenError> {
    let now = endpoint.clock.now();
    let form = request.form()?;
    let caller = endpoint.authenticate(&request, &form, now).await?;
    let token = token_of(&form)?;
    let claims = endpoint.active_claims(token, &caller, now).await?;
    metrics::count(Metric::TokensIntrospected, 1);
    tracing::info!(outcome = "introspected", client_id = %caller.client_id, active = claims.is_some());
    let token_type = claims.is_some().then_some("Bearer");
    let mut response = Json(Introspection { active: claims.is_some(), token_type, claims }).into_response();
    no_store(response.headers_mut());
    Ok(response)
}

/// The parameter `token`. A `token_type_hint` changes nothing: there is one type of token.
pub(crate) fn token_of<'f>(form: &'f crate::form::Form<'_>) -> Result<&'f str, TokenError> {
    form.one("token_type_hint")?;
    form.one("token")?.ok_or(TokenError::InvalidRequest("The parameter token is missing."))
}

impl TokenEndpoint {
    /// The claims of an active token that `caller` may see: its own, or one for a resource that it serves.
    async fn active_claims(&self, token: &str, caller: &Client, now: Timestamp) -> Result<Option<Claims>, TokenError> {
        let Some(claims) = self.verified_claims(token, now).await? else { return Ok(None) };
        let own = claims.client_id == caller.client_id;
        if !own && !caller.serves.values().any(|audience| claims.aud.contains(audience)) {
            return Ok(None);
        }
        Ok(self.stands(&claims, now).await?.then_some(claims))
    }

    /// Checks that a token was not revoked and its client is active.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn stands(&self, claims: &Claims, now: Timestamp) -> Result<bool, TokenError> {
        let (revoked, client) =
            tokio::try_join!(self.revocations.is_revoked(claims), self.clients.client(&claims.client_id))?;
        Ok(!revoked && client.is_some_and(|client| client.status(now) == ClientStatus::Active))
    }

    /// The claims of a token of this issuer that has not expired; none for any other token.
    ///
    /// # Errors
    /// [`TokenError::KeysUnavailable`] where the signing keys cannot be read.
    pub async fn verified_claims(&self, token: &str, now: Timestamp) -> Result<Option<Claims>, TokenError> {
        let verify = |keys: Option<Arc<KeyRing>>| {
            let keys = keys.ok_or(TokenError::KeysUnavailable)?;
            Ok::<_, TokenError>(keys.verifier.verify(token, self.issuer.as_str(), now))
        };
        match verify(self.keys.at(now).await)? {
            Err(InvalidToken::UnknownKey) => Ok(verify(self.keys.for_unknown_key(now).await)?.ok()),
            verified => Ok(verified.ok()),
        }
    }
}
