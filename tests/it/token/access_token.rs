//! The access token itself (RFC 9068, RFC 8707).

use std::collections::BTreeSet;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use shared::keys::algorithm::SigningAlgorithm;

use crate::support::app::{App, JWKS};
use crate::support::encoding::parts;

#[tokio::test]
async fn the_token_verifies_against_the_published_keys_with_each_algorithm() {
    for (algorithm, name) in [
        (SigningAlgorithm::Rs256, Algorithm::RS256),
        (SigningAlgorithm::Es256, Algorithm::ES256),
        (SigningAlgorithm::EdDsa, Algorithm::EdDSA),
    ] {
        let app = App::with(|configuration| configuration.signing_algorithm = algorithm).await;
        let token = app.token(&app.demo_client(), "").await.token();
        let (header, _) = parts(&token);
        assert_eq!(header["typ"], "at+jwt");
        assert_eq!(header["alg"], algorithm.as_str());
        let jwks: JwkSet = serde_json::from_value(app.get(JWKS).await.json()).unwrap();
        let key = jwks.find(header["kid"].as_str().unwrap()).unwrap();
        let mut validation = Validation::new(name);
        validation.set_issuer(&[&app.base]);
        validation.set_audience(&["https://banking.example"]);
        validation.validate_exp = false;
        let decoded = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap();
        assert_eq!(decoded.claims["client_id"], app.demo_client().id);
    }
}

#[tokio::test]
async fn the_claims_are_those_of_rfc_9068_with_organization_and_environment() {
    let app = App::start().await;
    let client = app.demo_client();
    let (header, claims) = parts(&app.token(&client, "").await.token());
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["aud", "client_id", "env", "exp", "iat", "iss", "jti", "nbf", "org", "scope", "sub"]);
    assert_eq!((&claims["sub"], &claims["client_id"]), (&client.id.as_str().into(), &client.id.as_str().into()));
    assert_eq!((&claims["org"], &claims["env"]), (&"acme".into(), &"production".into()));
    assert_eq!(claims["iat"], app.now().as_second());
    assert_eq!(claims["exp"], app.now().as_second() + 900);
    assert_eq!(claims["scope"], "banking/read reporting/read reporting/write");
    assert_eq!(claims["aud"], serde_json::json!(["https://banking.example", "https://reporting.example"]));
    assert_eq!(header.as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn every_token_has_an_id_of_its_own_with_128_random_bits() {
    let app = App::start().await;
    let client = app.demo_client();
    let mut ids = BTreeSet::new();
    for _ in 0..20 {
        let (_, claims) = parts(&app.token(&client, "").await.token());
        let id = claims["jti"].as_str().unwrap().to_owned();
        assert_eq!(id.len(), 22, "16 bytes in base64url");
        ids.insert(id);
    }
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn the_audience_names_the_resources_of_the_granted_scopes() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let audience = async |more: &str| parts(&app.token(&client, more).await.token()).1["aud"].to_string();
    assert_eq!(audience("scope=banking/read").await, r#"["https://banking.example"]"#);
    assert_eq!(audience("scope=reporting/read").await, r#"["https://reporting.example"]"#);
}

#[tokio::test]
async fn a_resource_parameter_narrows_the_token_and_an_ungranted_one_is_an_invalid_target() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let banking = "resource=https%3A%2F%2Fbanking.example";
    let reporting = "resource=https%3A%2F%2Freporting.example";
    let (_, claims) = parts(&app.token(&client, banking).await.token());
    assert_eq!(claims["aud"], serde_json::json!(["https://banking.example"]));
    assert_eq!(claims["scope"], "banking/read banking/write");
    let both = app.token(&client, &format!("{banking}&{reporting}")).await.json();
    assert_eq!(both["scope"], "banking/read banking/write reporting/read");
    for bad in [
        "resource=https%3A%2F%2Fpayments.example",
        "resource=x",
        "resource=https%3A%2F%2Fbanking.example%23a",
        "resource=%22",
    ] {
        assert_eq!(app.token(&client, bad).await.refused(), (400, "invalid_target".to_owned()), "{bad}");
        let beside_a_good_one = app.token(&client, &format!("{banking}&{bad}")).await;
        assert_eq!(beside_a_good_one.refused(), (400, "invalid_target".to_owned()), "{bad}");
    }
    let scope_of_another = app.token(&client, &format!("{banking}&scope=reporting/read")).await;
    assert_eq!(scope_of_another.refused(), (400, "invalid_scope".to_owned()));
}
