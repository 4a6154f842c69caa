//! Limits on guessing: 10 failures per account and source, 100 per source, in windows of 15 minutes.

use countersign::demo::Person;
use serde_json::{Value, json};
use shared::domain::privilege::Role;
use tokio::task::JoinSet;

use crate::support::answer::{Answer, refusal};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::people::{CODE_SECONDS, SESSION, credentials};

const PER_ACCOUNT: usize = 10;

const PER_SOURCE: usize = 100;

const WINDOW_SECONDS: i64 = 15 * 60;

fn wrong(email: &str) -> Value {
    json!({ "email": email, "password": "wrong", "one_time_password": "123456" })
}

/// As many failures at once, for addresses that `email` makes of their number.
async fn fail(browser: &Browser, count: usize, email: impl Fn(usize) -> String) -> Vec<Answer> {
    let mut tries = JoinSet::new();
    for number in 0..count {
        let (browser, credentials) = (browser.clone(), wrong(&email(number)));
        tries.spawn(async move { browser.post(SESSION, &credentials).await });
    }
    tries.join_all().await
}

#[track_caller]
fn assert_limited(answer: &Answer, retry_after: i64) {
    assert_eq!(answer.problem(), refusal(429, "too-many-attempts"));
    assert_eq!(answer.header("retry-after"), retry_after.to_string());
    assert_eq!(answer.header("set-cookie"), "");
}

async fn right(browser: &Browser, app: &App, person: &Person) -> Answer {
    browser.post(SESSION, &credentials(person, &app.code(person))).await
}

#[tokio::test]
async fn after_ten_failures_even_the_right_password_waits_for_the_next_window() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let failures = fail(&app.anonymous(), PER_ACCOUNT, |_| owner.email.clone()).await;
    assert!(failures.iter().all(|answer| answer.problem() == refusal(401, "sign-in-failed")));
    assert_limited(&right(&app.anonymous(), &app, &owner).await, WINDOW_SECONDS);
    app.clock.advance(WINDOW_SECONDS - 1);
    assert_limited(&right(&app.anonymous(), &app, &owner).await, 1);
    app.clock.advance(1);
    right(&app.anonymous(), &app, &owner).await.made();
}

#[tokio::test]
async fn an_address_without_an_account_is_limited_alike() {
    let app = App::start().await;
    let nobody = wrong("nobody@acme.example");
    let failures = fail(&app.anonymous(), PER_ACCOUNT, |_| "nobody@acme.example".to_owned()).await;
    assert!(failures.iter().all(|answer| answer.problem() == refusal(401, "sign-in-failed")));
    assert_limited(&app.anonymous().post(SESSION, &nobody).await, WINDOW_SECONDS);
    app.clock.advance(WINDOW_SECONDS);
    assert_eq!(app.anonymous().post(SESSION, &nobody).await.problem(), refusal(401, "sign-in-failed"));
}

#[tokio::test]
async fn the_limit_of_one_account_and_source_is_no_other_accounts_and_no_other_sources() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    fail(&app.anonymous(), PER_ACCOUNT + 1, |_| owner.email.clone()).await;
    app.viewer().await;
    assert_limited(&right(&app.anonymous(), &app, &owner).await, WINDOW_SECONDS);
    right(&app.anonymous_from("127.0.0.2"), &app, &owner).await.made();
}

#[tokio::test]
async fn after_a_hundred_failures_a_source_waits_whomever_it_tries() {
    let app = App::start().await;
    let failures = fail(&app.anonymous(), PER_SOURCE, |number| format!("nobody{number}@acme.example")).await;
    assert!(failures.iter().all(|answer| answer.problem() == refusal(401, "sign-in-failed")));
    let owner = app.person(Role::Owner);
    assert_limited(&right(&app.anonymous(), &app, &owner).await, WINDOW_SECONDS);
    right(&app.anonymous_from("127.0.0.2"), &app, &owner).await.made();
    app.clock.advance(WINDOW_SECONDS);
    right(&app.anonymous(), &app, &owner).await.made();
}

#[tokio::test]
async fn whoever_has_the_password_guesses_the_rest_no_faster_from_many_sources() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    for number in 0..20 {
        let guess = credentials(&owner, "000000");
        let answer = app.anonymous_from(&format!("127.0.1.{}", number + 1)).post(SESSION, &guess).await;
        assert_eq!(answer.problem(), refusal(401, "sign-in-failed"));
    }
    // that there were too many would tell that the password is right
    let answer = right(&app.anonymous_from("127.0.2.1"), &app, &owner).await;
    assert_eq!(answer.problem(), refusal(401, "sign-in-failed"));
    app.clock.advance(WINDOW_SECONDS);
    right(&app.anonymous_from("127.0.2.1"), &app, &owner).await.made();
}

#[tokio::test]
async fn a_header_does_not_make_another_source() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    fail(&app.anonymous(), PER_ACCOUNT, |_| owner.email.clone()).await;
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip"] {
        let request = app.anonymous().request(reqwest::Method::POST, SESSION).header(name, "203.0.113.9");
        let answer = crate::support::answer::send(request.json(&credentials(&owner, &app.code(&owner)))).await;
        assert_limited(&answer, WINDOW_SECONDS);
    }
}

#[tokio::test]
async fn a_success_does_not_count_as_an_attempt() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    fail(&app.anonymous(), PER_ACCOUNT - 1, |_| owner.email.clone()).await;
    for _ in 0..5 {
        app.signed_in(&owner).await;
        app.clock.advance(CODE_SECONDS);
    }
    let failed = app.anonymous().post(SESSION, &wrong(&owner.email)).await;
    assert_eq!(failed.problem(), refusal(401, "sign-in-failed"));
    assert_limited(&right(&app.anonymous(), &app, &owner).await, WINDOW_SECONDS - 5 * CODE_SECONDS);
}
