//! The published public keys (RFC 7517).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use bytes::Bytes;
use serde_json::{Value, json};

use super::key_set::KeySet;

/// The JWKS document of a key set, as it is sent.
#[derive(Debug, Clone)]
pub struct Jwks {
    json: Bytes,
    etag: String,
}

impl Jwks {
    /// Renders the current, the next and, if there is one, the previous key.
    #[must_use]
    pub fn publish(keys: &KeySet) -> Self {
        let keys: Vec<Value> = keys.iter().map(|key| key.public_key().to_jwk(key.kid())).collect();
        let json = json!({ "keys": keys }).to_string();
        Self { etag: entity_tag(json.as_bytes()), json: Bytes::from(json) }
    }

    /// The document as JSON. A clone shares its bytes.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// The strong entity tag of the document, in its quotes (RFC 9110 section 8.8.3).
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }
}

/// The strong entity tag of a document, in its quotes: its SHA-256.
#[must_use]
pub fn entity_tag(document: &[u8]) -> String {
    format!("\"{}\"", BASE64URL.encode(digest(&SHA256, document)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::{ALGORITHMS, at, key_set};

    #[test]
    fn the_document_holds_each_key_once_and_nothing_private() {
        for algorithm in ALGORITHMS {
            let keys = key_set(algorithm);
            let rotated = key_set(algorithm).rotated(algorithm, at(100)).unwrap();
            let document: Value = serde_json::from_slice(Jwks::publish(&rotated).json()).unwrap();
            let published = document["keys"].as_array().unwrap();
            assert_eq!(published.len(), 3);
            assert_eq!(published[0]["kid"], keys.next.kid());
            assert_eq!(published[2]["kid"], keys.current.kid());
            for key in published {
                assert_eq!(key["use"], "sig");
                assert_eq!(key["alg"], algorithm.as_str());
                for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                    assert!(key.get(private).is_none(), "{private}");
                }
            }
        }
    }

    #[test]
    fn the_entity_tag_changes_with_the_keys_only() {
        use crate::keys::algorithm::SigningAlgorithm::{EdDsa, Es256};
        let tag = |keys: &KeySet| Jwks::publish(keys).etag().to_owned();
        assert_eq!(tag(&key_set(Es256)), tag(&key_set(Es256)));
        assert_ne!(tag(&key_set(Es256)), tag(&key_set(EdDsa)));
        assert!(tag(&key_set(Es256)).starts_with('"'));
    }
}
