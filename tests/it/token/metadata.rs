//! Metadata (RFC 8414, OpenID Connect Discovery) and keys (RFC 7517, RFC 7638).

use std::collections::BTreeSet;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, StatusCode};
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;

use crate::support::answer::send;
use crate::support::app::{App, JWKS, TOKEN};
use crate::support::encoding::parts;

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn both_metadata_urls_answer_the_same_document() {
    let app = App::start().await;
    let (oauth, openid) = (app.get(OAUTH).await, app.get(OPENID).await);
    assert_eq!(oauth.text, openid.text);
    assert_eq!(oauth.header("content-type"), "application/json");
    let text = oauth.text.replace(&app.base, "ISSUER");
    let pretty: serde_json::Value = serde_json::from_str(&text).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&pretty).unwrap(), @r#"
    {
      "grant_types_supported": [
        "client_credentials"
      ],
      "id_token_signing_alg_values_supported": [
        "ES256"
      ],
      "introspection_endpoint": "ISSUER/oauth2/introspect",
      "introspection_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ],
      "issuer": "ISSUER",
      "jwks_uri": "ISSUER/.well-known/jwks.json",
      "response_types_supported": [],
      "revocation_endpoint": "ISSUER/oauth2/revoke",
      "revocation_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ],
      "subject_types_supported": [
        "public"
      ],
      "token_endpoint": "ISSUER/oauth2/token",
      "token_endpoint_auth_methods_supported": [
        "client_secret_basic",
        "client_secret_post"
      ]
    }
    "#);
}

#[tokio::test]
async fn an_issuer_with_a_path_has_every_url_below_it() {
    let issuer = "https://id.example/realms/partner";
    let app = App::with(|configuration| configuration.issuer = Issuer::parse(issuer).unwrap()).await;
    let inserted = send(app.http.get(format!("{}{OAUTH}/realms/partner", app.origin))).await;
    let appended = app.get(OPENID).await;
    assert_eq!((inserted.status, &inserted.text), (StatusCode::OK, &appended.text));
    let metadata = appended.json();
    assert_eq!(metadata["issuer"], issuer);
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(value.as_str().unwrap().starts_with(&format!("{issuer}/")), "{name}");
        }
    }
    let token = app.token(&app.demo_client(), "").await.token();
    assert_eq!(parts(&token).1["iss"], issuer);
    assert_eq!(app.get(JWKS).await.status, 200);
    for outside in [TOKEN, JWKS, OPENID, OAUTH] {
        assert_eq!(send(app.http.get(format!("{}{outside}", app.origin))).await.status, 404, "{outside}");
    }
}

#[tokio::test]
async fn the_issuer_comes_from_configuration_and_never_from_the_host_header() {
    let app = App::start().await;
    let request =
        app.request(Method::GET, OPENID).header("host", "evil.example").header("x-forwarded-host", "evil.example");
    assert_eq!(send(request).await.json()["issuer"], app.base);
    let token = app.token(&app.demo_client(), "").await.token();
    assert_eq!(parts(&token).1["iss"], app.base);
}

#[tokio::test]
async fn documents_are_kept_by_their_entity_tag() {
    let app = App::start().await;
    for path in [OAUTH, OPENID, JWKS] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        let etag = answer.header("etag");
        for known in [etag, "*", &format!("\"x\", W/{etag}")] {
            let again = send(app.request(Method::GET, path).header("if-none-match", known)).await;
            assert_eq!((again.status.as_u16(), again.text.as_str(), again.header("etag")), (304, "", etag), "{path}");
        }
        let other = send(app.request(Method::GET, path).header("if-none-match", "\"x\"")).await;
        assert_eq!(other.status, 200);
        let post = send(app.request(Method::POST, path)).await;
        assert_eq!((post.status.as_u16(), post.header("allow")), (405, "GET, HEAD"));
    }
}

#[tokio::test]
async fn the_key_document_holds_public_members_and_thumbprints_only() {
    for (algorithm, members) in [
        (SigningAlgorithm::Rs256, vec!["alg", "e", "kid", "kty", "n", "use"]),
        (SigningAlgorithm::Es256, vec!["alg", "crv", "kid", "kty", "use", "x", "y"]),
        (SigningAlgorithm::EdDsa, vec!["alg", "crv", "kid", "kty", "use", "x"]),
    ] {
        let app = App::with(|configuration| configuration.signing_algorithm = algorithm).await;
        let algorithms = &app.get(OPENID).await.json()["id_token_signing_alg_values_supported"];
        assert_eq!(*algorithms, serde_json::json!([algorithm.as_str()]));
        let document = app.get(JWKS).await;
        assert_eq!(document.header("content-type"), "application/jwk-set+json");
        let jwks = document.json();
        let keys = jwks["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2, "current and next");
        let mut kids = BTreeSet::new();
        for key in keys {
            let names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, members);
            assert_eq!((&key["use"], &key["alg"]), (&"sig".into(), &algorithm.as_str().into()));
            // RFC 7638 section 3.2: the required members alone, in the order of their names
            let required = ["crv", "e", "kty", "n", "x", "y"];
            let canonical: serde_json::Map<_, _> =
                required.iter().filter_map(|name| Some(((*name).to_owned(), key.get(*name)?.clone()))).collect();
            let hash = digest::digest(&digest::SHA256, serde_json::Value::from(canonical).to_string().as_bytes());
            assert_eq!(key["kid"], URL_SAFE_NO_PAD.encode(hash));
            kids.insert(key["kid"].as_str().unwrap().to_owned());
        }
        assert_eq!(kids.len(), 2);
        let token = app.token(&app.demo_client(), "").await.token();
        assert_eq!(parts(&token).0["kid"], keys[0]["kid"]);
    }
}

#[tokio::test]
async fn a_rotated_key_set_is_taken_up_and_tokens_of_the_old_key_stay_good() {
    use countersign::names::KEY_SET_SECRET;
    use shared::keys::vault::Vault;

    let app = App::start().await;
    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    let secrets_manager = app.stack.aws.secrets_manager();
    let keys = Vault::new(secrets_manager.clone()).key_set(KEY_SET_SECRET).await.unwrap();
    let (current, next) = (keys.current.kid().to_owned(), keys.next.kid().to_owned());
    let rotated = keys.rotated(SigningAlgorithm::Es256, app.now()).unwrap().to_json();
    secrets_manager.put_secret_value().secret_id(KEY_SET_SECRET).secret_string(rotated.as_str()).send().await.unwrap();
    app.clock.advance(299);
    assert_eq!(parts(&app.token(&client, "").await.token()).0["kid"], current);
    app.clock.advance(1);
    assert_eq!(parts(&app.token(&client, "").await.token()).0["kid"], next);
    assert_eq!(app.introspect(&client, &token).await.json()["active"], true);
    assert_eq!(app.get(JWKS).await.json()["keys"].as_array().unwrap().len(), 3);
}
