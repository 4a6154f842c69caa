//! Revocation (RFC 7009).

use crate::support::app::{App, REVOKE};

#[tokio::test]
async fn the_answer_is_200_and_empty_whatever_the_token() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    let expired = app.token(&client, "").await.token();
    for (name, value) in [("valid", token.as_str()), ("revoked", &token), ("malformed", "x"), ("expired", &expired)] {
        if name == "expired" {
            app.clock.advance(901);
        }
        for hint in ["", "&token_type_hint=refresh_token", "&token_type_hint=x"] {
            let answer = app.as_client(&client, REVOKE, &format!("token={value}{hint}")).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{name}");
        }
    }
}

#[tokio::test]
async fn the_client_authenticates_and_names_a_token() {
    let app = App::start().await;
    assert_eq!(app.form(REVOKE, "token=x").await.refused(), (401, "invalid_client".to_owned()));
    let missing = app.as_client(&app.demo_client(), REVOKE, "token=").await;
    assert_eq!(missing.refused(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn another_clients_token_is_not_revoked() {
    let app = App::start().await;
    let (client, stranger) = (app.client("billing").await, app.client("stranger").await);
    let token = app.token(&client, "").await.token();
    assert_eq!(app.as_client(&stranger, REVOKE, &format!("token={token}")).await.status, 200);
    assert_eq!(app.introspect(&client, &token).await.json()["active"], true);
}
