//! The token request (RFC 6749 sections 3.2, 3.3 and 4.4.2).

use reqwest::{Method, header};

use crate::support::answer::send;
use crate::support::app::{App, INTROSPECT, JWKS, REVOKE, TOKEN};
use crate::support::clients::ClientOptions;

#[tokio::test]
async fn the_token_endpoint_takes_post_only() {
    let app = App::start().await;
    let client = app.demo_client();
    for path in [TOKEN, INTROSPECT, REVOKE] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS] {
            let request = app.request(method.clone(), &format!("{path}?grant_type=client_credentials"));
            let answer = send(request.basic_auth(&client.id, Some(&client.secret))).await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn credentials_in_the_query_are_never_honoured() {
    let app = App::start().await;
    let client = app.demo_client();
    let query = format!("client_id={}&client_secret={}&grant_type=client_credentials", client.id, client.secret);
    let all_in_query = app.form(&format!("{TOKEN}?{query}"), "").await;
    assert_eq!(all_in_query.refused(), (400, "invalid_request".to_owned()));
    let credentials_in_query = app.form(&format!("{TOKEN}?{query}"), "grant_type=client_credentials").await;
    assert_eq!(credentials_in_query.refused(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn the_body_is_a_form_whatever_its_charset_parameter() {
    let app = App::start().await;
    let client = app.demo_client();
    let with_type = async |media_type: Option<&str>, body: &str| {
        let mut request = app.request(Method::POST, TOKEN).basic_auth(&client.id, Some(&client.secret));
        if let Some(media_type) = media_type {
            request = request.header(header::CONTENT_TYPE, media_type);
        }
        send(request.body(body.to_owned())).await
    };
    let form = "grant_type=client_credentials";
    for good in [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "Application/X-WWW-Form-URLEncoded;charset=iso-8859-1",
    ] {
        with_type(Some(good), form).await.token();
    }
    for (bad, body) in [
        (None, form),
        (Some("application/json"), r#"{"grant_type":"client_credentials"}"#),
        (Some("text/plain"), form),
        (Some("multipart/form-data; boundary=x"), form),
        (Some(""), form),
    ] {
        assert_eq!(with_type(bad, body).await.refused(), (400, "invalid_request".to_owned()), "{bad:?}");
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_an_invalid_request_and_an_unknown_one_is_ignored() {
    let app = App::start().await;
    let client = app.demo_client();
    for repeated in
        ["grant_type=client_credentials", "scope=banking%2Fread&scope=banking%2Fread", "client_id=a&client_id=a"]
    {
        assert_eq!(app.token(&client, repeated).await.refused(), (400, "invalid_request".to_owned()), "{repeated}");
    }
    app.token(&client, "foo=1&foo=2&audience=x&%F0%9F%A6%80=y").await.token();
}

#[tokio::test]
async fn an_empty_parameter_counts_as_absent() {
    let app = App::start().await;
    let client = app.demo_client();
    app.token(&client, "scope=&resource=&client_id=").await.token();
    let no_grant_type = app.as_client(&client, TOKEN, "grant_type=").await;
    assert_eq!(no_grant_type.refused(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn the_grant_type_is_missing_unknown_or_not_this_clients() {
    let app = App::start().await;
    let client = app.demo_client();
    let missing = app.as_client(&client, TOKEN, "scope=banking%2Fread").await;
    assert_eq!(missing.refused(), (400, "invalid_request".to_owned()));
    for unknown in ["password", "authorization_code", "refresh_token", "CLIENT_CREDENTIALS", "x"] {
        let answer = app.as_client(&client, TOKEN, &format!("grant_type={unknown}")).await;
        assert_eq!(answer.refused(), (400, "unsupported_grant_type".to_owned()), "{unknown}");
    }
    let without_grants = app.client_with("bare", ClientOptions { grants: Vec::new(), ..Default::default() }).await;
    assert_eq!(app.token(&without_grants, "").await.refused(), (400, "unauthorized_client".to_owned()));
}

#[tokio::test]
async fn scopes_are_case_sensitive_and_have_no_order_and_no_duplicates() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let answer = app.token(&client, "scope=reporting/read+banking/read%20reporting/read").await;
    assert_eq!(answer.json()["scope"], "banking/read reporting/read");
    let other_case = app.token(&client, "scope=Banking/read").await;
    assert_eq!(other_case.refused(), (400, "invalid_scope".to_owned()));
    for outside_the_grammar in ["scope=a%22b", "scope=a%5Cb", "scope=%C3%A4", "scope=a%09b", "scope=%20", "scope=a%00"]
    {
        let answer = app.token(&client, outside_the_grammar).await;
        assert_eq!(answer.refused(), (400, "invalid_scope".to_owned()), "{outside_the_grammar}");
    }
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_refused_and_no_scope_means_all() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let too_much = app.token(&client, "scope=banking/read+banking/admin").await;
    assert_eq!(too_much.refused(), (400, "invalid_scope".to_owned()));
    let all = app.token(&client, "").await;
    assert_eq!(all.json()["scope"], "banking/read banking/write reporting/read");
    let one = app.token(&client, "scope=banking/write").await;
    assert_eq!(one.json()["scope"], "banking/write");
}

#[tokio::test]
async fn a_warm_token_is_one_read_and_no_write_and_the_documents_touch_no_store() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let calls = app.stack.aws.calls();
    let during = async |token: bool| {
        let before = calls.counts();
        if token {
            app.token(&client, "").await.token();
        } else {
            for path in [JWKS, "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
                assert_eq!(app.get(path).await.status, 200);
            }
        }
        calls.since(&before).into_iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>()
    };
    // the first also asks for failures before its Argon2 run, and notes the use of the secret
    assert_eq!(during(true).await, ["1 GetItem", "1 Query", "1 UpdateItem"]);
    assert_eq!(during(true).await, ["1 Query"]);
    assert_eq!(during(false).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_typo_in_the_secret_costs_no_read() {
    let app = App::start().await;
    let mut client = app.client("billing").await;
    client.secret.replace_range(20..=20, if &client.secret[20..=20] == "x" { "y" } else { "x" });
    let before = app.stack.aws.calls().counts();
    assert_eq!(app.token(&client, "").await.refused(), (401, "invalid_client".to_owned()));
    assert!(app.stack.aws.calls().since(&before).is_empty());
}

#[tokio::test]
async fn the_answer_has_neither_refresh_token_nor_id_token() {
    let app = App::start().await;
    let answer = app.token(&app.demo_client(), "scope=banking/read").await.json();
    let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "scope", "token_type"]);
}
