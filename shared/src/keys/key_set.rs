//! The signing keys of a deployment: current, next and previous.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::algorithm::SigningAlgorithm;
use super::document::{self, FORMAT, InvalidDocument, KeyGenerationError};
use super::key_pair::KeyPair;
use super::public_key::PublicKey;
use crate::domain::time::whole_seconds;

/// A parsed signing key. Its `Debug` does not show the private key.
pub struct Key {
    kid: String,
    created_at: Timestamp,
    public: PublicKey,
    pkcs8: Zeroizing<Vec<u8>>,
    pair: Arc<KeyPair>,
}

impl Key {
    /// Generates a key at `now`. RSA has 2048 bits.
    ///
    /// # Errors
    /// Where the cryptographic library fails.
    pub fn generate(algorithm: SigningAlgorithm, now: Timestamp) -> Result<Self, KeyGenerationError> {
        let (pair, pkcs8) = KeyPair::generate(algorithm)?;
        Self::assemble(pair, pkcs8, now).ok_or(KeyGenerationError)
    }

    fn assemble(pair: KeyPair, pkcs8: Zeroizing<Vec<u8>>, created_at: Timestamp) -> Option<Self> {
        let public = pair.public_key()?;
        Some(Self {
            kid: public.thumbprint(),
            created_at: whole_seconds(created_at),
            public,
            pkcs8,
            pair: Arc::new(pair),
        })
    }

    /// The `kid`: the RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm of the key.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.public.algorithm()
    }

    /// The time at which the key was generated.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn pair(&self) -> &Arc<KeyPair> {
        &self.pair
    }

    fn to_json(&self) -> Zeroizing<String> {
        // base64, base64url, a time and the name of an algorithm need no escapes
        Zeroizing::new(format!(
            "{{\n    \"kid\": \"{}\",\n    \"algorithm\": \"{}\",\n    \"created_at\": \"{}\",\n    \"private_key\": \"{}\"\n  }}",
            self.kid,
            self.algorithm(),
            self.created_at,
            *document::encode(&self.pkcs8)
        ))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm())
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// The signing keys of a deployment, as stored in Secrets Manager.
#[derive(Debug)]
pub struct KeySet {
    /// Signs new tokens.
    pub current: Key,
    /// Signs after the next rotation, and is published long before.
    pub next: Key,
    /// Signed before the last rotation. Its tokens may still be valid.
    pub previous: Option<Key>,
}

#[derive(Deserialize)]
struct StoredKey<'a> {
    #[serde(borrow)]
    kid: Cow<'a, str>,
    algorithm: SigningAlgorithm,
    created_at: Timestamp,
    #[serde(borrow)]
    private_key: Cow<'a, str>,
}

#[derive(Deserialize)]
struct StoredKeySet<'a> {
    #[serde(borrow)]
    current: StoredKey<'a>,
    #[serde(borrow)]
    next: StoredKey<'a>,
    #[serde(borrow, default)]
    previous: Option<StoredKey<'a>>,
}

impl KeySet {
    /// Generates a key set without a previous key.
    ///
    /// # Errors
    /// Where the cryptographic library fails.
    pub fn generate(algorithm: SigningAlgorithm, now: Timestamp) -> Result<Self, KeyGenerationError> {
        Ok(Self { current: Key::generate(algorithm, now)?, next: Key::generate(algorithm, now)?, previous: None })
    }

    /// The key set after a rotation at `now`: next becomes current, current becomes previous, and a new next key is
    /// generated.
    ///
    /// # Errors
    /// Where the cryptographic library fails.
    pub fn rotated(self, algorithm: SigningAlgorithm, now: Timestamp) -> Result<Self, KeyGenerationError> {
        let next = Key::generate(algorithm, now)?;
        Ok(Self { current: self.next, next, previous: Some(self.current) })
    }

    /// The current, next and previous key, in this order.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        [&self.current, &self.next].into_iter().chain(&self.previous)
    }

    /// Parses a stored key set and checks that each `kid` is the thumbprint of its key.
    ///
    /// # Errors
    /// [`InvalidDocument`] where the text is not a valid key set.
    pub fn from_json(json: &str) -> Result<Self, InvalidDocument> {
        let stored: StoredKeySet<'_> = document::parse(json)?;
        let keys = Self {
            current: stored.current.read("current")?,
            next: stored.next.read("next")?,
            previous: stored.previous.map(|key| key.read("previous")).transpose()?,
        };
        if keys.current.kid == keys.next.kid {
            return Err(InvalidDocument::RepeatedKey("next"));
        }
        match &keys.previous {
            Some(previous) if [&keys.current.kid, &keys.next.kid].contains(&&previous.kid) => {
                Err(InvalidDocument::RepeatedKey("previous"))
            }
            _ => Ok(keys),
        }
    }

    /// The stored form, private keys included.
    #[must_use]
    pub fn to_json(&self) -> Zeroizing<String> {
        let [current, next] = [&self.current, &self.next].map(Key::to_json);
        let previous = self.previous.as_ref().map_or_else(|| Zeroizing::new("null".to_owned()), Key::to_json);
        Zeroizing::new(format!(
            "{{\n  \"format\": {FORMAT},\n  \"current\": {},\n  \"next\": {},\n  \"previous\": {}\n}}",
            *current, *next, *previous
        ))
    }
}

impl StoredKey<'_> {
    fn read(self, member: &'static str) -> Result<Key, InvalidDocument> {
        let unreadable = InvalidDocument::UnreadableKey(member);
        let pkcs8 = document::decode(member, &self.private_key)?;
        let pair = KeyPair::read(self.algorithm, &pkcs8).ok_or(unreadable)?;
        let key = Key::assemble(pair, pkcs8, self.created_at).ok_or(unreadable)?;
        if key.kid == self.kid { Ok(key) } else { Err(InvalidDocument::WrongKid(member)) }
    }
}
