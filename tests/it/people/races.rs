//! Concurrent requests of which one wins.

use futures_util::future::join_all;
use serde_json::json;
use shared::domain::event::Action;
use shared::domain::privilege::Role;

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::invitations::{ACCEPT, ACCOUNT, acceptance, texts};
use crate::support::people::SESSION;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_that_use_one_link_at_once_one_gets_in() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (_, token) = app.invite(&owner, "ana@acme.example", Role::Viewer).await;
    let opened = app.open(&token).await.ok();
    let body = acceptance(&token, &app.shown(&opened["authenticator"]));
    let answers = join_all((0..50).map(|_| async {
        // each from a browser of its own; the guesses at one link are limited, and these are right
        app.anonymous().post(ACCEPT, &body).await
    }))
    .await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    let refused = [refusal(404, "not-found"), refusal(429, "too-many-attempts")];
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert!(refused.contains(&answer.problem()), "{}", answer.text);
    }
    assert_eq!(app.count_events(Some("acme"), Action::InvitationAccepted).await, 1);
    let list = owner.get("/v1/administrators").await.ok();
    let anas = list["items"].as_array().unwrap().iter().filter(|item| item["email"] == "ana@acme.example").count();
    assert_eq!(anas, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_that_use_one_recovery_code_at_once_one_gets_in() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    let owner = app.owner().await;
    let codes = texts(&owner.order(&format!("{ACCOUNT}/recovery-codes")).await.ok()["recovery_codes"]);
    let body = json!({ "email": person.email, "password": person.password, "recovery_code": codes[0] });
    // from networks of their own, so that no limit decides it
    let browsers: Vec<_> = (1..=20).map(|number| app.anonymous_from(&format!("127.0.0.{number}"))).collect();
    let answers = join_all(browsers.iter().map(|browser| browser.post(SESSION, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let refused = [refusal(401, "sign-in-failed"), refusal(409, "conflict")];
        assert!(refused.contains(&answer.problem()), "{}", answer.text);
    }
    assert_eq!(app.count_events(Some("acme"), Action::SignedInWithRecoveryCode).await, 1);
    assert_eq!(owner.get(ACCOUNT).await.ok()["recovery_codes_left"], 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_removals_that_would_leave_nobody_one_happens() {
    for _ in 0..5 {
        let app = App::start().await;
        let owner = app.owner().await;
        let second = app.hire("second@acme.example", Some("acme"), Role::Owner.privileges()).await;
        let second_browser = app.signed_in(&second).await;
        let ids = [app.account(&app.person(Role::Owner)).await.id, app.account(&second).await.id];
        let paths = ids.map(|id| format!("/v1/administrators/{id}"));
        let body = json!({ "role": "viewer" });
        let (removed, lowered) = tokio::join!(second_browser.delete(&paths[0]), owner.patch(&paths[1], &body));
        let done = u8::from(removed.status == 204) + u8::from(lowered.status == 200);
        assert_eq!(done, 1, "{} {}", removed.text, lowered.text);
        let managers = app.stack.administrators.managers(Some(&"acme".parse().unwrap())).await.unwrap();
        assert_eq!(managers.members.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_that_confirm_one_authenticator_at_once_one_does() {
    let app = App::start().await;
    let owner = app.owner().await;
    let shown = owner.order(&format!("{ACCOUNT}/authenticator")).await.ok();
    let body = json!({ "one_time_password": app.shown(&shown) });
    let path = format!("{ACCOUNT}/authenticator/confirm");
    let answers = join_all((0..10).map(|_| owner.post(&path, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    assert_eq!(app.count_events(Some("acme"), Action::AuthenticatorChanged).await, 1);
}
