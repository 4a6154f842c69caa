//! Who may decide on a change request, on what it is checked again, and how the setting is switched.

use expiry_notifier::invocation::RunRequest;
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::event::Action;
use shared::domain::privilege::{Privilege, Role};
use shared::domain::time::DAY_SECONDS;

use crate::support::answer::{refusal, send};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::change_requests::{ACME, Office, REQUESTS, diff, second_owner, waiting};

#[tokio::test]
async fn what_would_be_refused_is_refused_at_once_and_what_changes_nothing_waits_for_nobody() {
    let office = Office::open().await;
    let unknown = office.asks.patch(&office.path(), &json!({ "grants": { "nothing": "view" } })).await;
    assert_eq!(unknown.wrong_fields(), ["grants.nothing"]);
    let last = office.asks.delete(&office.secret()).await;
    assert_eq!(last.problem(), refusal(409, "last-secret"));
    let taken = office.asks.post("/v1/clients", &json!({ "key": "billing", "name": "x" })).await;
    assert_eq!(taken.problem(), refusal(409, "already-exists"));
    let long = json!({ "expires_at": "2036-01-01T00:00:00Z" });
    assert_eq!(office.asks.post(&office.secrets(), &long).await.wrong_fields(), ["expires_at"]);
    let stale = office.asks.request(Method::PATCH, &office.path()).header("if-match", "\"9\"");
    let stale = send(stale.json(&json!({ "name": "Other" }))).await;
    assert_eq!(stale.problem(), refusal(412, "precondition-failed"));
    assert_eq!(office.asks.order(&format!("{}/enable", office.path())).await.ok()["status"], "active");
    assert_eq!(office.asks.patch(&office.path(), &json!({ "name": "billing" })).await.status, 200);
    assert_eq!(office.asks.get(REQUESTS).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_client_that_has_moved_is_a_conflict_and_not_an_overwrite() {
    let office = Office::open().await;
    let (first, second) = (office.rename("First").await, office.rename("Second").await);
    let secret = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
    let create = json!({ "key": "payroll", "name": "One" });
    let (one, two) = (office.asks.post("/v1/clients", &create).await, office.asks.post("/v1/clients", &create).await);
    office.approve(&second).await.ok();
    for id in [&first, &secret] {
        assert_eq!(office.approve(id).await.problem(), refusal(409, "conflict"));
        assert_eq!(office.request(id).await["status"], "pending");
    }
    assert_eq!(office.asks.get(&office.path()).await.ok()["name"], "Second");
    assert_eq!(office.reject(&first).await.ok()["status"], "rejected");
    assert_eq!(office.withdraw(&secret).await.ok()["status"], "withdrawn");
    office.approve(&waiting(&two)).await.ok();
    assert_eq!(office.approve(&waiting(&one)).await.problem(), refusal(409, "already-exists"));
    // the brake is pulled at once, and moves the client too
    let third = office.rename("Third").await;
    office.asks.order(&format!("{}/deactivate", office.secret())).await.ok();
    assert_eq!(office.app.token(&office.client, "").await.status, 401);
    assert_eq!(office.approve(&third).await.problem(), refusal(409, "conflict"));
    let deleted = office.rename("Fourth").await;
    office.app.delete(&office.client).await;
    assert_eq!(office.approve(&deleted).await.problem(), refusal(409, "conflict"));
}

#[tokio::test]
async fn the_requesters_rights_are_looked_up_again_at_the_approval() {
    let office = Office::open().await;
    let before = office.state().await;
    let id = office.rename("Other").await;
    let lost = refusal(409, "requester-lacks-privilege");
    office.app.set_privileges(&office.asker, Role::CredentialManager.privileges()).await;
    assert_eq!(office.approve(&id).await.problem(), lost);
    office.app.set_privileges(&office.asker, Role::Owner.privileges()).await;
    assert_eq!(office.state().await, before);
    office.app.dismiss(&office.asker).await;
    assert_eq!(office.approve(&id).await.problem(), lost);
    assert_eq!(office.request(&id).await["status"], "pending");
    assert_eq!(office.reject(&id).await.ok()["status"], "rejected");
}

#[tokio::test]
async fn whoever_decides_needs_now_what_the_change_needs() {
    let office = Office::open().await;
    let manager = office.app.credential_manager().await;
    let update = office.rename("Other").await;
    let add = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
    let shown = |request: &Value| request["permissions"]["approve"].clone();
    let see = async |id: &str| manager.get(&format!("{REQUESTS}/{id}")).await.ok();
    assert_eq!((shown(&see(&update).await), shown(&see(&add).await)), (json!(false), json!(true)));
    let refused = office.app.count_events(Some("acme"), Action::PrivilegeRefused).await;
    for verb in ["approve", "reject"] {
        let answer = manager.post(&format!("{REQUESTS}/{update}/{verb}"), &json!({ "comment": "x" })).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
        assert!(answer.text.contains("clients:change"), "{}", answer.text);
    }
    assert_eq!(office.app.count_events(Some("acme"), Action::PrivilegeRefused).await, refused + 2);
    assert_eq!(manager.order(&format!("{REQUESTS}/{add}/approve")).await.ok()["status"], "collectable");
    // grants take one privilege more, for whoever asks and whoever approves
    let grants = waiting(&office.asks.patch(&office.path(), &json!({ "grants": {} })).await);
    let few = [Privilege::ClientsRead, Privilege::ClientsChange];
    let changer = office.app.hire("changer@acme.example", Some("acme"), few.into()).await;
    let changer = office.app.signed_in(&changer).await;
    let answer = changer.order(&format!("{REQUESTS}/{grants}/approve")).await;
    assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
    assert_eq!(changer.order(&format!("{REQUESTS}/{update}/approve")).await.ok()["status"], "approved");
}

#[tokio::test]
async fn an_operator_decides_in_every_organization_but_not_on_what_operators_ask_for() {
    let office = Office::open().await;
    let operator = office.app.operator().await;
    let id = office.rename("Other").await;
    assert_eq!(operator.order(&format!("{REQUESTS}/{id}/approve")).await.ok()["status"], "approved");
    let own = waiting(&operator.patch(&office.path(), &json!({ "name": "Third" })).await);
    assert_eq!(operator.order(&format!("{REQUESTS}/{own}/approve")).await.problem(), refusal(403, "own-request"));
    assert_eq!(office.approve(&own).await.ok()["status"], "approved");
    let serving = json!({ "serves": ["banking"] });
    let serves = waiting(&operator.patch(&office.path(), &serving).await);
    // another operator could be the first one's making, so the organization's people countersign
    let another = office.app.hire("another@platform.example", None, Role::Operator.privileges()).await;
    let another = office.app.signed_in(&another).await;
    assert_eq!(another.order(&format!("{REQUESTS}/{serves}/approve")).await.problem(), refusal(403, "own-request"));
    assert_eq!(office.approve(&serves).await.ok()["status"], "approved");
    let listed = operator.get(&format!("{REQUESTS}?organization=acme")).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    assert_eq!(operator.get(REQUESTS).await.wrong_fields(), ["organization"]);
}

#[tokio::test]
async fn another_organization_knows_nothing_of_a_request() {
    let office = Office::open().await;
    let id = office.rename("Other").await;
    let stranger = office.app.organization(&office.app.operator().await, "globex").await;
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
        assert_eq!(office.asks.get(&format!("{REQUESTS}/{wrong}")).await.problem(), missing, "{wrong}");
    }
}

#[tokio::test]
async fn the_policy_is_checked_again_at_the_approval_and_at_the_collection() {
    let office = Office::open().await;
    let ask =
        async || waiting(&office.asks.post(&office.secrets(), &json!({ "expires_at": "2026-08-01T00:00:00Z" })).await);
    let limit = async |settings: Value| office.asks.patch(ACME, &json!({ "settings": settings })).await.ok();
    let (first, second, third) = (ask().await, ask().await, ask().await);
    limit(json!({ "live_secrets": 1 })).await;
    assert_eq!(office.approve(&first).await.problem(), refusal(409, "too-many-secrets"));
    limit(json!({ "live_secrets": 2, "secret_lifetime_days": 30, "secret_lifetime_max_days": 30 })).await;
    assert_eq!(office.approve(&first).await.wrong_fields(), ["expires_at"]);
    limit(json!({ "secret_lifetime_max_days": 365 })).await;
    for id in [&first, &second, &third] {
        assert_eq!(office.approve(id).await.ok()["status"], "collectable");
    }
    office.collect(&first).await.made();
    assert_eq!(office.collect(&second).await.problem(), refusal(409, "too-many-secrets"));
    limit(json!({ "live_secrets": 5, "secret_lifetime_max_days": 30 })).await;
    assert_eq!(office.collect(&second).await.wrong_fields(), ["expires_at"]);
    assert_eq!(office.request(&second).await["status"], "collectable");
    limit(json!({ "secret_lifetime_max_days": 365 })).await;
    office.collect(&second).await.made();
    office.app.delete(&office.client).await;
    assert_eq!(office.collect(&third).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn of_two_regenerations_of_one_secret_one_is_collected() {
    let office = Office::open().await;
    let regenerate = format!("{}/regenerate", office.secret());
    let (one, two) = (waiting(&office.asks.order(&regenerate).await), waiting(&office.asks.order(&regenerate).await));
    // what the settings say where nothing is asked for is spelled out to whoever approves
    assert_eq!(diff(&office.request(&one).await), json!({ "overlap_seconds": 86_400 }));
    office.approve(&one).await.ok();
    office.approve(&two).await.ok();
    office.collect(&two).await.made();
    assert_eq!(office.collect(&one).await.problem(), refusal(409, "not-regenerable"));
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
    let mut office = Office::open().await;
    let run = async |office: &Office| office.app.stack.notifier.run(&RunRequest::default(), None).await.unwrap();
    assert_eq!(run(&office).await.longest_wait_seconds, None);
    let first = office.rename("First").await;
    office.app.clock.advance(60);
    office.rename("Second").await;
    office.later(14 * DAY_SECONDS - 61).await;
    let summary = run(&office).await;
    assert_eq!(summary.longest_wait_seconds, Some(14 * DAY_SECONDS - 1));
    // what was decided or has expired waits no more
    office.reject(&first).await.ok();
    assert_eq!(run(&office).await.longest_wait_seconds, Some(14 * DAY_SECONDS - 61));
    office.app.clock.advance(61);
    let summary = run(&office).await;
    assert_eq!(summary.longest_wait_seconds, None);
}
