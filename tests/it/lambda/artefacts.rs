//! The function artefacts in a real Lambda runtime.
//!
//! What `cargo lambda build` made runs in AWS's runtime interface emulator, and meets events of the HTTP API's payload
//! format 2.0 there. `.ci/run` builds the artefacts, fetches the emulator and says where both are; without that these
//! tests say so and pass, except on CI, where they fail.

use std::io::Read as _;
use std::process::Command;

use flate2::read::GzDecoder;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};
use shared::keys::key_set::KeySet;

use crate::support::functions::required;
use crate::support::lambda::emulator::Emulator;
use crate::support::lambda::event::{Event, REQUEST_ID, TOKEN, basic, token_request};
use crate::support::lambda::fixture::{Artefacts, Deployment, Function, ISSUER, wrong_secret};

const KEYS: &str = "/partner/.well-known/jwks.json";

#[tokio::test(flavor = "multi_thread")]
async fn both_metadata_paths_answer_with_the_same_document() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::TokenEndpoint, &deployment).await;

    let oauth = emulator.send(Event::get("/.well-known/oauth-authorization-server/partner")).await;
    let openid = emulator.send(Event::get("/partner/.well-known/openid-configuration")).await;

    assert_eq!((oauth.status, openid.status), (200, 200));
    assert_eq!(oauth.header("content-type"), "application/json");
    assert_eq!(oauth.json()["issuer"], ISSUER);
    assert_eq!(oauth.json()["token_endpoint"], format!("{ISSUER}/oauth2/token"));
    assert_eq!(oauth.body, openid.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_given_for_credentials_in_the_header_and_in_the_body() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::TokenEndpoint, &deployment).await;
    let (client_id, secret) = (deployment.client_id(), deployment.client_secret());
    let keys: JwkSet =
        serde_json::from_value(emulator.send(Event::get(KEYS)).await.json()).expect("the keys are a JWK set");

    let in_body = format!("grant_type=client_credentials&client_id={client_id}&client_secret={secret}");
    for event in [
        // API Gateway encodes every body whose media type it does not take for text; a form is one of them
        token_request().header("authorization", &basic(&client_id, &secret)).base64(),
        token_request().header("authorization", &basic(&client_id, &secret)),
        Event::post(TOKEN).form(&in_body).base64(),
        Event::post(TOKEN).form(&in_body),
    ] {
        let answer = emulator.send(event).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        let claims = verified(&answer.json(), &keys);
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims["client_id"], client_id);
    }
    emulator.assert_silent_about(&secret);
    emulator.assert_logged(&format!(r#""gateway_request_id":"{REQUEST_ID}""#));
}

/// The claims of an answer's access token, whose signature one of the published keys made.
fn verified(answer: &Value, keys: &JwkSet) -> Value {
    let token = answer["access_token"].as_str().expect("there is an access token");
    let header = jsonwebtoken::decode_header(token).expect("the token has a header");
    let key = keys.find(&header.kid.expect("the token names its key")).expect("the key is published");
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(key).expect("the key is usable");
    jsonwebtoken::decode(token, &key, &validation).expect("the signature is right").claims
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused_with_a_challenge() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::TokenEndpoint, &deployment).await;
    let wrong = wrong_secret();

    let refused =
        emulator.send(token_request().header("authorization", &basic(&deployment.client_id(), &wrong)).base64()).await;

    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").starts_with("Basic "), "{:?}", refused.headers);
    assert_eq!(refused.json()["error"], "invalid_client");
    emulator.assert_silent_about(&wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_were_sent_twice_arrive_joined_and_are_told_apart() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::TokenEndpoint, &deployment).await;
    let basic = basic(&deployment.client_id(), &deployment.client_secret());

    let twice = emulator.send(token_request().header("authorization", &basic).header("authorization", &basic)).await;
    assert_eq!(twice.status, 400, "{}", twice.text());
    assert_eq!(twice.json()["error"], "invalid_request");

    let tag = emulator.send(Event::get(KEYS)).await.header("etag").to_owned();
    let known =
        emulator.send(Event::get(KEYS).header("if-none-match", "\"other\"").header("if-none-match", &tag)).await;
    assert_eq!((known.status, known.body.as_slice()), (304, &b""[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_signs_in_and_stays_signed_in_by_the_cookie() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::ManagementApi, &deployment).await;
    let owner = deployment.owner();
    let sign_in = |password: &str| {
        Event::post("/partner/v1/session")
            .header("origin", deployment.origin())
            .json(&json!({ "email": owner.email, "password": password, "one_time_password": owner.one_time_password }))
    };

    let refused = emulator.send(sign_in("not the password")).await;
    assert_eq!(refused.status, 401, "{}", refused.text());
    assert!(refused.cookies.is_empty());

    let answer = emulator.send(sign_in(&owner.password).base64()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let [cookie] = answer.cookies.as_slice() else { panic!("one cookie, not {:?}", answer.cookies) };
    let (pair, attributes) = cookie.split_once(';').expect("the cookie has attributes");
    assert!(attributes.contains("HttpOnly") && attributes.contains("Secure"), "{attributes}");

    let session = Event::get("/partner/v1/session");
    assert_eq!(emulator.send(session.clone()).await.status, 401);
    let shown = emulator.send(session.cookie("theme=dark").cookie(pair)).await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    assert_eq!(shown.json()["email"], owner.email);
    emulator.assert_silent_about(&owner.password);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_arrives_compressed_and_whole() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::ManagementApi, &deployment).await;
    let page = emulator.send(Event::get("/partner/console/")).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let page = page.text();
    let script = page.split('"').find(|text| text.ends_with("/app.js")).expect("the page names its script");
    let plain = emulator.send(Event::get(script)).await;
    let packed = emulator.send(Event::get(script).header("accept-encoding", "gzip")).await;
    assert_eq!((plain.status, packed.status, packed.header("content-encoding")), (200, 200, "gzip"));
    let mut text = String::new();
    GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).expect("the body is gzip");
    assert_eq!(text, plain.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notifier_answers_a_dry_run_and_the_schedule() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::ExpiryNotifier, &deployment).await;

    let dry = emulator.invoke(&json!({ "dry_run": true })).await;
    assert_eq!(dry["dry_run"], true, "{dry}");
    let would_get = dry["would_send"].as_array().expect("the demo has a client that expires").clone();
    assert!(!would_get.is_empty() && deployment.mailed().is_empty(), "{dry}");

    // what the rule of infra/template.yaml sends
    let ran = emulator.invoke(&json!({})).await;
    assert_eq!((&ran["mails"], &ran["failed"]), (&json!(would_get.len()), &json!(0)), "{ran}");
    let mailed: Vec<_> = deployment.mailed().into_iter().flatten().collect();
    assert!(would_get.iter().all(|mail| mailed.iter().any(|to| mail["recipient"] == *to)), "{mailed:?}");
}

#[test]
fn an_empty_environment_is_refused_by_naming_everything() {
    let Some(artefacts) = Artefacts::found() else { return };
    for function in Function::ALL {
        let output = Command::new(artefacts.artefact(function)).env_clear().output().expect("the artefact can be run");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!output.status.success(), "{function} started: {said}");
        for name in required(&function.to_string()) {
            assert!(said.contains(&format!("{name} is missing")), "{function} does not name {name}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rotation_starts_and_refuses_another_secret() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::start().await;
    let emulator = Emulator::start(&artefacts, Function::KeyRotation, &deployment).await;

    let order = json!({ "Step": "createSecret", "SecretId": "another", "ClientRequestToken": "0".repeat(36) });
    let refused = emulator.invoke(&order).await;
    let message = refused["errorMessage"].as_str().expect("an error");
    assert!(message.contains("another secret than KEY_SET_SECRET"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rotation_fills_both_secrets_that_the_template_left_empty() {
    let Some(artefacts) = Artefacts::found() else { return };
    let deployment = Deployment::with_empty_keys().await;
    let emulator = Emulator::start(&artefacts, Function::KeyRotation, &deployment).await;
    let (client, version) = (deployment.secrets_manager(), "0".repeat(36));
    let environment = deployment.environment(Function::KeyRotation);
    let (keys, public) = (&environment["KEY_SET_SECRET"], &environment["JWKS_SECRET"]);
    assert!(keys.starts_with("arn:") && public.starts_with("arn:"));

    client.rotate_secret().secret_id(keys).client_request_token(&version).send().await.expect("it begins");
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        let order = json!({ "Step": step, "SecretId": keys, "ClientRequestToken": version });
        assert_eq!(emulator.invoke(&order).await, Value::Null, "{step}");
    }

    let value = async |secret: &str| {
        let got = client.get_secret_value().secret_id(secret).send().await.expect("the secret has a value");
        got.secret_string.expect("it is text")
    };
    let keys = KeySet::from_json(&value(keys).await).expect("it is a key set");
    let public: JwkSet = serde_json::from_str(&value(public).await).expect("it is a JWK set");
    assert!(public.find(keys.current.kid()).is_some() && public.find(keys.next.kid()).is_some());
}
