//! Every malformed request gets the refusal that RFC 6749 section 5.2 gives it.

use std::collections::BTreeSet;

use reqwest::Method;

use super::bodies::{content_types, methods, sizes};
use super::credentials::{authorization_headers, identifiers_and_secrets, mechanisms};
use super::parameters::{
    control_characters, grant_types, lookalikes, missing_tokens, repeated_parameters, resources, scopes,
    undecodable_parameters,
};
use crate::support::answer::send;
use crate::support::app::{App, TOKEN};
use crate::support::oauth_errors::judge;
use crate::token::malformed::cases::{BODY_LIMIT, Case, GRANT, PATHS, Table};

#[tokio::test]
async fn every_malformed_request_is_refused_as_documented_and_a_good_one_works_after_them() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let mut table = Table { app: &app, client: client.clone(), cases: Vec::new() };
    for group in [
        undecodable_parameters,
        control_characters,
        lookalikes,
        repeated_parameters,
        grant_types,
        scopes,
        resources,
        content_types,
        methods,
        authorization_headers,
        mechanisms,
        identifiers_and_secrets,
        sizes,
        missing_tokens,
    ] {
        group(&mut table);
    }
    let cases = table.cases;
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "no case is there twice");
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for (number, Case { name, request, expected }) in cases.into_iter().enumerate() {
        if number % 50 == 0 {
            // a new window of the limit on failures, which is tested on its own
            app.clock.advance(300);
        }
        wrong.extend(judge(&send(request).await, expected).map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{} refused wrongly:\n{}", wrong.len(), wrong.join("\n"));
    app.token(&client, "").await.token();
}

#[tokio::test]
async fn a_request_just_inside_every_limit_gets_a_token() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let start = format!("{GRANT}&state=");
    let fits = format!("{start}{}", "a".repeat(BODY_LIMIT - start.len()));
    app.as_client(&client, TOKEN, &fits).await.token();
    let scopes = vec!["banking/read"; 1_200].join("+");
    assert_eq!(app.token(&client, &format!("scope={scopes}")).await.json()["scope"], "banking/read");
    let resources = vec!["resource=https%3A%2F%2Fbanking.example"; 300].join("&");
    app.token(&client, &resources).await.token();
    let everything = format!("&&{GRANT}&&state=1&state=2&%00=1&a=%00&b=%F0%9F%A6%80&=&");
    app.as_client(&client, TOKEN, &everything).await.token();
    let every_letter: String =
        GRANT.bytes().map(|b| if b == b'=' { "=".into() } else { format!("%{b:02x}") }).collect();
    app.as_client(&client, TOKEN, &every_letter).await.token();
}

#[tokio::test]
async fn a_head_request_is_refused_without_a_body() {
    let app = App::start().await;
    for path in PATHS {
        let answer = send(app.request(Method::HEAD, path)).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow"), answer.text.as_str()), (405, "POST", ""), "{path}");
    }
}
