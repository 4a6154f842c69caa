//! Sealing of values that may be shown again: AES-256-GCM, bound to the place where they are stored.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::document::{InvalidDocument, SymmetricKey};

const MEMBER: &str = "data_key";
const TAG_BYTES: usize = 16;

/// A value could not be sealed: the cryptographic library failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value could not be sealed")]
pub struct SealError;

/// A sealed value that does not open: sealed with another key or binding, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open with this key in this place")]
pub struct OpenError;

/// The key that seals values.
pub struct DataKey {
    key: RandomizedNonceKey,
}

impl DataKey {
    /// Creates a key from 32 random bytes.
    ///
    /// # Errors
    /// Where the cryptographic library fails.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, SealError> {
        RandomizedNonceKey::new(&AES_256_GCM, bytes).map(|key| Self { key }).map_err(|_| SealError)
    }

    /// Generates a key in its stored form: `{"format": 1, "data_key": "<base64>"}`.
    #[must_use]
    pub fn generate_json() -> Zeroizing<String> {
        SymmetricKey::generate().to_json(MEMBER)
    }

    /// Parses the stored form.
    ///
    /// # Errors
    /// [`InvalidDocument`] where the text is not a data key.
    pub fn from_json(json: &str) -> Result<Self, InvalidDocument> {
        let SymmetricKey(bytes) = SymmetricKey::from_json(MEMBER, json)?;
        Self::new(&bytes).map_err(|_| InvalidDocument::UnreadableKey(MEMBER))
    }

    /// Seals `plaintext` so that it opens only with the same `bound_to`: base64 of nonce, ciphertext and tag.
    ///
    /// # Errors
    /// Where the cryptographic library fails.
    pub fn seal(&self, plaintext: &[u8], bound_to: &str) -> Result<String, SealError> {
        let mut buffer = Zeroizing::new(Vec::with_capacity(plaintext.len().saturating_add(TAG_BYTES)));
        buffer.extend_from_slice(plaintext);
        let nonce =
            self.key.seal_in_place_append_tag(Aad::from(bound_to.as_bytes()), &mut *buffer).map_err(|_| SealError)?;
        Ok(BASE64.encode([nonce.as_ref().as_slice(), &buffer].concat()))
    }

    /// Opens a value that was sealed with the same `bound_to`.
    ///
    /// # Errors
    /// [`OpenError`] where the key or the binding is another, or the value was changed.
    pub fn open(&self, sealed: &str, bound_to: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let mut bytes = Zeroizing::new(BASE64.decode(sealed).map_err(|_| OpenError)?);
        let (nonce, ciphertext) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(OpenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;
        let plaintext =
            self.key.open_in_place(nonce, Aad::from(bound_to.as_bytes()), ciphertext).map_err(|_| OpenError)?;
        Ok(Zeroizing::new(plaintext.to_vec()))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(withheld)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_place_and_in_no_other() {
        let key = DataKey::new(&[7; 32]).unwrap();
        let sealed = key.seal(b"a secret", "wallet-acme-reporting/cs_abc").unwrap();
        assert_eq!(*key.open(&sealed, "wallet-acme-reporting/cs_abc").unwrap(), b"a secret");
        assert_eq!(key.open(&sealed, "wallet-acme-reporting/cs_abd"), Err(OpenError));
        assert_eq!(DataKey::new(&[8; 32]).unwrap().open(&sealed, "wallet-acme-reporting/cs_abc"), Err(OpenError));
    }

    #[test]
    fn a_sealed_value_with_any_byte_changed_does_not_open() {
        let key = DataKey::new(&[7; 32]).unwrap();
        let sealed = BASE64.decode(key.seal(b"a secret", "here").unwrap()).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&BASE64.encode(changed), "here"), Err(OpenError), "byte {at}");
        }
        for torn in ["", "AAAA", "not base64", &BASE64.encode(&sealed[..sealed.len() - 1])] {
            assert_eq!(key.open(torn, "here"), Err(OpenError), "{torn}");
        }
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time() {
        let key = DataKey::new(&[7; 32]).unwrap();
        assert_ne!(key.seal(b"a secret", "here").unwrap(), key.seal(b"a secret", "here").unwrap());
        assert_eq!(*key.open(&key.seal(b"", "here").unwrap(), "here").unwrap(), b"");
    }

    #[test]
    fn a_stored_data_key_reads_back_and_is_not_shown() {
        let json = DataKey::generate_json();
        let sealed = DataKey::from_json(&json).unwrap().seal(b"a secret", "here").unwrap();
        assert_eq!(*DataKey::from_json(&json).unwrap().open(&sealed, "here").unwrap(), b"a secret");
        assert_eq!(format!("{:?}", DataKey::from_json(&json).unwrap()), "DataKey(withheld)");
    }
}
