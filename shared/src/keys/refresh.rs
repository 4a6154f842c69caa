//! Keys that a process keeps and reads again every few minutes.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::Mutex;

use super::rotation::UNREAD_SECONDS;
use crate::domain::time::plus_seconds;
use crate::telemetry::chain;

/// The age, in seconds, at which keys are read again. A rotation publishes a key long before it signs.
const REFRESH_SECONDS: i64 = 300;
/// The shortest pause, in seconds, between two reads: for a token under an unknown key, and after a failure.
pub const PAUSE_SECONDS: i64 = 30;

/// Keys in the form `T`, shared by all requests of this process.
pub struct RefreshedKeys<T> {
    held: RwLock<Option<(Arc<T>, Timestamp)>>,
    // the time of the last read: one request reads, the others go on with what is held
    tried_at: Mutex<Option<Timestamp>>,
    missing_pause: i64,
}

/// A failure to have keys. `E` is the failure to read them.
#[derive(Debug)]
pub enum Unread<E> {
    /// A read failed a moment ago, and the next is not due yet.
    Lately,
    /// This read failed.
    Failed(E),
}

impl<T> RefreshedKeys<T> {
    /// Keys that the first request reads. While none are held, reads are `missing_pause` seconds apart.
    #[must_use]
    pub fn unread(missing_pause: i64) -> Self {
        Self { held: RwLock::default(), tried_at: Mutex::default(), missing_pause }
    }

    /// Keys that were read at `now`.
    #[must_use]
    pub fn read_at(now: Timestamp, keys: T, missing_pause: i64) -> Self {
        Self { held: RwLock::new(Some((Arc::new(keys), now))), tried_at: Mutex::new(Some(now)), missing_pause }
    }

    /// Returns the keys, and awaits `read` where they are old. If that fails, the old ones serve until the next read, and
    /// for [`UNREAD_SECONDS`] in all: a key may have been dropped meanwhile.
    ///
    /// # Errors
    ///
    /// No keys are held, and they were not read.
    pub async fn current<E>(
        &self,
        now: Timestamp,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, Unread<E>>
    where
        E: std::error::Error,
    {
        self.not_older_than(REFRESH_SECONDS, now, read).await
    }

    /// Returns the keys for a token under a key that [`Self::current`] does not have.
    ///
    /// # Errors
    ///
    /// No keys are held, and they were not read.
    pub async fn for_unknown_key<E>(
        &self,
        now: Timestamp,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, Unread<E>>
    where
        E: std::error::Error,
    {
        self.not_older_than(PAUSE_SECONDS, now, read).await
    }

    async fn not_older_than<E>(
        &self,
        seconds: i64,
        now: Timestamp,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, Unread<E>>
    where
        E: std::error::Error,
    {
        let held = match self.held(now) {
            Some((keys, read_at)) if now < plus_seconds(read_at, seconds) => return Ok(keys),
            held => held,
        };
        let mut tried_at = match (held, self.tried_at.try_lock()) {
            (_, Ok(tried_at)) => tried_at,
            (Some((keys, _)), Err(_)) => return Ok(keys),
            (None, Err(_)) => self.tried_at.lock().await,
        };
        // another request may have read them while this one waited
        let held = self.held(now).map(|(keys, _)| keys);
        let pause = if held.is_some() { PAUSE_SECONDS } else { self.missing_pause };
        if tried_at.is_some_and(|tried_at| now < plus_seconds(tried_at, pause)) {
            return held.ok_or(Unread::Lately);
        }
        *tried_at = Some(now);
        match (read.await, held) {
            (Ok(fresh), _) => {
                let fresh = Arc::new(fresh);
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some((Arc::clone(&fresh), now));
                Ok(fresh)
            }
            (Err(error), Some(held)) => {
                tracing::error!(error = chain(&error), "the keys could not be read again");
                Ok(held)
            }
            (Err(error), None) => Err(Unread::Failed(error)),
        }
    }

    /// The keys that were read last, while they may be used.
    fn held(&self, now: Timestamp) -> Option<(Arc<T>, Timestamp)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        held.filter(|(_, read_at)| now < plus_seconds(*read_at, UNREAD_SECONDS))
    }
}
