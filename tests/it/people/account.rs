//! Changing one's own password, authenticator and recovery codes.

use serde_json::json;
use shared::domain::administrator::PendingAuthenticator;
use shared::domain::event::Action;
use shared::domain::privilege::Role;

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::invitations::{ACCOUNT, texts};
use crate::support::people::{CODE_SECONDS, SESSION, credentials};

const NEW: &str = "nine copper lanterns drift";

#[tokio::test]
async fn a_password_is_changed_with_the_present_one_and_ends_all_other_sessions() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    let owner = app.owner().await;
    app.clock.advance(CODE_SECONDS);
    let elsewhere = app.owner().await;
    let path = format!("{ACCOUNT}/password");
    let body = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let wrong = elsewhere.post(&path, &body("not this one at all", NEW)).await;
    assert_eq!(wrong.problem(), refusal(401, "wrong-password"));
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::PasswordRefused);
    let weak = elsewhere.post(&path, &body(&person.password, "owneracme2026")).await;
    assert_eq!(weak.wrong_fields(), ["new_password"]);
    assert_eq!(elsewhere.post(&path, &body(&person.password, NEW)).await.status, 204);
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::PasswordChanged);
    assert_eq!(owner.get(ACCOUNT).await.problem(), refusal(401, "session-ended"));
    elsewhere.get(ACCOUNT).await.ok();
    app.clock.advance(CODE_SECONDS);
    assert_eq!(app.sign_in(&person).await.problem(), refusal(401, "sign-in-failed"));
    let renewed = countersign::demo::Person { password: NEW.to_owned(), ..person };
    app.signed_in(&renewed).await;
}

#[tokio::test]
async fn guessing_the_present_password_in_a_stolen_session_ends_after_ten() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    let owner = app.owner().await;
    let body = |current: &str| json!({ "current_password": current, "new_password": NEW });
    for _ in 0..10 {
        let refused = owner.post(&format!("{ACCOUNT}/password"), &body("another guess of it")).await;
        assert_eq!(refused.problem(), refusal(401, "wrong-password"));
    }
    let right = owner.post(&format!("{ACCOUNT}/password"), &body(&person.password)).await;
    assert_eq!(right.problem(), refusal(429, "too-many-attempts"));
}

#[tokio::test]
async fn another_authenticator_counts_once_it_has_shown_a_code_and_not_before() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    let owner = app.owner().await;
    let confirm = format!("{ACCOUNT}/authenticator/confirm");
    let none = owner.post(&confirm, &json!({ "one_time_password": "123456" })).await;
    assert_eq!(none.problem(), refusal(409, "no-pending-authenticator"));
    let shown = owner.order(&format!("{ACCOUNT}/authenticator")).await.ok();
    let wrong = owner.post(&confirm, &json!({ "one_time_password": app.code(&person) })).await;
    assert_eq!(wrong.problem(), refusal(401, "wrong-one-time-password"));
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::AuthenticatorRefused);
    app.clock.advance(CODE_SECONDS);
    let elsewhere = app.signed_in(&person).await;
    let code = app.shown(&shown);
    assert_eq!(owner.post(&confirm, &json!({ "one_time_password": code })).await.status, 204);
    assert_eq!(elsewhere.get(ACCOUNT).await.problem(), refusal(401, "session-ended"));
    owner.get(ACCOUNT).await.ok();
    let secret = shown["secret"].as_str().unwrap().to_owned();
    let renewed = countersign::demo::Person { totp_secret: secret, ..app.person(Role::Owner) };
    assert_eq!(app.sign_in(&renewed).await.status, 401, "the code that confirmed is used up");
    app.clock.advance(CODE_SECONDS);
    assert_eq!(app.sign_in(&person).await.status, 401, "the authenticator before");
    app.signed_in(&renewed).await;
}

#[tokio::test]
async fn a_new_authenticator_waits_for_a_quarter_of_an_hour_to_the_second() {
    for (seconds, status) in [(-1, 204), (0, 409), (1, 409)] {
        let app = App::start().await;
        let owner = app.owner().await;
        let shown = owner.order(&format!("{ACCOUNT}/authenticator")).await.ok();
        app.clock.advance(PendingAuthenticator::SECONDS + seconds);
        let body = json!({ "one_time_password": app.shown(&shown) });
        let answer = owner.post(&format!("{ACCOUNT}/authenticator/confirm"), &body).await;
        assert_eq!(answer.status, status, "{seconds}: {}", answer.text);
    }
}

#[tokio::test]
async fn credentials_change_only_after_a_recent_one_time_password() {
    let app = App::start().await;
    let owner = app.owner().await;
    app.clock.advance(5 * 60 + 1);
    let body = json!({ "current_password": app.person(Role::Owner).password, "new_password": NEW });
    let password = owner.post(&format!("{ACCOUNT}/password"), &body).await;
    let authenticator = owner.order(&format!("{ACCOUNT}/authenticator")).await;
    let codes = owner.order(&format!("{ACCOUNT}/recovery-codes")).await;
    for answer in [password, authenticator, codes] {
        assert_eq!(answer.problem(), refusal(401, "insufficient-user-authentication"));
    }
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_beside_the_password_to_set_up_another_authenticator() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    let owner = app.owner().await;
    let renewed = owner.order(&format!("{ACCOUNT}/recovery-codes")).await.ok();
    let codes = texts(&renewed["recovery_codes"]);
    assert_eq!(codes.len(), 10);
    let with =
        |password: &str, code: &str| json!({ "email": person.email, "password": password, "recovery_code": code });
    let anonymous = app.anonymous();
    for wrong in [with("not the password", &codes[0]), with(&person.password, "aaaa-aaaa-aaaa-aaaa")] {
        assert_eq!(anonymous.post(SESSION, &wrong).await.problem(), refusal(401, "sign-in-failed"));
    }
    let answer = anonymous.post(SESSION, &with(&person.password, &codes[0].to_uppercase().replace('-', " "))).await;
    answer.made();
    let recovered = app.anonymous().with_cookie(answer.cookie());
    assert_eq!(recovered.get(ACCOUNT).await.ok()["recovery_codes_left"], 9);
    let event = app.last_event(Some("acme")).await.what;
    assert_eq!(event.action, Action::SignedInWithRecoveryCode);
    assert_eq!((&event.changes[0].from, &event.changes[0].to), (&json!(10), &json!(9)));
    // so that whoever lost the authenticator can set up another one
    recovered.order(&format!("{ACCOUNT}/authenticator")).await.ok();
    let again = anonymous.post(SESSION, &with(&person.password, &codes[0])).await;
    assert_eq!(again.problem(), refusal(401, "sign-in-failed"));
    // and nothing else that takes a one-time password, before one was entered
    for path in [format!("{ACCOUNT}/recovery-codes"), "/v1/invitations".to_owned()] {
        assert_eq!(recovered.order(&path).await.problem(), refusal(401, "insufficient-user-authentication"));
    }
    let mail = app.mail_to(&person.email).pop().unwrap();
    assert_eq!(mail.subject, "Countersign: A recovery code was used to sign in; 9 are left");
    app.clock.advance(60);
    let stepped_up = json!({ "one_time_password": app.code(&person) });
    recovered.post("/v1/session/step-up", &stepped_up).await.ok();
    // new ones take the place of all before
    recovered.order(&format!("{ACCOUNT}/recovery-codes")).await.ok();
    let old = anonymous.post(SESSION, &with(&person.password, &codes[1])).await;
    assert_eq!(old.problem(), refusal(401, "sign-in-failed"));
}

#[tokio::test]
async fn a_sign_in_has_a_one_time_password_or_a_recovery_code_and_not_both() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    let mut both = credentials(&person, &app.code(&person));
    both["recovery_code"] = json!("aaaa-aaaa-aaaa-aaaa");
    assert_eq!(app.anonymous().post(SESSION, &both).await.wrong_fields(), ["recovery_code"]);
    both.as_object_mut().unwrap().remove("recovery_code");
    both.as_object_mut().unwrap().remove("one_time_password");
    assert_eq!(app.anonymous().post(SESSION, &both).await.wrong_fields(), ["one_time_password"]);
    both["recovery_code"] = json!("aaaa-aaaa");
    assert_eq!(app.anonymous().post(SESSION, &both).await.wrong_fields(), ["recovery_code"]);
}

#[tokio::test]
async fn guesses_at_recovery_codes_and_at_one_time_passwords_count_together() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    for number in 0..10 {
        let mut guess = credentials(&person, "000000");
        if number % 2 == 0 {
            guess.as_object_mut().unwrap().remove("one_time_password");
            guess["recovery_code"] = json!("aaaa-aaaa-aaaa-aaaa");
        }
        assert_eq!(app.anonymous().post(SESSION, &guess).await.problem(), refusal(401, "sign-in-failed"));
    }
    assert_eq!(app.sign_in(&person).await.problem(), refusal(429, "too-many-attempts"));
}
