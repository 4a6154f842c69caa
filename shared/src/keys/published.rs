//! The public keys of a function that only verifies tokens. It reads them where they are published; the private keys stay
//! out of its reach.

use jiff::Timestamp;

use super::refresh::{RefreshedKeys, Unread};
use super::vault::{Vault, VaultError, VaultFailure};
use super::verifying::{InvalidToken, TokenVerifier};
use crate::domain::access_token::Claims;

/// The shortest pause, in seconds, between two reads while there are no keys.
const MISSING_PAUSE_SECONDS: i64 = 1;

/// The published keys, read again every few minutes.
pub struct PublishedKeys {
    vault: Vault,
    secret_id: String,
    keys: RefreshedKeys<TokenVerifier>,
}

impl PublishedKeys {
    /// The keys that are published in this secret. The first token has them read.
    #[must_use]
    pub fn new(vault: Vault, secret_id: String) -> Self {
        Self { vault, secret_id, keys: RefreshedKeys::unread(MISSING_PAUSE_SECONDS) }
    }

    /// Returns the claims of `token`, if we issued it as `issuer` and it has not expired at `now`.
    ///
    /// The caller checks the audience, and whether the token was revoked.
    ///
    /// # Errors
    ///
    /// There are no keys to verify with. The inner error says why the token is invalid.
    pub async fn verify(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Result<Claims, InvalidToken>, VaultError> {
        let read = || self.vault.published_keys(&self.secret_id);
        let keys = self.keys.current(now, read()).await.map_err(|unread| self.error(unread))?;
        let verified = keys.verify(token, issuer, now);
        if !matches!(verified, Err(InvalidToken::UnknownKey)) {
            return Ok(verified);
        }
        let keys = self.keys.for_unknown_key(now, read()).await.map_err(|unread| self.error(unread))?;
        Ok(keys.verify(token, issuer, now))
    }

    fn error(&self, unread: Unread<VaultError>) -> VaultError {
        match unread {
            Unread::Failed(error) => error,
            Unread::Lately => VaultError { secret_id: self.secret_id.clone(), reason: VaultFailure::Unread },
        }
    }
}

impl std::fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublishedKeys").field("secret_id", &self.secret_id).finish_non_exhaustive()
    }
}
