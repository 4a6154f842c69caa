//! Listing and ending sessions.

use reqwest::{Method, header};
use serde_json::json;
use shared::domain::event::Action;
use shared::domain::privilege::Role;

use crate::support::answer::{refusal, send};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::invitations::ACCOUNT;
use crate::support::people::{CODE_SECONDS, SESSION, SOURCE, credentials};

const SESSIONS: &str = "/v1/account/sessions";

async fn owner_with(app: &App, program: &str) -> Browser {
    let person = app.person(Role::Owner);
    let request = app.anonymous().request(Method::POST, SESSION).header(header::USER_AGENT, program);
    let answer = send(request.json(&credentials(&person, &app.code(&person)))).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let browser = app.anonymous().with_cookie(answer.cookie());
    app.clock.advance(CODE_SECONDS);
    browser
}

#[tokio::test]
async fn sessions_are_listed_with_where_and_by_what_and_never_with_their_token() {
    let app = App::start().await;
    let laptop = owner_with(&app, "Laptop/1.0").await;
    let phone = owner_with(&app, "Phone/2.0").await;
    let answer = phone.get(SESSIONS).await;
    let items = answer.ok()["items"].as_array().unwrap().clone();
    let shown: Vec<_> =
        items.iter().map(|item| (item["user_agent"].as_str().unwrap(), item["current"] == true)).collect();
    assert_eq!(shown, [("Phone/2.0", true), ("Laptop/1.0", false)]);
    for item in &items {
        assert!(item["id"].as_str().unwrap().starts_with("ses_"));
        assert_eq!(item["source"], SOURCE);
    }
    for browser in [&laptop, &phone] {
        assert!(!answer.text.contains(browser.cookie().split_once('=').unwrap().1));
    }
    app.viewer().await;
    assert_eq!(phone.get(SESSIONS).await.ok()["items"].as_array().unwrap().len(), 2, "nobody else's");
}

#[tokio::test]
async fn a_session_that_is_ended_from_another_answers_nothing_more() {
    let app = App::start().await;
    let laptop = owner_with(&app, "Laptop/1.0").await;
    let phone = owner_with(&app, "Phone/2.0").await;
    let items = phone.get(SESSIONS).await.ok();
    let lost = items["items"][1]["id"].as_str().unwrap();
    assert_eq!(phone.delete(&format!("{SESSIONS}/{lost}")).await.status, 204);
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::SessionEnded);
    assert_eq!(laptop.get(ACCOUNT).await.problem(), refusal(401, "session-ended"));
    assert_eq!(phone.delete(&format!("{SESSIONS}/{lost}")).await.problem(), refusal(404, "not-found"));
    let viewer = app.viewer().await;
    let own = phone.get(SESSIONS).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(viewer.delete(&format!("{SESSIONS}/{own}")).await.problem(), refusal(404, "not-found"));
    phone.get(ACCOUNT).await.ok();
}

#[tokio::test]
async fn all_other_sessions_end_together_and_a_colleague_can_end_all() {
    let app = App::start().await;
    let laptop = owner_with(&app, "Laptop/1.0").await;
    let phone = owner_with(&app, "Phone/2.0").await;
    assert_eq!(phone.delete(SESSIONS).await.status, 204);
    assert_eq!(laptop.get(ACCOUNT).await.problem(), refusal(401, "session-ended"));
    assert_eq!(phone.get(SESSIONS).await.ok()["items"].as_array().unwrap().len(), 1);
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::SessionsEnded);
    let id = phone.get(ACCOUNT).await.ok()["id"].as_str().unwrap().to_owned();
    let operator = app.operator().await;
    assert_eq!(operator.delete(&format!("/v1/administrators/{id}/sessions")).await.status, 204);
    assert_eq!(phone.get(ACCOUNT).await.problem(), refusal(401, "session-ended"));
    owner_with(&app, "Laptop/1.0").await.get(ACCOUNT).await.ok();
}

#[tokio::test]
async fn a_session_that_has_ended_by_itself_is_not_listed() {
    let app = App::start().await;
    owner_with(&app, "Laptop/1.0").await;
    app.clock.advance(30 * 60);
    let phone = owner_with(&app, "Phone/2.0").await;
    assert_eq!(phone.get(SESSIONS).await.ok()["items"].as_array().unwrap().len(), 1);
    assert_eq!(phone.post(SESSIONS, &json!({})).await.problem(), refusal(405, "method-not-allowed"));
}

#[tokio::test]
async fn a_session_without_a_recent_one_time_password_makes_no_account_and_weakens_no_policy() {
    let app = App::start().await;
    let owner = app.owner().await;
    let viewer = format!("/v1/administrators/{}", app.account(&app.person(Role::Viewer)).await.id);
    app.clock.advance(6 * 60);
    let acme = "/v1/organizations/acme";
    let refused = [
        owner.post("/v1/invitations", &json!({ "email": "a@acme.example", "name": "A", "role": "owner" })).await,
        owner.patch(&viewer, &json!({ "role": "owner" })).await,
        owner.delete(&viewer).await,
        owner.patch(acme, &json!({ "settings": { "custody": "revealable" } })).await,
    ];
    for answer in refused {
        assert_eq!(answer.problem(), refusal(401, "insufficient-user-authentication"));
    }
    owner.patch(acme, &json!({ "name": "Acme & Sons" })).await.ok();
}
