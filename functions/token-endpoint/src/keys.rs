//! The signing keys as they are now: read from Secrets Manager, kept made ready, read again every few minutes.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use shared::domain::time::plus_seconds;
use shared::keys::ring::KeyRing;
use shared::keys::rotation::UNREAD_SECONDS;
use shared::keys::vault::Vault;
use shared::telemetry::chain;
use tokio::sync::Mutex;

/// The key set is read again when it is this old, in seconds. A rotation publishes a key long before it signs.
const REFRESH_SECONDS: i64 = 300;
/// For a token under an unknown key it is read again at most this often, in seconds.
const UNKNOWN_KEY_SECONDS: i64 = 30;

/// The keys could not be read, or are not usable.
#[derive(Debug, thiserror::Error)]
#[error("the signing keys cannot be used: {0}")]
pub struct KeysError(String);

/// The present key ring and where the next comes from.
pub struct CurrentKeys {
    vault: Vault,
    secret_id: String,
    ring: RwLock<Arc<KeyRing>>,
    // when the last try was: one request reads the key set again, the others go on with what they have
    reading: Mutex<Timestamp>,
}

impl CurrentKeys {
    /// Reads the key set for the first time.
    pub async fn load(vault: Vault, secret_id: String, now: Timestamp) -> Result<Self, KeysError> {
        let ring = read(&vault, &secret_id, now).await?;
        Ok(Self { vault, secret_id, ring: RwLock::new(Arc::new(ring)), reading: Mutex::new(now) })
    }

    /// The keys, read again where they are old. Where that fails, the old ones go on serving until the next try; none
    /// where the key set could not be read for so long that what they sign may outlive them, or one was dropped.
    pub async fn at(&self, now: Timestamp) -> Option<Arc<KeyRing>> {
        self.not_older_than(REFRESH_SECONDS, now).await
    }

    /// The keys for a token under a key that the present ones do not hold.
    pub async fn for_unknown_key(&self, now: Timestamp) -> Option<Arc<KeyRing>> {
        self.not_older_than(UNKNOWN_KEY_SECONDS, now).await
    }

    async fn not_older_than(&self, seconds: i64, now: Timestamp) -> Option<Arc<KeyRing>> {
        let is_fresh = |ring: &Arc<KeyRing>| now < plus_seconds(ring.loaded_at, seconds);
        let held = self.held(now);
        if held.as_ref().is_some_and(is_fresh) {
            return held;
        }
        let mut tried_at = match (&held, self.reading.try_lock()) {
            (_, Ok(tried_at)) => tried_at,
            (Some(_), Err(_)) => return held,
            // another request is reading them just now
            (None, Err(_)) => self.reading.lock().await,
        };
        let held = self.held(now);
        if held.as_ref().is_some_and(is_fresh) || now < plus_seconds(*tried_at, seconds.min(UNKNOWN_KEY_SECONDS)) {
            return held;
        }
        *tried_at = now;
        match read(&self.vault, &self.secret_id, now).await {
            Ok(fresh) => {
                let fresh = Arc::new(fresh);
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
                Some(fresh)
            }
            Err(error) => {
                tracing::error!(%error, "the signing keys could not be read again");
                held
            }
        }
    }

    /// The keys that were read last, while they may be used.
    fn held(&self, now: Timestamp) -> Option<Arc<KeyRing>> {
        let ring = Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner));
        Some(ring).filter(|ring| now < plus_seconds(ring.loaded_at, UNREAD_SECONDS))
    }
}

async fn read(vault: &Vault, secret_id: &str, now: Timestamp) -> Result<KeyRing, KeysError> {
    let keys = vault.key_set(secret_id).await.map_err(|e| KeysError(chain(&e)))?;
    KeyRing::new(&keys, now).map_err(|e| KeysError(chain(&e)))
}
