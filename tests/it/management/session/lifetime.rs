//! Lifetime of a session.

use management_api::SESSION_COOKIE;
use reqwest::{Method, header};
use shared::domain::privilege::{Privilege, Role};

use crate::support::answer::{refusal, send};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::people::{CODE_SECONDS, SESSION};

const IDLE_SECONDS: i64 = 30 * 60;

const ABSOLUTE_SECONDS: i64 = 12 * 3_600;

async fn assert_ended(browser: &Browser) {
    let answer = browser.get(SESSION).await;
    assert_eq!(answer.problem(), refusal(401, "session-ended"));
    let cleared = answer.header("set-cookie");
    assert!(cleared.starts_with(&format!("{SESSION_COOKIE}=;")) && cleared.ends_with("Max-Age=0"), "{cleared}");
}

#[tokio::test]
async fn a_session_ends_half_an_hour_after_its_last_use() {
    let app = App::start().await;
    let owner = app.owner().await;
    app.clock.advance(IDLE_SECONDS - 1);
    owner.get(SESSION).await.ok();
    app.clock.advance(IDLE_SECONDS - 1);
    owner.get(SESSION).await.ok();
    app.clock.advance(IDLE_SECONDS);
    assert_ended(&owner).await;
    app.clock.advance(1);
    assert_ended(&owner).await;
}

#[tokio::test]
async fn a_session_is_found_in_whichever_of_several_cookie_headers_it_stands() {
    let app = App::start().await;
    let owner = app.owner().await;
    for order in [["theme=dark", owner.cookie()], [owner.cookie(), "theme=dark"]] {
        let request = order
            .iter()
            .fold(app.request(Method::GET, SESSION), |request, cookie| request.header(header::COOKIE, *cookie));
        send(request).await.ok();
    }
}

#[tokio::test]
async fn a_session_that_was_not_used_is_over_one_second_after_its_end_too() {
    let app = App::start().await;
    let owner = app.owner().await;
    app.clock.advance(IDLE_SECONDS + 1);
    assert_ended(&owner).await;
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_however_much_it_is_used() {
    let app = App::start().await;
    let owner = app.owner().await;
    let step = 25 * 60;
    let steps = (ABSOLUTE_SECONDS - 1) / step;
    for _ in 0..steps {
        app.clock.advance(step);
        owner.get(SESSION).await.ok();
    }
    app.clock.advance(ABSOLUTE_SECONDS - steps * step - 1);
    owner.get(SESSION).await.ok();
    for _ in 0..2 {
        app.clock.advance(1);
        assert_ended(&owner).await;
    }
}

#[tokio::test]
async fn a_privilege_that_is_taken_away_is_gone_at_the_next_request() {
    let app = App::start().await;
    let person = app.hire("ana@acme.example", Some("acme"), Role::Administrator.privileges()).await;
    let ana = app.signed_in(&person).await;
    ana.create_client("first").await;
    let mut fewer = Role::Administrator.privileges();
    fewer.remove(&Privilege::ClientsChange);
    app.set_privileges(&person, fewer).await;
    let answer = ana.delete("/v1/clients/wallet-acme-first").await;
    assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
    ana.get("/v1/clients/wallet-acme-first").await.ok();
    let session = ana.get(SESSION).await.ok();
    assert!(!session["privileges"].to_string().contains("clients:change") && session["role"].is_null(), "{session}");
}

#[tokio::test]
async fn a_session_ends_with_its_account() {
    let app = App::start().await;
    let person = app.hire("ana@acme.example", Some("acme"), Role::Owner.privileges()).await;
    let ana = app.signed_in(&person).await;
    app.dismiss(&person).await;
    assert_ended(&ana).await;
}

#[tokio::test]
async fn a_cookie_of_another_form_opens_nothing_and_is_found_among_others() {
    let app = App::start().await;
    let owner = app.owner().await;
    let right = owner.cookie();
    let token = right.split_once('=').unwrap().1;
    for wrong in ["", "x", "%FF", &"A".repeat(43), &"A".repeat(5_000), &format!("{token}=="), &token[..42]] {
        let browser = app.anonymous().with_cookie(format!("{SESSION_COOKIE}={wrong}"));
        assert_ended(&browser).await;
    }
    for other in [format!("countersign-session={token}"), format!("__Host-other={token}"), "===;;;".to_owned()] {
        let browser = app.anonymous().with_cookie(other.clone());
        assert_eq!(browser.get(SESSION).await.problem(), refusal(401, "not-signed-in"), "{other}");
    }
    let among = app.anonymous().with_cookie(format!("theme=dark; {right}; lang=en"));
    among.get(SESSION).await.ok();
}

#[tokio::test]
async fn two_people_keep_two_sessions() {
    let app = App::start().await;
    let (owner, viewer) = (app.owner().await, app.viewer().await);
    app.clock.advance(CODE_SECONDS);
    assert_eq!(owner.get(SESSION).await.ok()["role"], "owner");
    assert_eq!(viewer.get(SESSION).await.ok()["role"], "viewer");
}
