//! Step-up: another one-time password before a sensitive operation.

use serde_json::json;
use shared::domain::event::Action;
use shared::domain::privilege::Role;

use crate::support::answer::{refusal, send};
use crate::support::app::{App, START};
use crate::support::secrets::{MINUTE, SignedIn};

#[tokio::test]
async fn a_step_up_is_needed_five_minutes_after_the_last_one_time_password() {
    let app = App::start().await;
    let client = app.demo_client();
    let caller = SignedIn::of(&app, Role::Owner).await;
    for (seconds, expected) in [(5 * MINUTE - 1, 409), (1, 409), (1, 401)] {
        app.clock.advance(seconds);
        assert_eq!(caller.on(&client, "reveal", json!({})).await.status, expected);
    }
    let answer = caller.on(&client, "regenerate", json!({})).await;
    assert_eq!(answer.problem(), refusal(401, "insufficient-user-authentication"));
    assert_eq!(answer.json()["max_age"], 300);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Session realm=\"countersign\", error=\"insufficient_user_authentication\", "));
    assert!(challenge.contains("error_description=\"") && challenge.ends_with(", max_age=300"), "{challenge}");
    assert_eq!(caller.browser.get("/v1/session").await.status, 200);
    caller.refresh().await;
    assert_eq!(caller.on(&client, "regenerate", json!({})).await.status, 201);
    assert_eq!(app.count_events(Some("acme"), Action::SteppedUp).await, 1);
    app.clock.advance(5 * MINUTE + 1);
    assert_eq!(caller.on(&client, "reveal", json!({})).await.status, 401);
}

#[tokio::test]
async fn every_marked_route_needs_a_step_up_and_those_that_reveal_or_replace_a_secret_are_marked() {
    let app = App::start().await;
    let client = app.demo_client();
    let caller = SignedIn::of(&app, Role::Owner).await;
    app.clock.advance(5 * MINUTE + 1);
    let mut marked = Vec::new();
    for route in management_api::routes().into_iter().filter(|route| route.step_up) {
        let path = route.path.replace("{client_id}", &client.id).replace("{secret_id}", client.secret_id().as_str());
        let answer = send(caller.browser.request(route.method, &path).json(&json!({}))).await;
        assert_eq!(answer.problem(), refusal(401, "insufficient-user-authentication"), "{path}");
        marked.push(route.path);
    }
    for operation in ["regenerate", "reveal"] {
        assert!(marked.iter().any(|path| path.ends_with(&format!("/secrets/{{secret_id}}/{operation}"))));
    }
}

#[tokio::test]
async fn a_missing_privilege_is_told_before_a_missing_step_up() {
    let app = App::start().await;
    let caller = SignedIn::of(&app, Role::Viewer).await;
    app.clock.advance(5 * MINUTE + 1);
    for operation in ["reveal", "regenerate", "restore"] {
        let answer = caller.on(&app.demo_client(), operation, json!({})).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{operation}");
    }
}

#[tokio::test]
async fn the_session_says_when_a_one_time_password_was_last_entered() {
    let app = App::start().await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    assert_eq!(caller.browser.get("/v1/session").await.json()["authenticated_at"], START);
    app.clock.advance(90);
    let answer = caller.step_up(&app.code(&caller.person)).await;
    assert_eq!(answer.json()["authenticated_at"], "2026-03-01T12:01:30Z");
    let session = caller.browser.get("/v1/session").await.json();
    assert_eq!(
        (&session["authenticated_at"], &session["signed_in_at"]),
        (&json!("2026-03-01T12:01:30Z"), &json!(START))
    );
}

#[tokio::test]
async fn a_code_works_once_across_sign_in_and_step_up() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let caller = SignedIn::of(&app, Role::Owner).await;
    let wrong = refusal(401, "wrong-one-time-password");
    assert_eq!(caller.step_up(&app.code(&owner)).await.problem(), wrong);
    app.clock.advance(30);
    let next = app.code(&owner);
    assert_eq!(caller.step_up(&next).await.status, 200);
    assert_eq!(caller.step_up(&next).await.problem(), wrong);
    assert_eq!(app.sign_in(&owner).await.problem(), refusal(401, "sign-in-failed"));
    assert_eq!(app.count_events(Some("acme"), Action::StepUpRefused).await, 2);
    // a refusal takes nothing away from the session
    assert_eq!(caller.browser.get("/v1/session").await.status, 200);
}

#[tokio::test]
async fn one_of_two_concurrent_step_ups_with_one_code_wins() {
    let app = App::start().await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    app.clock.advance(30);
    let code = app.code(&caller.person);
    let (a, b) = tokio::join!(caller.step_up(&code), caller.step_up(&code));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(app.count_events(Some("acme"), Action::SteppedUp).await, 1);
}

#[tokio::test]
async fn guessing_one_time_passwords_is_limited_and_the_limit_passes() {
    let app = App::start().await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    app.clock.advance(30);
    let right = app.code(&caller.person);
    let wrong = format!("{:06}", (right.parse::<u32>().unwrap() + 500_000) % 1_000_000);
    for _ in 0..10 {
        assert_eq!(caller.step_up(&wrong).await.problem(), refusal(401, "wrong-one-time-password"));
    }
    let limited = caller.step_up(&right).await;
    assert_eq!(limited.problem(), refusal(429, "too-many-attempts"));
    app.clock.advance(limited.header("retry-after").parse().unwrap());
    assert_eq!(caller.browser.get("/v1/session").await.status, 200);
    caller.refresh().await;
}

#[tokio::test]
async fn a_code_of_another_form_is_an_invalid_field() {
    let app = App::start().await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let answer = caller.step_up("12345").await;
    assert_eq!(answer.problem(), refusal(422, "invalid-request"));
    assert_eq!(answer.json()["errors"][0]["field"], "one_time_password");
}
