//! Unverified JWTs and percent-encoding.

use serde_json::Value;

/// The two JSON parts of a JWT, unverified.
pub fn parts(token: &str) -> (Value, Value) {
    use base64::Engine as _;
    let part = |at: usize| {
        let text = token.split('.').nth(at).unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    (part(0), part(1))
}

/// Percent-encodes every byte that is not a letter or a digit, as some OAuth libraries do.
pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
