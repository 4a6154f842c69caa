//! The cache of verified secrets: each secret costs one Argon2 run a process, not one a token.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac::{self, HMAC_SHA256};

use crate::domain::id::SecretId;
use crate::domain::secret::{SecretPlaintext, Verifier};
use crate::entropy;

const DEFAULT_LIMIT: usize = 10_000;

/// Secrets and the verifiers that they matched, as HMAC-SHA-256 under a random key of this process.
///
/// The cache saves only the Argon2 run: the stored secret is read each time, and a changed verifier is a miss. Only
/// matches are cached, so wrong secrets do not fill it.
pub struct VerificationCache {
    key: hmac::Key,
    limit: usize,
    tags: Mutex<HashMap<SecretId, hmac::Tag>>,
}

impl VerificationCache {
    /// Creates an empty cache for 10,000 secrets, about 1.5 MB when full.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }

    /// Creates an empty cache for `limit` secrets.
    ///
    /// One more secret clears the cache, which costs at most one Argon2 run for each secret in use.
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        let key = hmac::Key::new(HMAC_SHA256, &entropy::bytes::<32>());
        Self { key, limit, tags: Mutex::default() }
    }

    /// Checks whether the secret matched this verifier before.
    #[must_use]
    pub fn matches(&self, presented: &SecretPlaintext, verifier: &Verifier) -> bool {
        let Some(remembered) = self.tags().get(presented.id()).copied() else {
            return false;
        };
        let tag = self.tag(presented, verifier);
        aws_lc_rs::constant_time::verify_slices_are_equal(tag.as_ref(), remembered.as_ref()).is_ok()
    }

    /// Records that `presented` matched `verifier`.
    pub fn remember(&self, presented: &SecretPlaintext, verifier: &Verifier) {
        let tag = self.tag(presented, verifier);
        let mut tags = self.tags();
        if tags.len() >= self.limit && !tags.contains_key(presented.id()) {
            tags.clear();
        }
        tags.insert(presented.id().clone(), tag);
    }

    fn tag(&self, presented: &SecretPlaintext, verifier: &Verifier) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(presented.expose().as_bytes());
        // neither part holds a zero byte, so no other pair reads the same
        context.update(&[0]);
        context.update(verifier.as_phc().as_bytes());
        context.sign()
    }

    fn tags(&self) -> std::sync::MutexGuard<'_, HashMap<SecretId, hmac::Tag>> {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for VerificationCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VerificationCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationCache").field("remembered", &self.tags().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    fn secrets(count: usize) -> Vec<SecretPlaintext> {
        let mut rng = rand::rngs::StdRng::seed_from_u64(3);
        (0..count).map(|_| SecretPlaintext::generate(&mut rng)).collect()
    }

    /// The same id with another body: only a right checksum gets this far.
    fn forged(secret: &SecretPlaintext, other: &SecretPlaintext) -> SecretPlaintext {
        let head = format!("{}{}", secret.id(), &other.expose()[other.id().as_str().len()..48]);
        let mut rest = crc32fast::hash(head.as_bytes());
        let mut digits = Vec::new();
        for _ in 0..6 {
            digits.insert(0, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[rest as usize % 62]);
            rest /= 62;
        }
        SecretPlaintext::parse(&format!("{head}{}", String::from_utf8(digits).unwrap())).ok().unwrap()
    }

    #[test]
    fn a_secret_matches_only_after_it_was_remembered_with_that_verifier() {
        let cache = VerificationCache::new();
        let secrets = secrets(2);
        let verifier = Verifier::new("$argon2id$one".to_owned());
        assert!(!cache.matches(&secrets[0], &verifier));
        cache.remember(&secrets[0], &verifier);
        assert!(cache.matches(&secrets[0], &verifier));
        assert!(!cache.matches(&secrets[0], &Verifier::new("$argon2id$two".to_owned())));
        assert!(!cache.matches(&secrets[1], &verifier));
        let forged = forged(&secrets[0], &secrets[1]);
        assert_eq!(forged.id(), secrets[0].id());
        assert!(!cache.matches(&forged, &verifier));
    }

    #[test]
    fn a_full_cache_starts_again() {
        let cache = VerificationCache::with_limit(2);
        let secrets = secrets(3);
        let verifier = Verifier::new("$argon2id$one".to_owned());
        for secret in &secrets[..2] {
            cache.remember(secret, &verifier);
        }
        cache.remember(&secrets[0], &verifier);
        assert!(cache.matches(&secrets[0], &verifier) && cache.matches(&secrets[1], &verifier));
        cache.remember(&secrets[2], &verifier);
        assert!(cache.matches(&secrets[2], &verifier));
        assert!(!cache.matches(&secrets[0], &verifier) && !cache.matches(&secrets[1], &verifier));
    }

    #[test]
    fn another_process_remembers_nothing_and_nothing_is_shown() {
        let secrets = secrets(1);
        let verifier = Verifier::new("$argon2id$one".to_owned());
        let cache = VerificationCache::new();
        cache.remember(&secrets[0], &verifier);
        assert_ne!(
            cache.tag(&secrets[0], &verifier).as_ref(),
            VerificationCache::new().tag(&secrets[0], &verifier).as_ref()
        );
        assert_eq!(format!("{cache:?}"), "VerificationCache { remembered: 1, .. }");
    }
}
