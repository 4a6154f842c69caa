//! Rules of approval: who may decide, what is checked again, and how the setting is switched.

use expiry_notifier::invocation::RunRequest;
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::event::Action;
use shared::domain::privilege::{Privilege, Role};
use shared::domain::time::DAY_SECONDS;

use crate::support::answer::{refusal, send};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::change_requests::{ACME, ApprovalFixture, REQUESTS, diff, second_owner, waiting};

#[tokio::test]
async fn an_invalid_change_is_refused_at_once_and_one_without_effect_does_not_wait() {
    let fixture = ApprovalFixture::open().await;
    let unknown = fixture.requester.patch(&fixture.path(), &json!({ "grants": { "nothing": "view" } })).await;
    assert_eq!(unknown.wrong_fields(), ["grants.nothing"]);
    let last = fixture.requester.delete(&fixture.secret()).await;
    assert_eq!(last.problem(), refusal(409, "last-secret"));
    let taken = fixture.requester.post("/v1/clients", &json!({ "key": "billing", "name": "x" })).await;
    assert_eq!(taken.problem(), refusal(409, "already-exists"));
    let long = json!({ "expires_at": "2036-01-01T00:00:00Z" });
    assert_eq!(fixture.requester.post(&fixture.secrets(), &long).await.wrong_fields(), ["expires_at"]);
    let stale = fixture.requester.request(Method::PATCH, &fixture.path()).header("if-match", "\"9\"");
    let stale = send(stale.json(&json!({ "name": "Other" }))).await;
    assert_eq!(stale.problem(), refusal(412, "precondition-failed"));
    assert_eq!(fixture.requester.order(&format!("{}/enable", fixture.path())).await.ok()["status"], "active");
    assert_eq!(fixture.requester.patch(&fixture.path(), &json!({ "name": "billing" })).await.status, 200);
    assert_eq!(fixture.requester.get(REQUESTS).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_client_that_has_moved_is_a_conflict_and_not_an_overwrite() {
    let fixture = ApprovalFixture::open().await;
    let (first, second) = (fixture.rename("First").await, fixture.rename("Second").await);
    let secret = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
    let create = json!({ "key": "payroll", "name": "One" });
    let (one, two) =
        (fixture.requester.post("/v1/clients", &create).await, fixture.requester.post("/v1/clients", &create).await);
    fixture.approve(&second).await.ok();
    for id in [&first, &secret] {
        assert_eq!(fixture.approve(id).await.problem(), refusal(409, "conflict"));
        assert_eq!(fixture.request(id).await["status"], "pending");
    }
    assert_eq!(fixture.requester.get(&fixture.path()).await.ok()["name"], "Second");
    assert_eq!(fixture.reject(&first).await.ok()["status"], "rejected");
    assert_eq!(fixture.withdraw(&secret).await.ok()["status"], "withdrawn");
    fixture.approve(&waiting(&two)).await.ok();
    assert_eq!(fixture.approve(&waiting(&one)).await.problem(), refusal(409, "already-exists"));
    // the brake is pulled at once, and moves the client too
    let third = fixture.rename("Third").await;
    fixture.requester.order(&format!("{}/deactivate", fixture.secret())).await.ok();
    assert_eq!(fixture.app.token(&fixture.client, "").await.status, 401);
    assert_eq!(fixture.approve(&third).await.problem(), refusal(409, "conflict"));
    let deleted = fixture.rename("Fourth").await;
    fixture.app.delete(&fixture.client).await;
    assert_eq!(fixture.approve(&deleted).await.problem(), refusal(409, "conflict"));
}

#[tokio::test]
async fn the_requesters_rights_are_looked_up_again_at_the_approval() {
    let fixture = ApprovalFixture::open().await;
    let before = fixture.state().await;
    let id = fixture.rename("Other").await;
    let lost = refusal(409, "requester-lacks-privilege");
    fixture.app.set_privileges(&fixture.requester_account, Role::CredentialManager.privileges()).await;
    assert_eq!(fixture.approve(&id).await.problem(), lost);
    fixture.app.set_privileges(&fixture.requester_account, Role::Owner.privileges()).await;
    assert_eq!(fixture.state().await, before);
    fixture.app.dismiss(&fixture.requester_account).await;
    assert_eq!(fixture.approve(&id).await.problem(), lost);
    assert_eq!(fixture.request(&id).await["status"], "pending");
    assert_eq!(fixture.reject(&id).await.ok()["status"], "rejected");
}

#[tokio::test]
async fn the_approver_needs_the_privileges_of_the_change() {
    let fixture = ApprovalFixture::open().await;
    let manager = fixture.app.credential_manager().await;
    let update = fixture.rename("Other").await;
    let add = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
    let shown = |request: &Value| request["permissions"]["approve"].clone();
    let see = async |id: &str| manager.get(&format!("{REQUESTS}/{id}")).await.ok();
    assert_eq!((shown(&see(&update).await), shown(&see(&add).await)), (json!(false), json!(true)));
    let refused = fixture.app.count_events(Some("acme"), Action::PrivilegeRefused).await;
    for verb in ["approve", "reject"] {
        let answer = manager.post(&format!("{REQUESTS}/{update}/{verb}"), &json!({ "comment": "x" })).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
        assert!(answer.text.contains("clients:change"), "{}", answer.text);
    }
    assert_eq!(fixture.app.count_events(Some("acme"), Action::PrivilegeRefused).await, refused + 2);
    assert_eq!(manager.order(&format!("{REQUESTS}/{add}/approve")).await.ok()["status"], "collectable");
    // grants take one privilege more, for whoever asks and whoever approves
    let grants = waiting(&fixture.requester.patch(&fixture.path(), &json!({ "grants": {} })).await);
    let few = [Privilege::ClientsRead, Privilege::ClientsChange];
    let changer = fixture.app.hire("changer@acme.example", Some("acme"), few.into()).await;
    let changer = fixture.app.signed_in(&changer).await;
    let answer = changer.order(&format!("{REQUESTS}/{grants}/approve")).await;
    assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
    assert_eq!(changer.order(&format!("{REQUESTS}/{update}/approve")).await.ok()["status"], "approved");
}

#[tokio::test]
async fn an_operator_decides_in_every_organization_but_not_on_what_operators_ask_for() {
    let fixture = ApprovalFixture::open().await;
    let operator = fixture.app.operator().await;
    let id = fixture.rename("Other").await;
    assert_eq!(operator.order(&format!("{REQUESTS}/{id}/approve")).await.ok()["status"], "approved");
    let own = waiting(&operator.patch(&fixture.path(), &json!({ "name": "Third" })).await);
    assert_eq!(operator.order(&format!("{REQUESTS}/{own}/approve")).await.problem(), refusal(403, "own-request"));
    assert_eq!(fixture.approve(&own).await.ok()["status"], "approved");
    let serving = json!({ "serves": ["banking"] });
    let serves = waiting(&operator.patch(&fixture.path(), &serving).await);
    // another operator could be the first one's making, so the organization's people countersign
    let another = fixture.app.hire("another@platform.example", None, Role::Operator.privileges()).await;
    let another = fixture.app.signed_in(&another).await;
    assert_eq!(another.order(&format!("{REQUESTS}/{serves}/approve")).await.problem(), refusal(403, "own-request"));
    assert_eq!(fixture.approve(&serves).await.ok()["status"], "approved");
    let listed = operator.get(&format!("{REQUESTS}?organization=acme")).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    assert_eq!(operator.get(REQUESTS).await.wrong_fields(), ["organization"]);
}

#[tokio::test]
async fn another_organization_knows_nothing_of_a_request() {
    let fixture = ApprovalFixture::open().await;
    let id = fixture.rename("Other").await;
    let stranger = fixture.app.organization(&fixture.app.operator().await, "globex").await;
    let missing = refusal(404, "not-found");
    assert_eq!(stranger.get(&format!("{REQUESTS}/{id}")).await.problem(), missing);
    for verb in ["approve", "withdraw", "collect"] {
        assert_eq!(stranger.order(&format!("{REQUESTS}/{id}/{verb}")).await.problem(), missing, "{verb}");
    }
    let said = json!({ "comment": "x" });
    assert_eq!(stranger.post(&format!("{REQUESTS}/{id}/reject"), &said).await.problem(), missing);
    let said = json!({ "text": "x" });
    assert_eq!(stranger.post(&format!("{REQUESTS}/{id}/comments"), &said).await.problem(), missing);
    assert_eq!(stranger.get(&format!("{REQUESTS}?organization=acme")).await.problem(), missing);
    assert_eq!(stranger.get(REQUESTS).await.ok()["items"], json!([]));
    for wrong in ["chg_", "cs_AAAAAAAAAAAA", "chg_000000000000000000000"] {
        assert_eq!(fixture.requester.get(&format!("{REQUESTS}/{wrong}")).await.problem(), missing, "{wrong}");
    }
}

#[tokio::test]
async fn the_policy_is_checked_again_at_the_approval_and_at_the_collection() {
    let fixture = ApprovalFixture::open().await;
    let ask = async || {
        waiting(&fixture.requester.post(&fixture.secrets(), &json!({ "expires_at": "2026-08-01T00:00:00Z" })).await)
    };
    let limit = async |settings: Value| fixture.requester.patch(ACME, &json!({ "settings": settings })).await.ok();
    let (first, second, third) = (ask().await, ask().await, ask().await);
    limit(json!({ "live_secrets": 1 })).await;
    assert_eq!(fixture.approve(&first).await.problem(), refusal(409, "too-many-secrets"));
    limit(json!({ "live_secrets": 2, "secret_lifetime_days": 30, "secret_lifetime_max_days": 30 })).await;
    assert_eq!(fixture.approve(&first).await.wrong_fields(), ["expires_at"]);
    limit(json!({ "secret_lifetime_max_days": 365 })).await;
    for id in [&first, &second, &third] {
        assert_eq!(fixture.approve(id).await.ok()["status"], "collectable");
    }
    fixture.collect(&first).await.made();
    assert_eq!(fixture.collect(&second).await.problem(), refusal(409, "too-many-secrets"));
    limit(json!({ "live_secrets": 5, "secret_lifetime_max_days": 30 })).await;
    assert_eq!(fixture.collect(&second).await.wrong_fields(), ["expires_at"]);
    assert_eq!(fixture.request(&second).await["status"], "collectable");
    limit(json!({ "secret_lifetime_max_days": 365 })).await;
    fixture.collect(&second).await.made();
    fixture.app.delete(&fixture.client).await;
    assert_eq!(fixture.collect(&third).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn of_two_regenerations_of_one_secret_one_is_collected() {
    let fixture = ApprovalFixture::open().await;
    let regenerate = format!("{}/regenerate", fixture.secret());
    let (one, two) =
        (waiting(&fixture.requester.order(&regenerate).await), waiting(&fixture.requester.order(&regenerate).await));
    // what the settings say where nothing is asked for is spelled out to whoever approves
    assert_eq!(diff(&fixture.request(&one).await), json!({ "overlap_seconds": 86_400 }));
    fixture.approve(&one).await.ok();
    fixture.approve(&two).await.ok();
    fixture.collect(&two).await.made();
    assert_eq!(fixture.collect(&one).await.problem(), refusal(409, "not-regenerable"));
}

#[tokio::test]
async fn the_setting_is_switched_on_by_one_where_two_can_approve_and_off_by_two() {
    let app = App::start().await;
    let owner = app.owner().await;
    let switch = async |by: &Browser, on: bool| by.patch(ACME, &json!({ "settings": { "multi_admin": on } })).await;
    assert_eq!(switch(&owner, true).await.problem(), refusal(409, "too-few-approvers"));
    let second = second_owner(&app).await;
    let decides = app.signed_in(&second).await;
    assert_eq!(switch(&owner, true).await.ok()["settings"]["multi_admin"], true);
    assert_eq!(owner.patch(ACME, &json!({ "name": "Acme Ltd" })).await.ok()["name"], "Acme Ltd");

    let body = json!({ "name": "Acme", "settings": { "multi_admin": false, "live_secrets": 3 } });
    let answer = owner.patch(ACME, &body).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!((&asked["action"], &asked["client_id"]), (&json!("organization.update"), &json!(null)));
    assert_eq!(diff(&asked), json!({ "name": "Acme", "settings.live_secrets": 3, "settings.multi_admin": false }));
    assert_eq!(owner.get(ACME).await.ok()["settings"]["multi_admin"], true);
    // whoever could not make the change does not see it
    let viewer = app.viewer().await;
    assert_eq!(viewer.get(&format!("{REQUESTS}/{id}")).await.problem(), refusal(404, "not-found"));
    assert_eq!(viewer.get(REQUESTS).await.ok()["items"], json!([]));
    assert_eq!(owner.order(&format!("{REQUESTS}/{id}/approve")).await.problem(), refusal(403, "own-request"));
    assert_eq!(decides.order(&format!("{REQUESTS}/{id}/approve")).await.ok()["status"], "approved");
    let after = owner.get(ACME).await.ok();
    assert_eq!((&after["name"], &after["settings"]["live_secrets"]), (&json!("Acme"), &json!(3)));
    assert_eq!(after["settings"]["multi_admin"], false);
    owner.create_client("billing").await;

    switch(&owner, true).await.ok();
    let id = waiting(&switch(&owner, false).await);
    owner.patch(ACME, &json!({ "name": "Moved" })).await.ok();
    assert_eq!(decides.order(&format!("{REQUESTS}/{id}/approve")).await.problem(), refusal(409, "conflict"));
}

#[tokio::test]
async fn a_new_organization_has_nobody_who_could_approve() {
    let app = App::start().await;
    let body = json!({ "key": "globex", "name": "Globex", "settings": { "multi_admin": true } });
    let answer = app.operator().await.post("/v1/organizations", &body).await;
    assert_eq!(answer.problem(), refusal(409, "too-few-approvers"));
}

#[tokio::test]
async fn the_daily_run_says_for_how_long_the_oldest_request_waits() {
    let mut fixture = ApprovalFixture::open().await;
    let run =
        async |fixture: &ApprovalFixture| fixture.app.stack.notifier.run(&RunRequest::default(), None).await.unwrap();
    assert_eq!(run(&fixture).await.longest_wait_seconds, None);
    let first = fixture.rename("First").await;
    fixture.app.clock.advance(60);
    fixture.rename("Second").await;
    fixture.later(14 * DAY_SECONDS - 61).await;
    let summary = run(&fixture).await;
    assert_eq!(summary.longest_wait_seconds, Some(14 * DAY_SECONDS - 1));
    // what was decided or has expired waits no more
    fixture.reject(&first).await.ok();
    assert_eq!(run(&fixture).await.longest_wait_seconds, Some(14 * DAY_SECONDS - 61));
    fixture.app.clock.advance(61);
    let summary = run(&fixture).await;
    assert_eq!(summary.longest_wait_seconds, None);
}
