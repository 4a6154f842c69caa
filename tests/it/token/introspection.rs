//! Introspection (RFC 7662).

use shared::domain::resource::AccessLevel;
use shared::domain::time::plus_seconds;

use crate::support::app::{App, INTROSPECT, REVOKE};
use crate::support::clients::{ClientOptions, TestClient};
use crate::support::encoding::parts;

const INACTIVE: &str = r#"{"active":false}"#;

async fn server_of(app: &App, resource: &'static str) -> TestClient {
    let options = ClientOptions { grants: Vec::new(), serves: vec![resource], ..Default::default() };
    app.client_with(&format!("{resource}-api"), options).await
}

#[tokio::test]
async fn the_caller_authenticates_and_names_a_token() {
    let app = App::start().await;
    assert_eq!(app.form(INTROSPECT, "token=x").await.refused(), (401, "invalid_client".to_owned()));
    let missing = app.as_client(&app.demo_client(), INTROSPECT, "token_type_hint=access_token").await;
    assert_eq!(missing.refused(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn an_active_token_is_described_by_its_own_claims() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    let answer = app.introspect(&client, &token).await;
    assert_eq!(answer.status, 200);
    let mut said = answer.json();
    let said = said.as_object_mut().unwrap();
    assert_eq!(said.remove("active"), Some(true.into()));
    assert_eq!(said.remove("token_type"), Some("Bearer".into()));
    let (_, claims) = parts(&token);
    assert_eq!(&serde_json::Value::Object(said.clone()), &claims);
    for name in ["scope", "client_id", "exp", "iat", "nbf", "sub", "aud", "iss", "jti"] {
        assert!(said.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn whatever_is_not_an_active_token_is_inactive_and_nothing_more() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    let elsewhere = App::start().await;
    let foreign = elsewhere.token(&elsewhere.demo_client(), "").await.token();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let unsigned = format!("{head}.");
    let swapped = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for bad in ["x", "a.b.c", "...", &foreign, &unsigned, &swapped, &"a".repeat(9_000)] {
        let answer = app.introspect(&client, bad).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, INACTIVE), "{bad}");
    }
    app.clock.advance(900);
    assert_eq!(app.introspect(&client, &token).await.text, INACTIVE);
}

#[tokio::test]
async fn a_token_of_a_disabled_deleted_or_expired_client_is_inactive_at_once() {
    let app = App::start().await;
    let server = server_of(&app, "banking").await;
    let active = async |token: &str| app.introspect(&server, token).await.text != INACTIVE;

    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    assert!(active(&token).await);
    app.set_enabled(&client, false).await;
    assert!(!active(&token).await);
    app.set_enabled(&client, true).await;
    assert!(active(&token).await);
    app.delete(&client).await;
    assert!(!active(&token).await);

    let expires_at = Some(plus_seconds(app.now(), 60));
    let ending = app.client_with("ending", ClientOptions { expires_at, ..Default::default() }).await;
    let token = app.token(&ending, "").await.token();
    app.clock.advance(59);
    assert!(active(&token).await);
    app.clock.advance(1);
    assert!(!active(&token).await);
}

#[tokio::test]
async fn a_wrong_or_unknown_hint_changes_nothing() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let answer = app.as_client(&client, INTROSPECT, &format!("token={token}&token_type_hint={hint}")).await;
        assert_eq!(answer.json()["active"], true, "{hint}");
    }
}

#[tokio::test]
async fn a_caller_sees_its_own_tokens_and_those_of_resources_that_it_serves() {
    let app = App::start().await;
    let grants = vec![("banking", AccessLevel::View)];
    let client = app.client_with("billing", ClientOptions { grants, ..Default::default() }).await;
    let token = app.token(&client, "").await.token();
    let (banking, reporting) = (server_of(&app, "banking").await, server_of(&app, "reporting").await);
    assert_eq!(app.introspect(&client, &token).await.json()["active"], true);
    assert_eq!(app.introspect(&banking, &token).await.json()["active"], true);
    assert_eq!(app.introspect(&reporting, &token).await.text, INACTIVE);
    assert_eq!(app.introspect(&app.demo_client(), &token).await.text, INACTIVE);
}

#[tokio::test]
async fn a_revoked_token_is_inactive_and_no_other_is() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let (one, other) = (app.token(&client, "").await.token(), app.token(&client, "").await.token());
    assert_eq!(app.as_client(&client, REVOKE, &format!("token={one}")).await.status, 200);
    assert_eq!(app.introspect(&client, &one).await.text, INACTIVE);
    assert_eq!(app.introspect(&client, &other).await.json()["active"], true);
}
