//! Resetting an administrator who lost password or authenticator.

use serde_json::json;
use shared::domain::event::Action;
use shared::domain::privilege::Role;

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::invitations::{ACCEPT, ACCOUNT, INVITATIONS, acceptance, leads_nowhere};
use crate::support::people::CODE_SECONDS;

#[tokio::test]
async fn until_its_link_is_used_a_reset_changes_nothing_and_then_everything() {
    let app = App::start().await;
    let person = app.person(Role::Viewer);
    let viewer = app.viewer().await;
    let owner = app.owner().await;
    let account = app.account(&person).await;
    let made = owner.order(&format!("/v1/administrators/{}/reset", account.id)).await.made();
    assert_eq!((&made["purpose"], &made["administrator_id"]), (&json!("reset"), &json!(account.id)));
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::AdministratorResetAsked);
    assert_eq!(app.account(&person).await, account);
    viewer.get(ACCOUNT).await.ok();
    app.clock.advance(CODE_SECONDS);
    app.signed_in(&person).await;

    let mail = app.mail_to(&person.email).pop().unwrap();
    assert_eq!(mail.subject, "Choose your password and authenticator for Countersign anew");
    let token = app.invitation_token(&person.email);
    let renewed = app.join(&token).await;
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::AdministratorReset);
    assert_eq!(renewed.browser.get(ACCOUNT).await.ok()["id"], json!(account.id));
    assert_eq!(renewed.browser.get(ACCOUNT).await.ok()["recovery_codes_left"], 10);
    assert_eq!(viewer.get(ACCOUNT).await.problem(), refusal(401, "session-ended"));
    app.clock.advance(CODE_SECONDS);
    assert_eq!(app.sign_in(&person).await.problem(), refusal(401, "sign-in-failed"));
    app.signed_in(&renewed.person).await;
    leads_nowhere(&app.open(&token).await);
}

#[tokio::test]
async fn a_reset_needs_a_recent_one_time_password_and_can_be_taken_back() {
    let app = App::start().await;
    let person = app.person(Role::Viewer);
    let owner = app.owner().await;
    let path = format!("/v1/administrators/{}/reset", app.account(&person).await.id);
    let made = owner.order(&path).await.made();
    let token = app.invitation_token(&person.email);
    let opened = app.open(&token).await.ok();
    assert_eq!(owner.delete(&format!("{INVITATIONS}/{}", made["id"].as_str().unwrap())).await.status, 204);
    let answer = app.anonymous().post(ACCEPT, &acceptance(&token, &app.shown(&opened["authenticator"]))).await;
    leads_nowhere(&answer);
    app.signed_in(&person).await;
    app.clock.advance(5 * 60 + 1);
    assert_eq!(owner.order(&path).await.problem(), refusal(401, "insufficient-user-authentication"));
}

#[tokio::test]
async fn the_reset_of_somebody_who_was_removed_leads_nowhere() {
    let app = App::start().await;
    let person = app.person(Role::Viewer);
    let owner = app.owner().await;
    let path = format!("/v1/administrators/{}", app.account(&person).await.id);
    owner.order(&format!("{path}/reset")).await.made();
    assert_eq!(owner.delete(&path).await.status, 204);
    leads_nowhere(&app.open(&app.invitation_token(&person.email)).await);
}
