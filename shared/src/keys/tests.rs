//! Keys and claims that the tests of this module share, and what needs several parts at once.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::algorithm::SigningAlgorithm;
use super::document::InvalidDocument;
use super::key_set::KeySet;
use super::ring::KeyRing;
use super::verifying::{InvalidJwks, InvalidToken, MAX_TOKEN_BYTES, TokenVerifier};
use crate::domain::access_token::Claims;
use crate::domain::client::Environment;
use crate::domain::id::{ClientId, OrganizationKey};
use crate::domain::resource::Audience;

pub(super) const ALGORITHMS: [SigningAlgorithm; 3] =
    [SigningAlgorithm::Rs256, SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];

const ISSUER: &str = "https://auth.example.com";
const ISSUED: i64 = 1_800_000_000;

static STORED: LazyLock<[String; 3]> =
    LazyLock::new(|| ALGORITHMS.map(|algorithm| KeySet::generate(algorithm, at(0)).unwrap().to_json().to_string()));

fn stored(algorithm: SigningAlgorithm) -> &'static str {
    &STORED[ALGORITHMS.iter().position(|&a| a == algorithm).unwrap()]
}

/// The same key set of this algorithm at every call: RSA keys take long to make.
pub(super) fn key_set(algorithm: SigningAlgorithm) -> KeySet {
    KeySet::from_json(stored(algorithm)).unwrap()
}

/// So many seconds after the claims were issued.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(ISSUED + seconds).unwrap()
}

/// Claims that last for 900 seconds.
pub(super) fn claims() -> Claims {
    let client_id = ClientId::parse("wallet-acme-reporting").unwrap();
    Claims {
        iss: ISSUER.to_owned(),
        sub: client_id.clone(),
        aud: BTreeSet::from([Audience::parse("https://api.example.com/banking").unwrap()]),
        exp: ISSUED + 900,
        iat: ISSUED,
        nbf: ISSUED,
        jti: "2MVgxSEhEHcgQnPdG8ywjA".to_owned(),
        client_id,
        scope: "banking/read banking/write".to_owned(),
        org: OrganizationKey::parse("acme").unwrap(),
        env: Environment::Production,
    }
}

fn ring(algorithm: SigningAlgorithm) -> KeyRing {
    KeyRing::new(&key_set(algorithm)).unwrap()
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&BASE64URL.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn with_part(token: &str, index: usize, text: &str) -> String {
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[index] = text;
    parts.join(".")
}

fn encoded(value: &Value) -> String {
    BASE64URL.encode(value.to_string())
}

/// A token with this header and these claims, rightly signed by the current key.
fn signed(algorithm: SigningAlgorithm, header: &Value, claims: &Value) -> String {
    let mut token = format!("{}.{}", encoded(header), encoded(claims));
    key_set(algorithm).current.pair().append_signature(&mut token).unwrap();
    token
}

#[test]
fn what_each_key_of_a_set_signs_is_verified() {
    for algorithm in ALGORITHMS {
        let keys = key_set(algorithm);
        let before = ring(algorithm).signing_key.sign(&claims()).unwrap();
        let ring = KeyRing::new(&keys.rotated(algorithm, at(10)).unwrap()).unwrap();
        let after = ring.signing_key.sign(&claims()).unwrap();
        assert_ne!(part(&before, 0)["kid"], part(&after, 0)["kid"]);
        for token in [before, after] {
            assert_eq!(ring.verifier.verify(&token, ISSUER, at(60)), Ok(claims()), "{algorithm}");
        }
    }
}

#[test]
fn keys_of_two_algorithms_may_stand_in_one_set() {
    let keys = key_set(SigningAlgorithm::Rs256).rotated(SigningAlgorithm::Es256, at(0)).unwrap();
    let keys = KeySet::from_json(&keys.to_json()).unwrap();
    assert_eq!(keys.next.algorithm(), SigningAlgorithm::Es256);
    let keys = keys.rotated(SigningAlgorithm::Es256, at(0)).unwrap();
    let ring = KeyRing::new(&keys).unwrap();
    let token = ring.signing_key.sign(&claims()).unwrap();
    assert_eq!(part(&token, 0)["alg"], "ES256");
    assert!(ring.verifier.verify(&token, ISSUER, at(0)).is_ok());
}

#[test]
fn a_change_in_header_claims_or_signature_is_refused() {
    for algorithm in ALGORITHMS {
        let ring = ring(algorithm);
        let token = ring.signing_key.sign(&claims()).unwrap();
        let verify = |token: &str| ring.verifier.verify(token, ISSUER, at(60));

        let mut header = part(&token, 0);
        header["cty"] = json!("x");
        assert_eq!(verify(&with_part(&token, 0, &encoded(&header))), Err(InvalidToken::BadSignature));

        let mut raised = part(&token, 1);
        raised["scope"] = json!("banking/admin");
        assert_eq!(verify(&with_part(&token, 1, &encoded(&raised))), Err(InvalidToken::BadSignature));

        let signature = BASE64URL.decode(token.rsplit('.').next().unwrap()).unwrap();
        for at in [0, signature.len() / 2, signature.len() - 1] {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert_eq!(verify(&with_part(&token, 2, &BASE64URL.encode(changed))), Err(InvalidToken::BadSignature));
        }
        assert_eq!(verify(&with_part(&token, 2, "")), Err(InvalidToken::BadSignature));

        let other = KeyRing::new(&KeySet::generate(SigningAlgorithm::EdDsa, at(0)).unwrap()).unwrap();
        let foreign = other.signing_key.sign(&claims()).unwrap();
        assert_eq!(verify(&foreign), Err(InvalidToken::UnknownKey));
    }
}

#[test]
fn the_header_cannot_choose_the_algorithm() {
    use aws_lc_rs::hmac;
    for algorithm in ALGORITHMS {
        let ring = ring(algorithm);
        let kid = ring.signing_key.kid();
        let claims = json!(claims());
        for alg in ["none", "None", "HS256", "HS512", "PS256", "RS512", "ES384", "RS256", "ES256", "EdDSA"] {
            if alg == algorithm.as_str() {
                continue;
            }
            let token = signed(algorithm, &json!({"alg": alg, "kid": kid, "typ": "at+jwt"}), &claims);
            assert_eq!(ring.verifier.verify(&token, ISSUER, at(60)), Err(InvalidToken::Malformed), "{algorithm} {alg}");
        }
        // signed with HMAC under what is public (RFC 8725 section 2.1)
        let message =
            format!("{}.{}", encoded(&json!({"alg": "HS256", "kid": kid, "typ": "at+jwt"})), encoded(&claims));
        for public in [ring.jwks.json().to_vec(), kid.as_bytes().to_vec()] {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public), message.as_bytes());
            let token = format!("{message}.{}", BASE64URL.encode(tag));
            assert_eq!(ring.verifier.verify(&token, ISSUER, at(60)), Err(InvalidToken::Malformed));
        }
    }
}

#[test]
fn only_the_type_of_access_tokens_is_accepted() {
    let algorithm = SigningAlgorithm::Es256;
    let ring = ring(algorithm);
    let verify = |typ: &Value| {
        let header = json!({"alg": "ES256", "kid": ring.signing_key.kid(), "typ": typ});
        ring.verifier.verify(&signed(algorithm, &header, &json!(claims())), ISSUER, at(60))
    };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert_eq!(verify(&json!(typ)), Ok(claims()), "{typ}");
    }
    for typ in [json!("JWT"), json!("secevent+jwt"), json!(""), json!("at+jwt "), Value::Null, json!(1)] {
        assert_eq!(verify(&typ), Err(InvalidToken::Malformed), "{typ}");
    }
}

#[test]
fn a_token_is_good_until_the_second_of_its_expiry() {
    let ring = ring(SigningAlgorithm::Es256);
    let token = ring.signing_key.sign(&claims()).unwrap();
    assert_eq!(ring.verifier.verify(&token, ISSUER, at(899)), Ok(claims()));
    assert_eq!(ring.verifier.verify(&token, ISSUER, at(900)), Err(InvalidToken::Expired));
    assert_eq!(ring.verifier.verify(&token, ISSUER, at(901)), Err(InvalidToken::Expired));
}

#[test]
fn the_issuer_s_clock_may_be_a_minute_ahead_and_no_more() {
    let ring = ring(SigningAlgorithm::Es256);
    let token = ring.signing_key.sign(&claims()).unwrap();
    assert_eq!(ring.verifier.verify(&token, ISSUER, at(-60)), Ok(claims()));
    assert_eq!(ring.verifier.verify(&token, ISSUER, at(-61)), Err(InvalidToken::NotYetValid));
}

#[test]
fn a_token_of_another_issuer_or_form_is_refused() {
    let algorithm = SigningAlgorithm::Es256;
    let ring = ring(algorithm);
    let verify = |token: &str| ring.verifier.verify(token, ISSUER, at(60));
    let token = ring.signing_key.sign(&claims()).unwrap();
    let issuer = "https://auth.example.com/";
    assert_eq!(ring.verifier.verify(&token, issuer, at(60)), Err(InvalidToken::WrongIssuer));

    let kid = ring.signing_key.kid();
    let header = json!({"alg": "ES256", "kid": kid, "typ": "at+jwt"});
    let nameless = signed(algorithm, &json!({"alg": "ES256", "typ": "at+jwt"}), &json!(claims()));
    assert_eq!(verify(&nameless), Err(InvalidToken::Malformed));
    for missing in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"] {
        let mut less = json!(claims());
        less.as_object_mut().unwrap().remove(missing);
        assert_eq!(verify(&signed(algorithm, &header, &less)), Err(InvalidToken::Malformed), "{missing}");
    }
    let long = "x".repeat(MAX_TOKEN_BYTES + 1);
    for text in ["", ".", "..", "...", "a.b.c", "ä.ö.ü", &token[1..], &format!("{token}.x"), &long] {
        assert_eq!(verify(text), Err(InvalidToken::Malformed), "{text}");
    }
    let mut claims = claims();
    claims.scope = "x".repeat(MAX_TOKEN_BYTES);
    assert_eq!(verify(&ring.signing_key.sign(&claims).unwrap()), Err(InvalidToken::Malformed));
}

#[test]
fn only_signing_keys_of_known_algorithms_are_taken_from_a_jwks_document() {
    let ring = ring(SigningAlgorithm::Es256);
    let token = ring.signing_key.sign(&claims()).unwrap();
    let document: Value = serde_json::from_slice(ring.jwks.json()).unwrap();
    let with = |member: &str, value: Value| {
        let mut changed = document.clone();
        for key in changed["keys"].as_array_mut().unwrap() {
            key[member] = value.clone();
        }
        TokenVerifier::from_jwks(changed.to_string().as_bytes()).err()
    };
    assert_eq!(with("x-note", json!("other members do not matter")), None);
    for (member, value) in
        [("use", json!("enc")), ("alg", json!("HS256")), ("alg", json!("ES384")), ("kid", Value::Null)]
    {
        assert_eq!(with(member, value.clone()), Some(InvalidJwks::NoUsableKey), "{member} {value}");
    }
    for (json, reason) in [
        ("", InvalidJwks::NotAJwkSet),
        ("{}", InvalidJwks::NotAJwkSet),
        (r#"{"keys":[]}"#, InvalidJwks::NoUsableKey),
        (r#"{"keys":[{"kty":"oct","k":"AAAA","kid":"a","use":"sig","alg":"HS256"}]}"#, InvalidJwks::NoUsableKey),
        (r#"{"keys":[{"kty":"oct","k":"AAAA","kid":"a","use":"sig","alg":"RS256"}]}"#, InvalidJwks::NoUsableKey),
    ] {
        assert_eq!(TokenVerifier::from_jwks(json.as_bytes()).err(), Some(reason), "{json}");
    }
    let mut beside = document.clone();
    beside["keys"].as_array_mut().unwrap().insert(0, json!({"kty": "new", "alg": "ML-DSA-44", "kid": "n", "pub": "x"}));
    let verifier = TokenVerifier::from_jwks(beside.to_string().as_bytes()).unwrap();
    assert_eq!(verifier.verify(&token, ISSUER, at(60)), Ok(claims()));
}

#[test]
fn a_key_set_reads_back_from_its_json() {
    for algorithm in ALGORITHMS {
        let rotated = key_set(algorithm).rotated(algorithm, at(100)).unwrap();
        let read = KeySet::from_json(&rotated.to_json()).unwrap();
        assert_eq!(read.to_json(), rotated.to_json());
        assert_eq!(read.next.created_at(), at(100));
        assert_eq!(read.current.kid(), key_set(algorithm).next.kid());
        assert_eq!(read.previous.unwrap().kid(), key_set(algorithm).current.kid());
        let document: Value = serde_json::from_str(stored(algorithm)).unwrap();
        assert_eq!(document["format"], 1);
        assert_eq!(document["current"]["algorithm"], algorithm.as_str());
        assert_eq!(document["previous"], Value::Null);
    }
}

#[test]
fn a_rsa_key_has_2048_bits() {
    assert_eq!(key_set(SigningAlgorithm::Rs256).current.pair().signature_bytes(), 256);
}

#[test]
fn a_key_set_that_is_not_what_it_says_is_refused_without_a_word_of_its_keys() {
    let document: Value = serde_json::from_str(stored(SigningAlgorithm::Es256)).unwrap();
    let secret = document["current"]["private_key"].as_str().unwrap();
    let of_ed25519: Value = serde_json::from_str(stored(SigningAlgorithm::EdDsa)).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut changed = document.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed.to_string()
    };
    let cut = &secret[..secret.len() - 8];
    let not_der = "AAAA";
    let (next, current) = (&document["next"], &document["current"]);
    let cases = [
        (with("/current/kid", next["kid"].clone()), InvalidDocument::WrongKid("current")),
        (with("/current/private_key", next["private_key"].clone()), InvalidDocument::WrongKid("current")),
        (with("/next/private_key", json!(cut)), InvalidDocument::UnreadableKey("next")),
        (with("/next/private_key", json!(not_der)), InvalidDocument::UnreadableKey("next")),
        (with("/next/private_key", json!("%")), InvalidDocument::UnreadableKey("next")),
        (with("/next/private_key", of_ed25519["next"]["private_key"].clone()), InvalidDocument::UnreadableKey("next")),
        (with("/next/algorithm", json!("RS256")), InvalidDocument::UnreadableKey("next")),
        (with("/next", current.clone()), InvalidDocument::RepeatedKey("next")),
        (with("/previous", current.clone()), InvalidDocument::RepeatedKey("previous")),
        (with("/format", json!(2)), InvalidDocument::UnknownFormat(2)),
    ];
    for (json, expected) in cases {
        assert_eq!(KeySet::from_json(&json).unwrap_err(), expected);
    }
    // keys where something else belongs: a careless message would quote them
    for (pointer, value) in [
        ("/format", json!(secret)),
        ("/current/algorithm", json!(secret)),
        ("/next", json!(secret)),
        ("/current/created_at", json!(secret)),
        ("/previous", json!(secret)),
        ("/current/private_key", json!([secret])),
    ] {
        let refused = KeySet::from_json(&with(pointer, value)).unwrap_err();
        assert!(matches!(refused, InvalidDocument::NotOfThisForm { .. }), "{pointer}: {refused}");
        assert!(!format!("{refused} {refused:?}").contains(cut), "{pointer}");
    }
    for text in ["", "null", "[]", "{}", secret] {
        assert!(matches!(KeySet::from_json(text), Err(InvalidDocument::NotOfThisForm { .. })));
    }
}

#[test]
fn debug_output_shows_no_private_key() {
    for algorithm in ALGORITHMS {
        let keys = key_set(algorithm);
        let document: Value = serde_json::from_str(stored(algorithm)).unwrap();
        let shown = format!("{keys:?} {:?}", KeyRing::new(&keys).unwrap());
        assert!(shown.contains(keys.current.kid()));
        for member in ["current", "next"] {
            let secret = document[member]["private_key"].as_str().unwrap();
            // what lies there is private in the PKCS#8 of all three kinds of key
            assert!(!shown.contains(&secret[secret.len() / 4..secret.len() / 2]));
        }
        assert!(!shown.contains("private_key"));
    }
}
