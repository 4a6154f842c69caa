//! Machines: the bearer token of a request (RFC 6750), checked as the resource server of RFC 9068 section 4 does.

use std::sync::Arc;

use http::{HeaderMap, header};
use shared::domain::client::ClientStatus;
use shared::domain::machine::privileges_with;
use shared::domain::resource::Resource;
use shared::domain::scope::ScopeSet;
use zeroize::Zeroizing;

use crate::app::Management;
use crate::app::caller::{Caller, Identity, Machine};
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::error::Denied;

/// A presented access token.
pub(crate) struct BearerToken(Zeroizing<String>);

/// Returns the token of a request; the scheme is case-insensitive (RFC 9110 section 11.1).
pub(crate) fn token(headers: &HeaderMap) -> Option<BearerToken> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    scheme.eq_ignore_ascii_case("Bearer").then(|| BearerToken(Zeroizing::new(token.trim().to_owned())))
}

/// Returns the machine that a token belongs to. Client, grants and revocation are read again, so that revoked rights
/// are lost at once.
pub(crate) async fn caller(app: &Management, token: &BearerToken, context: RequestContext) -> Result<Caller, ApiError> {
    let claims = app.token_keys.verify(&token.0, app.issuer.as_str(), context.at).await?;
    let claims = claims.map_err(|reason| Denied::InvalidToken(reason.to_string()))?;
    let invalid = |reason: &str| ApiError::from(Denied::InvalidToken(reason.to_owned()));
    if !claims.aud.contains(&Resource::built_in(app.issuer.as_str()).audience) {
        return Err(invalid("issued for another audience"));
    }
    let (revoked, client) =
        tokio::try_join!(app.revocations.is_revoked(&claims), app.clients.client(&claims.client_id))?;
    if revoked {
        return Err(invalid("revoked"));
    }
    let client = client.filter(|client| client.status(context.at) == ClientStatus::Active);
    let client = client.ok_or_else(|| invalid("its client may get no tokens"))?;
    let scopes = ScopeSet::parse(&claims.scope).unwrap_or_default();
    let privileges = privileges_with(&scopes, &client.grants);
    let machine = Machine { client_id: client.client_id, organization: client.organization, privileges };
    Ok(Caller { identity: Identity::Machine(Arc::new(machine)), context })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_header_carries_a_token() {
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            token(&headers).map(|token| token.0.to_string())
        };
        assert_eq!(of("bEaReR  abc "), Some("abc".to_owned()));
        assert_eq!(of("Bearer"), Some(String::new()));
        assert_eq!(of("Basic YTpi"), None);
        assert_eq!(of("Bearerabc"), None);
        assert!(token(&HeaderMap::new()).is_none());
    }
}
