//! The claims of an access token (RFC 9068).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::{Client, Environment};
use super::grant::Narrowed;
use super::id::{ClientId, OrganizationKey};
use super::resource::Audience;
use super::time::is_expired;

/// The claims of an access token. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it: the configured issuer, byte for byte.
    pub iss: String,
    /// Whom it speaks for; with client credentials the client itself (RFC 9068 section 2.2).
    pub sub: ClientId,
    /// The resources that it is for, by audience.
    pub aud: BTreeSet<Audience>,
    /// From when on it is void.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// From when on it is good: when it was issued.
    pub nbf: i64,
    /// Names it: 128 random bits, base64url.
    pub jti: String,
    /// The client that it was issued to.
    pub client_id: ClientId,
    /// What it allows, separated by spaces.
    pub scope: String,
    /// The client's organization.
    pub org: OrganizationKey,
    /// The client's environment.
    pub env: Environment,
}

impl Claims {
    /// The claims of a token issued to `client` at `now` for what was granted.
    ///
    /// It lasts for the client's token lifetime, cut off at the client's own expiry.
    #[must_use]
    pub fn issue(issuer: &str, client: &Client, granted: &Narrowed, jti: String, now: Timestamp) -> Self {
        let iat = now.as_second();
        let whole = iat.saturating_add(client.token_lifetime.seconds());
        let exp = client.expires_at.map_or(whole, |end| whole.min(end.as_second()));
        Self {
            iss: issuer.to_owned(),
            sub: client.client_id.clone(),
            aud: granted.audiences.clone(),
            exp,
            iat,
            nbf: iat,
            jti,
            client_id: client.client_id.clone(),
            scope: granted.scopes.to_string(),
            org: client.organization.clone(),
            env: client.environment,
        }
    }

    /// Lifetime from its issue, in seconds.
    #[must_use]
    pub fn expires_in(&self) -> i64 {
        self.exp.saturating_sub(self.iat)
    }

    /// True if it has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        is_expired(Timestamp::from_second(self.exp).ok(), now)
    }
}
