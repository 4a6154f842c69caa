//! Signing in, and what a refusal reveals.

use std::time::{Duration, Instant};

use management_api::SESSION_COOKIE;
use reqwest::{Method, header};
use serde_json::{Value, json};
use shared::domain::event::{Action, Actor, Target};
use shared::domain::privilege::Role;
use shared::domain::time::plus_seconds;
use tokio::task::JoinSet;

use crate::support::answer::{Answer, refusal, send};
use crate::support::app::App;
use crate::support::people::{CODE_SECONDS, SESSION, SOURCE, code_at, credentials};

/// What a caller can tell a refusal by: everything but the request's id, and the time.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.json();
    body["request_id"].take();
    let mut headers: Vec<_> = answer.headers.iter().map(|(n, v)| (n.to_string(), format!("{v:?}"))).collect();
    headers.retain(|(name, _)| name != "x-request-id" && name != "date");
    headers.sort();
    (answer.status.as_u16(), headers, body)
}

#[tokio::test]
async fn signing_in_sets_a_cookie_for_this_origin_only() {
    let app = App::start().await;
    let answer = app.sign_in(&app.person(Role::CredentialManager)).await;
    let session = answer.made();
    let (cookie, attributes) = answer.header("set-cookie").split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure; Path=/");
    let (name, token) = cookie.split_once('=').unwrap();
    assert_eq!((name, token.len()), (SESSION_COOKIE, 43));
    assert!(name.starts_with("__Host-"));
    assert!(!answer.text.contains(token));
    assert_eq!(answer.header("location"), format!("{}/v1/session", app.base));
    assert_eq!(
        session,
        json!({
            "administrator_id": session["administrator_id"],
            "email": "credential.manager@acme.example",
            "name": "Credential Manager",
            "organization": "acme",
            "role": "credential_manager",
            "privileges": ["clients:read", "secrets:manage"],
            "signed_in_at": "2026-03-01T12:00:00Z",
            "authenticated_at": "2026-03-01T12:00:00Z",
            "expires_at": "2026-03-02T00:00:00Z",
            "idle_timeout_seconds": 1800,
        })
    );
    let browser = app.anonymous().with_cookie(answer.cookie());
    assert_eq!(browser.get(SESSION).await.ok(), session);
}

#[tokio::test]
async fn an_operator_belongs_to_no_organization() {
    let app = App::start().await;
    let session = app.operator().await.get(SESSION).await.ok();
    assert_eq!((&session["organization"], &session["role"]), (&Value::Null, &"operator".into()));
    assert!(session["privileges"].as_array().unwrap().contains(&"platform:operate".into()));
}

#[tokio::test]
async fn a_sign_out_ends_the_session_and_takes_the_cookie_away() {
    let app = App::start().await;
    let owner = app.owner().await;
    let answer = owner.delete(SESSION).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let cleared = answer.header("set-cookie");
    assert!(cleared.starts_with(&format!("{SESSION_COOKIE}=; ")) && cleared.ends_with("Max-Age=0"), "{cleared}");
    for answer in [owner.get(SESSION).await, owner.delete(SESSION).await] {
        assert_eq!(answer.problem(), refusal(401, "session-ended"));
        assert_eq!(answer.header("set-cookie"), cleared);
    }
    assert_eq!(app.count_events(Some("acme"), Action::SignedOut).await, 1);
}

#[tokio::test]
async fn a_sign_out_ends_one_session_and_leaves_the_others() {
    let app = App::start().await;
    let first = app.owner().await;
    app.clock.advance(CODE_SECONDS);
    let second = app.owner().await;
    first.delete(SESSION).await;
    assert_eq!(first.get(SESSION).await.problem(), refusal(401, "session-ended"));
    second.get(SESSION).await.ok();
}

#[tokio::test]
async fn every_refusal_looks_the_same() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    app.signed_in(&owner).await;
    let code = app.code(&owner);
    let other_code = app.code(&app.person(Role::Viewer));
    let with = |name: &str, value: &str| {
        let mut credentials = credentials(&owner, &code);
        credentials[name] = value.into();
        credentials
    };
    let mut refused = Vec::new();
    for wrong in [
        with("password", "wrong"),
        with("password", ""),
        with("password", &"x".repeat(512)),
        with("password", &app.person(Role::Viewer).password),
        with("email", "nobody@acme.example"),
        with("one_time_password", &other_code),
        // used already
        with("password", &owner.password),
    ] {
        let answer = app.anonymous().post(SESSION, &wrong).await;
        assert_eq!(answer.problem(), refusal(401, "sign-in-failed"), "{wrong}");
        refused.push(seen(&answer));
    }
    assert!(refused.iter().all(|answer| *answer == refused[0]), "{refused:#?}");
}

#[tokio::test]
async fn no_refusal_is_quicker_than_another() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let wrong_password = json!({ "email": owner.email, "password": "x", "one_time_password": app.code(&owner) });
    let nobody = json!({ "email": "nobody@acme.example", "password": "x", "one_time_password": "123456" });
    for wrong in [wrong_password, nobody, credentials(&owner, "000000")] {
        let begun = Instant::now();
        assert_eq!(app.anonymous().post(SESSION, &wrong).await.status, 401);
        assert!(begun.elapsed() >= Duration::from_millis(250), "{wrong}");
    }
}

#[tokio::test]
async fn the_address_is_taken_in_any_case_and_the_one_time_password_with_a_space() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let code = app.code(&owner);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let email = format!("  {}", owner.email.to_uppercase());
    let credentials = json!({ "email": email, "password": owner.password, "one_time_password": spaced });
    assert_eq!(app.anonymous().post(SESSION, &credentials).await.made()["email"], owner.email);
}

#[tokio::test]
async fn a_one_time_password_works_once_and_takes_those_before_it_along() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let at = |seconds| code_at(&owner, plus_seconds(app.now(), seconds));
    let tried = async |code: &str| app.anonymous().post(SESSION, &credentials(&owner, code)).await.status.as_u16();
    assert_eq!(tried(&at(-2 * CODE_SECONDS)).await, 401, "two steps late");
    assert_eq!(tried(&at(2 * CODE_SECONDS)).await, 401, "two steps early");
    assert_eq!(tried(&at(-CODE_SECONDS)).await, 201, "a step late");
    assert_eq!(tried(&at(-CODE_SECONDS)).await, 401, "again");
    assert_eq!(tried(&at(CODE_SECONDS)).await, 201, "a step early");
    assert_eq!(tried(&at(0)).await, 401, "older than one that was used");
    app.clock.advance(CODE_SECONDS);
    assert_eq!(tried(&at(0)).await, 401, "used early");
    assert_eq!(tried(&at(CODE_SECONDS)).await, 201, "the next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_a_hundred_concurrent_sign_ins_with_one_code_succeeds() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let credentials = credentials(&owner, &app.code(&owner));
    let mut tries = JoinSet::new();
    for _ in 0..100 {
        let (browser, credentials) = (app.anonymous(), credentials.clone());
        tries.spawn(async move { browser.post(SESSION, &credentials).await });
    }
    let answers = tries.join_all().await;
    let begun = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = [refusal(401, "sign-in-failed"), refusal(429, "too-many-attempts")];
    let others = answers.iter().filter(|answer| answer.status != 201);
    assert!(others.map(Answer::problem).all(|problem| refused.contains(&problem)));
    assert_eq!(begun, 1);
    assert_eq!(app.count_events(Some("acme"), Action::SignedIn).await, 1);
}

#[tokio::test]
async fn malformed_credentials_are_named_and_cost_no_attempt() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let code = app.code(&owner);
    let long = "x".repeat(513);
    for (name, wrong) in [
        ("email", json!("")),
        ("email", json!("owner")),
        ("email", json!("owner@acme")),
        ("email", json!("owner@acme.example\r\nBcc: x@y.example")),
        ("email", json!(format!("{}@acme.example", "a".repeat(300)))),
        ("email", json!(null)),
        ("password", json!(long)),
        ("password", json!(7)),
        ("one_time_password", json!("12345")),
        ("one_time_password", json!("1234567")),
        ("one_time_password", json!("١٢٣٤٥٦")),
        ("one_time_password", json!(123_456)),
        ("remember", json!(true)),
    ] {
        let mut credentials = credentials(&owner, &code);
        credentials[name] = wrong.clone();
        let answer = app.anonymous().post(SESSION, &credentials).await;
        assert_eq!(answer.wrong_fields(), [name], "{wrong}");
        assert!(!answer.text.contains(&owner.password) && !answer.text.contains(&long), "{}", answer.text);
    }
    for name in ["email", "password", "one_time_password"] {
        let mut credentials = credentials(&owner, &code);
        credentials.as_object_mut().unwrap().remove(name);
        assert_eq!(app.anonymous().post(SESSION, &credentials).await.wrong_fields(), [name]);
    }
    app.signed_in(&owner).await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_sign_anybody_in() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let credentials = credentials(&owner, &app.code(&owner));
    let request = || app.anonymous().request_from_elsewhere(Method::POST, SESSION).json(&credentials);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
    ] {
        let answer = send(request().header(name, value)).await;
        assert_eq!(answer.problem(), refusal(403, "cross-origin"), "{name}: {value}");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let form = "email=a&password=b&one_time_password=c";
    let form = app.anonymous().request(Method::POST, SESSION).header(header::CONTENT_TYPE, "text/plain").body(form);
    assert_eq!(send(form).await.problem(), refusal(415, "unsupported-media-type"));
    // a program has no page, and sends neither header
    assert_eq!(send(request()).await.status, 201);
}

#[tokio::test]
async fn sign_ins_to_accounts_that_exist_are_in_the_trail_with_their_source() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let before = app.events(Some("acme")).await.len();
    let platform_before = app.events(None).await.len();
    let refused = app.anonymous().post(SESSION, &credentials(&owner, "000000")).await;
    let nobody = json!({ "email": "nobody@acme.example", "password": "x", "one_time_password": "123456" });
    app.anonymous().post(SESSION, &nobody).await;
    let begun = app.sign_in(&owner).await;
    let events = app.events(Some("acme")).await.split_off(before);
    let account = app.account(&owner).await;
    let expected = [(Action::SignInRefused, &refused), (Action::SignedIn, &begun)];
    assert_eq!(events.len(), expected.len());
    for (event, (action, answer)) in events.iter().zip(expected) {
        assert_eq!((event.what.action, &event.what.target), (action, &Target::Administrator(account.id.clone())));
        assert_eq!(event.by.actor, Actor::Administrator { id: account.id.clone(), email: account.email.clone() });
        assert_eq!(event.by.source, Some(SOURCE.parse().unwrap()));
        assert_eq!(event.by.request_id.as_str(), answer.header("x-request-id"));
        assert_eq!(event.by.at, app.now());
    }
    assert_eq!(app.events(None).await.len(), platform_before);
    app.operator().await;
    assert_eq!(app.last_event(None).await.what.action, Action::SignedIn);
}
