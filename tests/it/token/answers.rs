//! Answers of the token endpoint (RFC 6749 sections 5.1 and 5.2).

use shared::domain::time::plus_seconds;

use crate::support::app::{App, INTROSPECT, REVOKE, TOKEN};
use crate::support::clients::ClientOptions;

#[tokio::test]
async fn every_response_is_json_and_not_cached() {
    let app = App::start().await;
    let client = app.demo_client();
    let answers = [
        app.token(&client, "").await,
        app.token(&client, "scope=nothing").await,
        app.token(&client.with_wrong_secret(), "").await,
        app.form(TOKEN, "").await,
        app.get(TOKEN).await,
        app.introspect(&client, "x").await,
        app.form(INTROSPECT, "token=x").await,
        app.form(REVOKE, "token=x").await,
    ];
    for answer in answers {
        assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"), "{answer:?}");
        answer.json();
    }
}

#[tokio::test]
async fn expires_in_is_an_integer_that_never_passes_the_clients_own_expiry() {
    let app = App::start().await;
    let usual = app.token(&app.demo_client(), "").await.json();
    assert_eq!((&usual["token_type"], &usual["expires_in"]), (&"Bearer".into(), &900.into()));
    let options = || ClientOptions { token_lifetime: Some(600), ..Default::default() };
    let short = app.client_with("short", options()).await;
    assert_eq!(app.token(&short, "").await.json()["expires_in"], 600);
    let expires_at = Some(plus_seconds(app.now(), 100));
    let ending = app.client_with("ending", ClientOptions { expires_at, ..options() }).await;
    assert_eq!(app.token(&ending, "").await.json()["expires_in"], 100);
    app.clock.advance(99);
    assert_eq!(app.token(&ending, "").await.json()["expires_in"], 1);
}

#[tokio::test]
async fn the_store_out_of_reach_is_503_with_retry_after_and_says_nothing_of_itself() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    let App { stack, http, base, .. } = app;
    let jwks_before = http.get(format!("{base}/.well-known/jwks.json")).send().await.unwrap().text().await.unwrap();
    stack.aws.stop().await;
    for (path, body) in [(TOKEN, "grant_type=client_credentials".to_owned()), (INTROSPECT, format!("token={token}"))] {
        let request = http.post(format!("{base}{path}")).basic_auth(&client.id, Some(&client.secret));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = crate::support::answer::send(request).await;
        assert_eq!(answer.refused(), (503, "temporarily_unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), "2");
        let said = r#"{"error":"temporarily_unavailable","error_description":"Try again in a few seconds."}"#;
        assert_eq!(answer.text, said);
    }
    let jwks = http.get(format!("{base}/.well-known/jwks.json")).send().await.unwrap().text().await.unwrap();
    assert_eq!(jwks, jwks_before);
}
