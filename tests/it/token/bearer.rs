//! The protected route of the demo, as a resource server (RFC 6750).

use reqwest::Method;
use shared::domain::resource::AccessLevel;

use crate::support::answer::send;
use crate::support::app::{App, REVOKE, WHOAMI};
use crate::support::clients::ClientOptions;

const INVALID: &str = r#"Bearer realm="demo", error="invalid_token""#;

async fn call(app: &App, authorization: Option<&str>) -> (u16, String) {
    let mut request = app.request(Method::GET, WHOAMI);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let answer = send(request).await;
    (answer.status.as_u16(), answer.header("www-authenticate").to_owned())
}

#[tokio::test]
async fn without_credentials_the_challenge_has_no_error_code() {
    let app = App::start().await;
    assert_eq!(call(&app, None).await, (401, r#"Bearer realm="demo""#.to_owned()));
    assert_eq!(call(&app, Some("Basic YTpi")).await, (401, r#"Bearer realm="demo""#.to_owned()));
}

#[tokio::test]
async fn a_bad_expired_or_foreign_token_is_invalid_and_one_without_the_scope_insufficient() {
    let app = App::start().await;
    let invalid = (401, INVALID.to_owned());
    for bad in ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "bearer ..."] {
        assert_eq!(call(&app, Some(bad)).await, invalid, "{bad}");
    }
    let token = app.token(&app.demo_client(), "").await.token();
    assert_eq!(call(&app, Some(&format!("Bearer {token}"))).await.0, 200);
    app.clock.advance(899);
    assert_eq!(call(&app, Some(&format!("Bearer {token}"))).await.0, 200);
    app.clock.advance(1);
    assert_eq!(call(&app, Some(&format!("Bearer {token}"))).await, invalid);

    let grants = vec![("reporting", AccessLevel::View)];
    let reporting = app.client_with("reports", ClientOptions { grants, ..Default::default() }).await;
    let token = app.token(&reporting, "").await.token();
    assert_eq!(call(&app, Some(&format!("Bearer {token}"))).await, invalid, "it is for another audience");
    let token = app.token(&app.client("billing").await, "scope=banking/write").await.token();
    let insufficient = r#"Bearer realm="demo", error="insufficient_scope", scope="banking/read""#;
    assert_eq!(call(&app, Some(&format!("Bearer {token}"))).await, (403, insufficient.to_owned()));
}

#[tokio::test]
async fn a_token_that_was_revoked_or_whose_client_was_disabled_is_invalid() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let (revoked, left) = (app.token(&client, "").await.token(), app.token(&client, "").await.token());
    app.as_client(&client, REVOKE, &format!("token={revoked}")).await;
    assert_eq!(call(&app, Some(&format!("Bearer {revoked}"))).await, (401, INVALID.to_owned()));
    assert_eq!(call(&app, Some(&format!("Bearer {left}"))).await.0, 200);
    app.set_enabled(&client, false).await;
    assert_eq!(call(&app, Some(&format!("Bearer {left}"))).await, (401, INVALID.to_owned()));
}

#[tokio::test]
async fn a_token_in_the_query_is_refused_and_the_scheme_has_no_case() {
    let app = App::start().await;
    let token = app.token(&app.demo_client(), "").await.token();
    let in_query = app.get(&format!("{WHOAMI}?access_token={token}")).await;
    assert_eq!(in_query.status, 400);
    assert!(in_query.header("www-authenticate").contains("invalid_request"));
    for scheme in ["bearer", "BEARER", "Bearer"] {
        assert_eq!(call(&app, Some(&format!("{scheme} {token}"))).await.0, 200);
    }
}
