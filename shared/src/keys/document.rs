//! The stored form of keys: a small JSON object with `"format": 1`.

use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::entropy;

/// The only format that is written and read.
pub(super) const FORMAT: u64 = 1;

/// A stored document that is invalid. The error names a position or a member, never content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// Not JSON, or not JSON of the expected form.
    #[error("not JSON of the expected form, from line {line}, column {column} on")]
    NotOfThisForm {
        /// The line of the error, counted from 1.
        line: usize,
        /// The column of the error, counted from 1.
        column: usize,
    },
    /// The format is not supported.
    #[error("its format is {0}, this version reads format 1")]
    UnknownFormat(u64),
    /// A member is not a valid key in base64.
    #[error("the member `{0}` holds no key of its kind")]
    UnreadableKey(&'static str),
    /// The `kid` of a key is not its thumbprint.
    #[error("the `kid` of `{0}` is not the thumbprint of its key")]
    WrongKid(&'static str),
    /// A key occurs twice.
    #[error("the key `{0}` stands there twice")]
    RepeatedKey(&'static str),
}

/// A key could not be generated: the cryptographic library failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key could be generated")]
pub struct KeyGenerationError;

impl From<Unspecified> for KeyGenerationError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// Reads a document of the present format.
///
/// `serde_json`'s own message may quote what it read, so only its position is kept.
pub(super) fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, InvalidDocument> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u64,
    }
    let at = |e: &serde_json::Error| InvalidDocument::NotOfThisForm { line: e.line(), column: e.column() };
    let Versioned { format } = serde_json::from_str(json).map_err(|e| at(&e))?;
    if format != FORMAT {
        return Err(InvalidDocument::UnknownFormat(format));
    }
    serde_json::from_str(json).map_err(|e| at(&e))
}

/// Decodes the key in `member`.
pub(super) fn decode(member: &'static str, encoded: &str) -> Result<Zeroizing<Vec<u8>>, InvalidDocument> {
    BASE64.decode(encoded).map(Zeroizing::new).map_err(|_| InvalidDocument::UnreadableKey(member))
}

/// Encodes a key for a document.
pub(super) fn encode(key: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(BASE64.encode(key))
}

/// A symmetric key of 256 bits as it is stored: `{"format": 1, "<member>": "<base64>"}`. In place of base64 there may be
/// 64 hexadecimal digits, which `CloudFormation` can generate by itself.
pub(super) struct SymmetricKey(pub(super) Zeroizing<[u8; 32]>);

impl SymmetricKey {
    pub(super) fn generate() -> Self {
        Self(Zeroizing::new(entropy::bytes()))
    }

    pub(super) fn from_json(member: &'static str, json: &str) -> Result<Self, InvalidDocument> {
        let unreadable = InvalidDocument::UnreadableKey(member);
        let members: std::collections::BTreeMap<String, serde_json::Value> = parse(json)?;
        let encoded = members.get(member).and_then(serde_json::Value::as_str).ok_or(unreadable)?;
        let bytes = match hex::decode(encoded) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(_) => decode(member, encoded)?,
        };
        Ok(Self(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| unreadable)?)))
    }

    pub(super) fn to_json(&self, member: &'static str) -> Zeroizing<String> {
        let encoded = encode(self.0.as_slice());
        Zeroizing::new(format!("{{\n  \"format\": {FORMAT},\n  \"{member}\": \"{}\"\n}}", *encoded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_key_reads_back() {
        let key = SymmetricKey::generate();
        let json = key.to_json("pepper");
        assert_eq!(SymmetricKey::from_json("pepper", &json).ok().unwrap().0, key.0);
    }

    #[test]
    fn a_symmetric_key_may_be_written_in_hexadecimal_digits() {
        let json = format!(r#"{{"pepper":"{}","format":1}}"#, "0123456789abcdef".repeat(4));
        let SymmetricKey(key) = SymmetricKey::from_json("pepper", &json).ok().unwrap();
        assert_eq!(key[..9], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01]);
        let short = json.replacen("0123", "01", 1);
        assert_eq!(SymmetricKey::from_json("pepper", &short).err(), Some(InvalidDocument::UnreadableKey("pepper")));
    }

    #[test]
    fn a_document_of_another_form_is_refused_by_place_and_never_by_content() {
        let read = |json: &str| SymmetricKey::from_json("pepper", json).err().unwrap();
        assert!(matches!(read("hunter2hunter2"), InvalidDocument::NotOfThisForm { line: 1, column: 1 }));
        assert_eq!(read(r#"{"format":2}"#), InvalidDocument::UnknownFormat(2));
        for json in [
            r#"{"format":1}"#,
            r#"{"format":1,"pepper":7}"#,
            r#"{"format":1,"pepper":"%%%"}"#,
            r#"{"format":1,"pepper":"aHVudGVyMg=="}"#,
        ] {
            assert_eq!(read(json), InvalidDocument::UnreadableKey("pepper"), "{json}");
        }
        let confused = read(r#"{"format":"hunter2"}"#);
        assert!(!format!("{confused} {confused:?}").contains("hunter2"));
    }
}
