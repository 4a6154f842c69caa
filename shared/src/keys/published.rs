//! The public keys as a function that only verifies tokens has them: read where they are published, kept, and read
//! again every few minutes. The private keys stay out of its reach.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::rotation::UNREAD_SECONDS;
use super::vault::{Vault, VaultError, VaultFailure};
use super::verifying::{InvalidToken, TokenVerifier};
use crate::domain::access_token::Claims;
use crate::domain::time::plus_seconds;
use crate::telemetry::chain;

/// The keys are read again when they are this old, in seconds. A rotation publishes a key long before it signs.
const REFRESH_SECONDS: i64 = 300;
/// For a token under an unknown key they are read again at most this often, in seconds.
const UNKNOWN_KEY_SECONDS: i64 = 30;
/// While there are none they are asked for at most this often, in seconds.
const MISSING_SECONDS: i64 = 1;

/// The published keys, and where the next come from.
pub struct PublishedKeys {
    vault: Vault,
    secret_id: String,
    held: RwLock<Option<Held>>,
    // when the last try was: one request reads the keys again, the others go on with what they have
    reading: Mutex<Option<Timestamp>>,
}

#[derive(Clone)]
struct Held {
    verifier: Arc<TokenVerifier>,
    read_at: Timestamp,
}

impl PublishedKeys {
    /// The keys that are published in this secret. The first token makes them be read.
    #[must_use]
    pub fn new(vault: Vault, secret_id: String) -> Self {
        Self { vault, secret_id, held: RwLock::default(), reading: Mutex::default() }
    }

    /// The claims of `token`, if we issued it as `issuer` and it has not expired at `now`.
    ///
    /// For whom it is, and whether it was revoked, is for the caller to judge.
    pub async fn verify(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Result<Claims, InvalidToken>, VaultError> {
        let verified = self.not_older_than(REFRESH_SECONDS, now).await?.verify(token, issuer, now);
        if !matches!(verified, Err(InvalidToken::UnknownKey)) {
            return Ok(verified);
        }
        Ok(self.not_older_than(UNKNOWN_KEY_SECONDS, now).await?.verify(token, issuer, now))
    }

    /// The keys, read again where they are older. Where that fails, the old ones go on serving until the next try, and
    /// for [`UNREAD_SECONDS`] in all.
    async fn not_older_than(&self, seconds: i64, now: Timestamp) -> Result<Arc<TokenVerifier>, VaultError> {
        let held = match self.held(now) {
            Some(held) if now < plus_seconds(held.read_at, seconds) => return Ok(held.verifier),
            held => held,
        };
        let mut tried_at = match (&held, self.reading.try_lock()) {
            (_, Ok(tried_at)) => tried_at,
            (Some(held), Err(_)) => return Ok(Arc::clone(&held.verifier)),
            (None, Err(_)) => self.reading.lock().await,
        };
        // somebody else may have read them while this request waited
        let held = self.held(now);
        let pause = if held.is_some() { seconds.min(UNKNOWN_KEY_SECONDS) } else { MISSING_SECONDS };
        let tried_lately = tried_at.is_some_and(|tried_at| now < plus_seconds(tried_at, pause));
        match held {
            Some(held) if tried_lately => return Ok(held.verifier),
            None if tried_lately => {
                return Err(VaultError { secret_id: self.secret_id.clone(), reason: VaultFailure::Unread });
            }
            _ => {}
        }
        *tried_at = Some(now);
        match (self.vault.published_keys(&self.secret_id).await, held) {
            (Ok(verifier), _) => {
                let fresh = Held { verifier: Arc::new(verifier), read_at: now };
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
                Ok(fresh.verifier)
            }
            (Err(error), Some(held)) => {
                tracing::error!(error = chain(&error), "the published keys could not be read again");
                Ok(held.verifier)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// The keys that were read last; none where a key may have been dropped long ago.
    fn held(&self, now: Timestamp) -> Option<Held> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        held.filter(|held| now < plus_seconds(held.read_at, UNREAD_SECONDS))
    }
}

impl std::fmt::Debug for PublishedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublishedKeys").field("secret_id", &self.secret_id).finish_non_exhaustive()
    }
}
