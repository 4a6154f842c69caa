//! Change requests from creation to approval, rejection, withdrawal or expiry.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::client::secrets::NewSecret;
use shared::domain::event::{Action, Actor, Target};
use shared::domain::privilege::Role;
use shared::domain::time::DAY_SECONDS;

use crate::support::answer::{Answer, refusal};
use crate::support::browser::Browser;
use crate::support::change_requests::{ApprovalFixture, REQUESTS, diff, waiting};
use crate::support::clients::TestClient;

/// Every change of a client and its secrets that waits: what is asked for, under which word.
async fn every_command(fixture: &ApprovalFixture) -> Vec<(Method, String, Option<Value>, &'static str)> {
    let (path, secrets, secret) = (fixture.path(), fixture.secrets(), fixture.secret());
    // what is to be switched on again, restored and purged has to be there before
    let (off, deleted, purged) = (
        fixture.app.add_secret(&fixture.client, NewSecret::default()).await,
        fixture.app.add_secret(&fixture.client, NewSecret::default()).await,
        fixture.app.add_secret(&fixture.client, NewSecret::default()).await,
    );
    fixture.app.set_secret_active(&off, false).await;
    fixture.app.delete_secret(&deleted).await;
    let named = |secret: &TestClient| format!("{secrets}/{}", secret.secret_id());
    let new = json!({ "key": "payroll", "name": "Payroll", "grants": { "banking": "view" } });
    vec![
        (Method::POST, "/v1/clients".to_owned(), Some(new), "client.create"),
        (Method::PATCH, path.clone(), Some(json!({ "name": "Other", "grants": {} })), "client.update"),
        (Method::POST, format!("{path}/disable"), None, "client.disable"),
        (Method::DELETE, path.clone(), None, "client.delete"),
        (Method::POST, secrets.clone(), Some(json!({ "label": "spare" })), "secret.add"),
        (Method::POST, format!("{secret}/regenerate"), Some(json!({ "overlap_seconds": 60 })), "secret.regenerate"),
        (Method::POST, format!("{}/reactivate", named(&off)), None, "secret.reactivate"),
        (Method::POST, format!("{}/restore", named(&deleted)), None, "secret.restore"),
        (Method::DELETE, named(&off), None, "secret.delete"),
        (Method::DELETE, format!("{}?purge=true", named(&purged)), None, "secret.purge"),
    ]
}

async fn ask(browser: &Browser, (method, path, body, _): &(Method, String, Option<Value>, &'static str)) -> Answer {
    match body {
        Some(body) => browser.raw(method.clone(), path, body.to_string()).await,
        None => crate::support::answer::send(browser.request(method.clone(), path)).await,
    }
}

#[tokio::test]
async fn approve_by_a_second_administrator_of_create() {
    let fixture = ApprovalFixture::open().await;
    let body = json!({ "key": "payroll", "name": "Payroll", "grants": { "banking": "change" } });
    let answer = fixture.requester.post("/v1/clients", &body).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!((&asked["action"], &asked["client_id"]), (&json!("client.create"), &json!("wallet-acme-payroll")));
    assert_eq!(
        (&asked["base_version"], &asked["secret_id"], &asked["decided_by"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(asked["requested_by"]["email"], fixture.requester_account.email);
    assert_eq!(asked["summary"], "Create the client wallet-acme-payroll, \"Payroll\".");
    assert_eq!(diff(&asked)["grants"], json!({ "banking": "change" }));
    assert_eq!(fixture.requester.get("/v1/clients/wallet-acme-payroll").await.problem(), refusal(404, "not-found"));

    let approved = fixture.approve(&id).await.ok();
    assert_eq!(
        (&approved["status"], &approved["decided_by"]["email"]),
        (&json!("collectable"), &json!(fixture.approver_account.email))
    );
    let client = fixture.approver.get("/v1/clients/wallet-acme-payroll").await.ok();
    assert_eq!((&client["secrets"], &client["grants"]), (&json!([]), &json!({ "banking": "change" })));

    let collected = fixture.collect(&id).await.made();
    assert_eq!((&collected["change_request"]["status"], &collected["previous"]), (&json!("collected"), &json!(null)));
    assert!(collected["token_endpoint"].as_str().unwrap().ends_with("/oauth2/token"));
    let client = TestClient {
        id: collected["client_id"].as_str().unwrap().to_owned(),
        secret: collected["secret"].as_str().unwrap().to_owned(),
    };
    fixture.app.token(&client, "").await.token();
    assert_eq!(fixture.collect(&id).await.problem(), refusal(409, "not-collectable"));
}

#[tokio::test]
async fn approve_by_a_second_administrator_of_update() {
    let fixture = ApprovalFixture::open().await;
    let before = fixture.state().await;
    let body = json!({ "name": "Invoices", "grants": { "banking": "administer" } });
    let answer = fixture.requester.patch(&fixture.path(), &body).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!(asked["summary"], "Change the client wallet-acme-billing: name, grants.");
    assert_eq!(asked["changes"][0], json!({ "field": "name", "from": "billing", "to": "Invoices" }));
    assert_eq!(fixture.state().await, before);
    let approved =
        fixture.approver.post(&format!("{REQUESTS}/{id}/approve"), &json!({ "comment": "Fine." })).await.ok();
    assert_eq!((&approved["status"], &approved["comments"][0]["text"]), (&json!("approved"), &json!("Fine.")));
    let client = fixture.requester.get(&fixture.path()).await.ok();
    assert_eq!((&client["name"], &client["grants"]), (&json!("Invoices"), &json!({ "banking": "administer" })));

    let events = fixture.app.events(Some("acme")).await;
    let [asked, approved, updated] = &events[events.len() - 3..] else { panic!("three events") };
    let words = [asked, approved, updated].map(|event| event.what.action);
    assert_eq!(words, [Action::ChangeRequested, Action::ChangeRequestApproved, Action::ClientUpdated]);
    let by = |event: &shared::domain::event::Event| match &event.by.actor {
        Actor::Administrator { email, .. } => email.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [by(asked), by(approved), by(updated)],
        [&fixture.requester_account.email, &fixture.approver_account.email, &fixture.approver_account.email]
            .map(Clone::clone)
    );
    let Target::ChangeRequest(target, Some(about)) = &approved.what.target else { panic!("{approved:?}") };
    assert_eq!((target.as_str(), about.as_str()), (id.as_str(), fixture.client.id.as_str()));
    let link = updated.what.changes.iter().find(|change| change.field == "change_request").unwrap();
    assert_eq!(link.to, id);
    let found = fixture.requester.get(&format!("/v1/audit?client_id={}", fixture.client.id)).await.ok();
    assert_eq!(found["items"][1]["target"]["change_request_id"], id);
    assert_eq!(fixture.requester.get("/v1/audit/verify").await.ok()["verified"], true);
}

#[tokio::test]
async fn approve_by_a_second_administrator_of_delete() {
    let fixture = ApprovalFixture::open().await;
    let id = waiting(&fixture.requester.delete(&fixture.path()).await);
    fixture.app.token(&fixture.client, "").await.token();
    assert_eq!(fixture.approve(&id).await.ok()["status"], "approved");
    assert_eq!(fixture.requester.get(&fixture.path()).await.problem(), refusal(404, "not-found"));
    assert_eq!(fixture.app.token(&fixture.client, "").await.refused(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn approve_by_a_second_administrator_of_regenerate() {
    let fixture = ApprovalFixture::open().await;
    let answer =
        fixture.requester.post(&format!("{}/regenerate", fixture.secret()), &json!({ "overlap_seconds": 600 })).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!(asked["secret_id"], fixture.client.secret_id().as_str());
    assert_eq!(diff(&asked), json!({ "overlap_seconds": 600 }));
    let before = fixture.state().await;
    assert_eq!(fixture.approve(&id).await.ok()["status"], "collectable");
    assert_eq!(fixture.state().await, before, "the secret is made when it is collected");

    let collected = fixture.collect(&id).await.made();
    let fresh = TestClient { secret: collected["secret"].as_str().unwrap().to_owned(), ..fixture.client.clone() };
    assert_eq!(collected["previous"]["id"], fixture.client.secret_id().as_str());
    fixture.app.token(&fresh, "").await.token();
    fixture.app.token(&fixture.client, "").await.token();
    fixture.app.clock.advance(600);
    fixture.app.token(&fresh, "").await.token();
    assert_eq!(fixture.app.token(&fixture.client, "").await.refused(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn nobody_decides_on_their_own_request() {
    let fixture = ApprovalFixture::open().await;
    let before = fixture.state().await;
    let id = fixture.rename("Other").await;
    let own = fixture.requester.get(&format!("{REQUESTS}/{id}")).await.ok();
    let may = json!({ "approve": false, "reject": false, "withdraw": true, "collect": false, "comment": true });
    assert_eq!(own["permissions"], may);
    let decide = async |verb: &str| {
        fixture.requester.post(&format!("{REQUESTS}/{id}/{verb}"), &json!({ "comment": "Mine." })).await
    };
    assert_eq!(decide("approve").await.problem(), refusal(403, "own-request"));
    assert_eq!(decide("reject").await.problem(), refusal(403, "own-request"));
    let others = fixture.approver.order(&format!("{REQUESTS}/{id}/withdraw")).await;
    assert_eq!(others.problem(), refusal(403, "not-requester"));
    let withdrawn = decide("withdraw").await.ok();
    assert_eq!(
        (&withdrawn["status"], &withdrawn["decided_by"]["email"]),
        (&json!("withdrawn"), &json!(fixture.requester_account.email))
    );
    assert_eq!(fixture.approve(&id).await.problem(), refusal(409, "not-pending"));
    assert_eq!(fixture.state().await, before);
}

#[tokio::test]
async fn every_command_is_done_once_it_is_approved_and_collected() {
    let fixture = ApprovalFixture::open().await;
    for command in every_command(&fixture).await {
        let word = command.3;
        // each is asked for again where the one before it has moved the client
        let answer = ask(&fixture.requester, &command).await;
        if word == "client.delete" || word == "client.disable" {
            // the others need the client: these two are tried on their own
            fixture.withdraw(&waiting(&answer)).await.ok();
            continue;
        }
        let (id, asked) = (waiting(&answer), answer.json());
        assert_eq!(asked["action"], word);
        let before = fixture.state().await;
        let approved = fixture.approve(&id).await.ok();
        let makes_secret = ["client.create", "secret.add", "secret.regenerate"].contains(&word);
        assert_eq!(approved["status"], if makes_secret { "collectable" } else { "approved" }, "{word}");
        if makes_secret {
            let collected = fixture.collect(&id).await.made();
            let id = collected["client_id"].as_str().unwrap().to_owned();
            let client = TestClient { id, secret: collected["secret"].as_str().unwrap().to_owned() };
            // the update took every grant of the client away, and a token without a scope is none
            let token = fixture.app.token(&client, "").await;
            let expected = if word == "client.create" { 200 } else { 400 };
            assert_eq!(token.status, expected, "{word}: {}", token.text);
        } else {
            assert_eq!(fixture.collect(&id).await.problem(), refusal(409, "not-collectable"), "{word}");
        }
        if word != "client.create" {
            assert_ne!(fixture.state().await, before, "{word}");
        }
    }
    let listed = fixture.requester.get(&fixture.secrets()).await.ok();
    let states: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|secret| secret["status"].as_str().unwrap()).collect();
    // the first, its successor, the spare one, the restored one
    assert_eq!(states, ["active"; 4], "{listed}");
    let id = waiting(&fixture.requester.order(&format!("{}/disable", fixture.path())).await);
    fixture.approve(&id).await.ok();
    assert_eq!(fixture.requester.get(&fixture.path()).await.ok()["status"], "disabled");
    let id = waiting(&fixture.requester.order(&format!("{}/enable", fixture.path())).await);
    fixture.approve(&id).await.ok();
    assert_eq!(fixture.requester.get(&fixture.path()).await.ok()["status"], "active");
}

#[tokio::test]
async fn a_command_that_is_rejected_withdrawn_or_left_alone_changes_nothing() {
    let mut fixture = ApprovalFixture::open().await;
    let commands = every_command(&fixture).await;
    let before = fixture.state().await;
    let mut left = Vec::new();
    for command in &commands {
        let rejected = waiting(&ask(&fixture.requester, command).await);
        let request = fixture.reject(&rejected).await.ok();
        assert_eq!(
            (&request["status"], &request["comments"][0]["text"]),
            (&json!("rejected"), &json!("No.")),
            "{}",
            command.3
        );
        let withdrawn = waiting(&ask(&fixture.requester, command).await);
        assert_eq!(fixture.withdraw(&withdrawn).await.ok()["status"], "withdrawn");
        for id in [rejected, withdrawn] {
            assert_eq!(fixture.approve(&id).await.problem(), refusal(409, "not-pending"), "{}", command.3);
            assert_eq!(fixture.reject(&id).await.problem(), refusal(409, "not-pending"), "{}", command.3);
            assert_eq!(fixture.withdraw(&id).await.problem(), refusal(409, "not-pending"), "{}", command.3);
            assert_eq!(fixture.collect(&id).await.problem(), refusal(409, "not-collectable"), "{}", command.3);
        }
        left.push(waiting(&ask(&fixture.requester, command).await));
    }
    assert_eq!(fixture.state().await, before);
    assert_eq!(fixture.requester.get("/v1/clients/wallet-acme-payroll").await.status, 404);
    fixture.later(14 * DAY_SECONDS).await;
    for id in left {
        assert_eq!(fixture.request(&id).await["status"], "expired");
        assert_eq!(fixture.approve(&id).await.problem(), refusal(409, "not-pending"));
        assert_eq!(fixture.reject(&id).await.problem(), refusal(409, "not-pending"));
        assert_eq!(fixture.withdraw(&id).await.problem(), refusal(409, "not-pending"));
    }
    assert_eq!(fixture.state().await, before);
}

#[tokio::test]
async fn a_request_waits_for_fourteen_days_and_not_a_second_more() {
    for (seconds, waits) in [(14 * DAY_SECONDS - 1, true), (14 * DAY_SECONDS, false), (14 * DAY_SECONDS + 1, false)] {
        let mut fixture = ApprovalFixture::open().await;
        let id = fixture.rename("Other").await;
        fixture.later(seconds).await;
        assert_eq!(fixture.request(&id).await["status"], if waits { "pending" } else { "expired" }, "{seconds}");
        let listed = fixture.approver.get(&format!("{REQUESTS}?waiting_for_me=true")).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(waits), "{seconds}");
        let listed = fixture.approver.get(&format!("{REQUESTS}?status=expired")).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(!waits), "{seconds}");
        let approved = fixture.approve(&id).await;
        if waits {
            assert_eq!(approved.ok()["status"], "approved");
        } else {
            assert_eq!(approved.problem(), refusal(409, "not-pending"));
        }
    }
}

#[tokio::test]
async fn a_secret_can_be_collected_for_seven_days_and_not_a_second_more() {
    for (seconds, waits) in [(7 * DAY_SECONDS - 1, true), (7 * DAY_SECONDS, false), (7 * DAY_SECONDS + 1, false)] {
        let mut fixture = ApprovalFixture::open().await;
        let id = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
        // the days count from the approval
        fixture.later(13 * DAY_SECONDS).await;
        fixture.approve(&id).await.ok();
        fixture.later(seconds).await;
        assert_eq!(fixture.request(&id).await["status"], if waits { "collectable" } else { "lapsed" }, "{seconds}");
        let listed = fixture.requester.get(&format!("{REQUESTS}?status=collectable")).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(waits), "{seconds}");
        let collected = fixture.collect(&id).await;
        if waits {
            collected.made();
        } else {
            assert_eq!(collected.problem(), refusal(409, "not-collectable"));
        }
    }
}

#[tokio::test]
async fn the_requester_collects_a_secret_after_another_one_time_password() {
    let mut fixture = ApprovalFixture::open().await;
    let id = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
    assert_eq!(fixture.collect(&id).await.problem(), refusal(409, "not-collectable"));
    fixture.approve(&id).await.ok();
    let others = fixture.approver.order(&format!("{REQUESTS}/{id}/collect")).await;
    assert_eq!(others.problem(), refusal(403, "not-requester"));
    fixture.app.clock.advance(301);
    let stale = refusal(401, "insufficient-user-authentication");
    assert_eq!(fixture.collect(&id).await.problem(), stale);
    let next = fixture.rename("Other").await;
    assert_eq!(fixture.approve(&next).await.problem(), stale);
    fixture.later(30).await;
    fixture.app.set_privileges(&fixture.requester_account, Role::Viewer.privileges()).await;
    assert_eq!(fixture.collect(&id).await.problem(), refusal(403, "missing-privilege"));
    fixture.app.set_privileges(&fixture.requester_account, Role::CredentialManager.privileges()).await;
    fixture.collect(&id).await.made();
}

#[tokio::test]
async fn comments_are_kept_with_the_request() {
    let fixture = ApprovalFixture::open().await;
    let id = fixture.rename("Other").await;
    let say =
        async |by: &Browser, text: &str| by.post(&format!("{REQUESTS}/{id}/comments"), &json!({ "text": text })).await;
    let said = say(&fixture.approver, "Why?\n<script>alert(1)</script>").await.ok();
    assert_eq!(said["comments"][0]["by"]["email"], fixture.approver_account.email);
    say(&fixture.requester, "Because.").await.ok();
    let viewer = fixture.app.viewer().await;
    say(&viewer, "I see.").await.ok();
    for wrong in ["", " ", "\u{202E}x"] {
        assert_eq!(say(&viewer, wrong).await.wrong_fields(), ["text"]);
    }
    let reason = fixture.approver.post(&format!("{REQUESTS}/{id}/reject"), &json!({})).await;
    assert_eq!(reason.wrong_fields(), ["comment"]);
    for _ in 3..50 {
        say(&fixture.requester, "More.").await.ok();
    }
    assert_eq!(say(&fixture.requester, "More.").await.problem(), refusal(409, "too-many-comments"));
    let rejected = fixture.reject(&id).await.ok();
    assert_eq!(rejected["comments"].as_array().unwrap().len(), 51);
    assert_eq!(rejected["comments"][0]["text"], "Why?\n<script>alert(1)</script>");
    assert_eq!(say(&fixture.requester, "But!").await.problem(), refusal(409, "not-pending"));
}

#[tokio::test]
async fn requests_are_listed_newest_first_and_filtered() {
    let fixture = ApprovalFixture::open().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        fixture.app.clock.advance(1);
        ids.push(fixture.rename(&format!("Name {number}")).await);
    }
    fixture.app.clock.advance(1);
    let other = waiting(&fixture.requester.post("/v1/clients", &json!({ "key": "payroll", "name": "Payroll" })).await);
    fixture.approve(&ids[0]).await.ok();
    fixture.withdraw(&ids[1]).await.ok();
    let found = async |by: &Browser, query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = by.get(&format!("{REQUESTS}?limit=2{query}{cursor}")).await.ok();
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    let newest_first = |from: usize| ids[from..].iter().rev().cloned().collect::<Vec<_>>();
    let mut all = newest_first(0);
    all.insert(0, other.clone());
    assert_eq!(found(&fixture.requester, "").await, all);
    assert_eq!(found(&fixture.requester, "&client_id=wallet-acme-billing").await, newest_first(0));
    assert_eq!(found(&fixture.requester, "&status=pending&client_id=wallet-acme-billing").await, newest_first(2));
    assert_eq!(found(&fixture.requester, "&status=approved").await, ids[..1]);
    assert_eq!(found(&fixture.requester, "&status=withdrawn").await, ids[1..2]);
    assert_eq!(found(&fixture.requester, "&waiting_for_me=true").await, Vec::<String>::new());
    let mut waiting = newest_first(2);
    waiting.insert(0, other);
    assert_eq!(found(&fixture.approver, "&waiting_for_me=true").await, waiting);
    assert_eq!(found(&fixture.app.viewer().await, "&waiting_for_me=true").await, Vec::<String>::new());
    for wrong in ["status=done", "waiting_for_me=yes", "limit=0", "cursor=x", "client_id=A"] {
        let answer = fixture.requester.get(&format!("{REQUESTS}?{wrong}")).await;
        assert_eq!(answer.wrong_fields(), [wrong.split_once('=').unwrap().0], "{wrong}");
    }
}
