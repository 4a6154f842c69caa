//! Changes that wait for a second administrator.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::client::secrets::NewSecret;
use shared::domain::event::{Action, Actor, Target};
use shared::domain::privilege::Role;
use shared::domain::time::DAY_SECONDS;

use crate::support::answer::{Answer, refusal};
use crate::support::browser::Browser;
use crate::support::change_requests::{Office, REQUESTS, diff, waiting};
use crate::support::clients::TestClient;

/// Every change of a client and its secrets that waits: what is asked for, under which word.
async fn every_command(office: &Office) -> Vec<(Method, String, Option<Value>, &'static str)> {
    let (path, secrets, secret) = (office.path(), office.secrets(), office.secret());
    // what is to be switched on again, restored and purged has to be there before
    let (off, deleted, purged) = (
        office.app.add_secret(&office.client, NewSecret::default()).await,
        office.app.add_secret(&office.client, NewSecret::default()).await,
        office.app.add_secret(&office.client, NewSecret::default()).await,
    );
    office.app.set_secret_active(&off, false).await;
    office.app.delete_secret(&deleted).await;
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
    let office = Office::open().await;
    let body = json!({ "key": "payroll", "name": "Payroll", "grants": { "banking": "change" } });
    let answer = office.asks.post("/v1/clients", &body).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!((&asked["action"], &asked["client_id"]), (&json!("client.create"), &json!("wallet-acme-payroll")));
    assert_eq!(
        (&asked["base_version"], &asked["secret_id"], &asked["decided_by"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(asked["requested_by"]["email"], office.asker.email);
    assert_eq!(asked["summary"], "Create the client wallet-acme-payroll, \"Payroll\".");
    assert_eq!(diff(&asked)["grants"], json!({ "banking": "change" }));
    assert_eq!(office.asks.get("/v1/clients/wallet-acme-payroll").await.problem(), refusal(404, "not-found"));

    let approved = office.approve(&id).await.ok();
    assert_eq!(
        (&approved["status"], &approved["decided_by"]["email"]),
        (&json!("collectable"), &json!(office.decider.email))
    );
    let client = office.decides.get("/v1/clients/wallet-acme-payroll").await.ok();
    assert_eq!((&client["secrets"], &client["grants"]), (&json!([]), &json!({ "banking": "change" })));

    let collected = office.collect(&id).await.made();
    assert_eq!((&collected["change_request"]["status"], &collected["previous"]), (&json!("collected"), &json!(null)));
    assert!(collected["token_endpoint"].as_str().unwrap().ends_with("/oauth2/token"));
    let client = TestClient {
        id: collected["client_id"].as_str().unwrap().to_owned(),
        secret: collected["secret"].as_str().unwrap().to_owned(),
    };
    office.app.token(&client, "").await.token();
    assert_eq!(office.collect(&id).await.problem(), refusal(409, "not-collectable"));
}

#[tokio::test]
async fn approve_by_a_second_administrator_of_update() {
    let office = Office::open().await;
    let before = office.state().await;
    let body = json!({ "name": "Invoices", "grants": { "banking": "administer" } });
    let answer = office.asks.patch(&office.path(), &body).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!(asked["summary"], "Change the client wallet-acme-billing: name, grants.");
    assert_eq!(asked["changes"][0], json!({ "field": "name", "from": "billing", "to": "Invoices" }));
    assert_eq!(office.state().await, before);
    let approved = office.decides.post(&format!("{REQUESTS}/{id}/approve"), &json!({ "comment": "Fine." })).await.ok();
    assert_eq!((&approved["status"], &approved["comments"][0]["text"]), (&json!("approved"), &json!("Fine.")));
    let client = office.asks.get(&office.path()).await.ok();
    assert_eq!((&client["name"], &client["grants"]), (&json!("Invoices"), &json!({ "banking": "administer" })));

    let events = office.app.events(Some("acme")).await;
    let [asked, approved, updated] = &events[events.len() - 3..] else { panic!("three events") };
    let words = [asked, approved, updated].map(|event| event.what.action);
    assert_eq!(words, [Action::ChangeRequested, Action::ChangeRequestApproved, Action::ClientUpdated]);
    let by = |event: &shared::domain::event::Event| match &event.by.actor {
        Actor::Administrator { email, .. } => email.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [by(asked), by(approved), by(updated)],
        [&office.asker.email, &office.decider.email, &office.decider.email].map(Clone::clone)
    );
    let Target::ChangeRequest(target, Some(about)) = &approved.what.target else { panic!("{approved:?}") };
    assert_eq!((target.as_str(), about.as_str()), (id.as_str(), office.client.id.as_str()));
    let link = updated.what.changes.iter().find(|change| change.field == "change_request").unwrap();
    assert_eq!(link.to, id);
    let found = office.asks.get(&format!("/v1/audit?client_id={}", office.client.id)).await.ok();
    assert_eq!(found["items"][1]["target"]["change_request_id"], id);
    assert_eq!(office.asks.get("/v1/audit/verify").await.ok()["verified"], true);
}

#[tokio::test]
async fn approve_by_a_second_administrator_of_delete() {
    let office = Office::open().await;
    let id = waiting(&office.asks.delete(&office.path()).await);
    office.app.token(&office.client, "").await.token();
    assert_eq!(office.approve(&id).await.ok()["status"], "approved");
    assert_eq!(office.asks.get(&office.path()).await.problem(), refusal(404, "not-found"));
    assert_eq!(office.app.token(&office.client, "").await.refused(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn approve_by_a_second_administrator_of_regenerate() {
    let office = Office::open().await;
    let answer = office.asks.post(&format!("{}/regenerate", office.secret()), &json!({ "overlap_seconds": 600 })).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!(asked["secret_id"], office.client.secret_id().as_str());
    assert_eq!(diff(&asked), json!({ "overlap_seconds": 600 }));
    let before = office.state().await;
    assert_eq!(office.approve(&id).await.ok()["status"], "collectable");
    assert_eq!(office.state().await, before, "the secret is made when it is collected");

    let collected = office.collect(&id).await.made();
    let fresh = TestClient { secret: collected["secret"].as_str().unwrap().to_owned(), ..office.client.clone() };
    assert_eq!(collected["previous"]["id"], office.client.secret_id().as_str());
    office.app.token(&fresh, "").await.token();
    office.app.token(&office.client, "").await.token();
    office.app.clock.advance(600);
    office.app.token(&fresh, "").await.token();
    assert_eq!(office.app.token(&office.client, "").await.refused(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn own_request_rejected_by_its_maker() {
    let office = Office::open().await;
    let before = office.state().await;
    let id = office.rename("Other").await;
    let own = office.asks.get(&format!("{REQUESTS}/{id}")).await.ok();
    let may = json!({ "approve": false, "reject": false, "withdraw": true, "collect": false, "comment": true });
    assert_eq!(own["permissions"], may);
    let decide =
        async |verb: &str| office.asks.post(&format!("{REQUESTS}/{id}/{verb}"), &json!({ "comment": "Mine." })).await;
    assert_eq!(decide("approve").await.problem(), refusal(403, "own-request"));
    assert_eq!(decide("reject").await.problem(), refusal(403, "own-request"));
    let others = office.decides.order(&format!("{REQUESTS}/{id}/withdraw")).await;
    assert_eq!(others.problem(), refusal(403, "not-requester"));
    let withdrawn = decide("withdraw").await.ok();
    assert_eq!(
        (&withdrawn["status"], &withdrawn["decided_by"]["email"]),
        (&json!("withdrawn"), &json!(office.asker.email))
    );
    assert_eq!(office.approve(&id).await.problem(), refusal(409, "not-pending"));
    assert_eq!(office.state().await, before);
}

#[tokio::test]
async fn every_command_is_done_once_it_is_approved_and_collected() {
    let office = Office::open().await;
    for command in every_command(&office).await {
        let word = command.3;
        // each is asked for again where the one before it has moved the client
        let answer = ask(&office.asks, &command).await;
        if word == "client.delete" || word == "client.disable" {
            // the others need the client: these two are tried on their own
            office.withdraw(&waiting(&answer)).await.ok();
            continue;
        }
        let (id, asked) = (waiting(&answer), answer.json());
        assert_eq!(asked["action"], word);
        let before = office.state().await;
        let approved = office.approve(&id).await.ok();
        let makes_secret = ["client.create", "secret.add", "secret.regenerate"].contains(&word);
        assert_eq!(approved["status"], if makes_secret { "collectable" } else { "approved" }, "{word}");
        if makes_secret {
            let collected = office.collect(&id).await.made();
            let id = collected["client_id"].as_str().unwrap().to_owned();
            let client = TestClient { id, secret: collected["secret"].as_str().unwrap().to_owned() };
            // the update took every grant of the client away, and a token without a scope is none
            let token = office.app.token(&client, "").await;
            let expected = if word == "client.create" { 200 } else { 400 };
            assert_eq!(token.status, expected, "{word}: {}", token.text);
        } else {
            assert_eq!(office.collect(&id).await.problem(), refusal(409, "not-collectable"), "{word}");
        }
        if word != "client.create" {
            assert_ne!(office.state().await, before, "{word}");
        }
    }
    let listed = office.asks.get(&office.secrets()).await.ok();
    let states: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|secret| secret["status"].as_str().unwrap()).collect();
    // the first, its successor, the spare one, the restored one
    assert_eq!(states, ["active"; 4], "{listed}");
    let id = waiting(&office.asks.order(&format!("{}/disable", office.path())).await);
    office.approve(&id).await.ok();
    assert_eq!(office.asks.get(&office.path()).await.ok()["status"], "disabled");
    let id = waiting(&office.asks.order(&format!("{}/enable", office.path())).await);
    office.approve(&id).await.ok();
    assert_eq!(office.asks.get(&office.path()).await.ok()["status"], "active");
}

#[tokio::test]
async fn a_command_that_is_rejected_withdrawn_or_left_alone_changes_nothing() {
    let mut office = Office::open().await;
    let commands = every_command(&office).await;
    let before = office.state().await;
    let mut left = Vec::new();
    for command in &commands {
        let rejected = waiting(&ask(&office.asks, command).await);
        let request = office.reject(&rejected).await.ok();
        assert_eq!(
            (&request["status"], &request["comments"][0]["text"]),
            (&json!("rejected"), &json!("No.")),
            "{}",
            command.3
        );
        let withdrawn = waiting(&ask(&office.asks, command).await);
        assert_eq!(office.withdraw(&withdrawn).await.ok()["status"], "withdrawn");
        for id in [rejected, withdrawn] {
            assert_eq!(office.approve(&id).await.problem(), refusal(409, "not-pending"), "{}", command.3);
            assert_eq!(office.reject(&id).await.problem(), refusal(409, "not-pending"), "{}", command.3);
            assert_eq!(office.withdraw(&id).await.problem(), refusal(409, "not-pending"), "{}", command.3);
            assert_eq!(office.collect(&id).await.problem(), refusal(409, "not-collectable"), "{}", command.3);
        }
        left.push(waiting(&ask(&office.asks, command).await));
    }
    assert_eq!(office.state().await, before);
    assert_eq!(office.asks.get("/v1/clients/wallet-acme-payroll").await.status, 404);
    office.later(14 * DAY_SECONDS).await;
    for id in left {
        assert_eq!(office.request(&id).await["status"], "expired");
        assert_eq!(office.approve(&id).await.problem(), refusal(409, "not-pending"));
        assert_eq!(office.reject(&id).await.problem(), refusal(409, "not-pending"));
        assert_eq!(office.withdraw(&id).await.problem(), refusal(409, "not-pending"));
    }
    assert_eq!(office.state().await, before);
}

#[tokio::test]
async fn a_request_waits_for_fourteen_days_and_not_a_second_more() {
    for (seconds, waits) in [(14 * DAY_SECONDS - 1, true), (14 * DAY_SECONDS, false), (14 * DAY_SECONDS + 1, false)] {
        let mut office = Office::open().await;
        let id = office.rename("Other").await;
        office.later(seconds).await;
        assert_eq!(office.request(&id).await["status"], if waits { "pending" } else { "expired" }, "{seconds}");
        let listed = office.decides.get(&format!("{REQUESTS}?waiting_for_me=true")).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(waits), "{seconds}");
        let listed = office.decides.get(&format!("{REQUESTS}?status=expired")).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(!waits), "{seconds}");
        let approved = office.approve(&id).await;
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
        let mut office = Office::open().await;
        let id = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
        // the days count from the approval
        office.later(13 * DAY_SECONDS).await;
        office.approve(&id).await.ok();
        office.later(seconds).await;
        assert_eq!(office.request(&id).await["status"], if waits { "collectable" } else { "lapsed" }, "{seconds}");
        let listed = office.asks.get(&format!("{REQUESTS}?status=collectable")).await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), usize::from(waits), "{seconds}");
        let collected = office.collect(&id).await;
        if waits {
            collected.made();
        } else {
            assert_eq!(collected.problem(), refusal(409, "not-collectable"));
        }
    }
}

#[tokio::test]
async fn a_secret_is_collected_by_whoever_asked_for_it_after_another_one_time_password() {
    let mut office = Office::open().await;
    let id = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
    assert_eq!(office.collect(&id).await.problem(), refusal(409, "not-collectable"));
    office.approve(&id).await.ok();
    let others = office.decides.order(&format!("{REQUESTS}/{id}/collect")).await;
    assert_eq!(others.problem(), refusal(403, "not-requester"));
    office.app.clock.advance(301);
    let stale = refusal(401, "insufficient-user-authentication");
    assert_eq!(office.collect(&id).await.problem(), stale);
    let next = office.rename("Other").await;
    assert_eq!(office.approve(&next).await.problem(), stale);
    office.later(30).await;
    office.app.set_privileges(&office.asker, Role::Viewer.privileges()).await;
    assert_eq!(office.collect(&id).await.problem(), refusal(403, "missing-privilege"));
    office.app.set_privileges(&office.asker, Role::CredentialManager.privileges()).await;
    office.collect(&id).await.made();
}

#[tokio::test]
async fn a_discussion_stands_with_the_request() {
    let office = Office::open().await;
    let id = office.rename("Other").await;
    let say =
        async |by: &Browser, text: &str| by.post(&format!("{REQUESTS}/{id}/comments"), &json!({ "text": text })).await;
    let said = say(&office.decides, "Why?\n<script>alert(1)</script>").await.ok();
    assert_eq!(said["comments"][0]["by"]["email"], office.decider.email);
    say(&office.asks, "Because.").await.ok();
    let viewer = office.app.viewer().await;
    say(&viewer, "I see.").await.ok();
    for wrong in ["", " ", "\u{202E}x"] {
        assert_eq!(say(&viewer, wrong).await.wrong_fields(), ["text"]);
    }
    let reason = office.decides.post(&format!("{REQUESTS}/{id}/reject"), &json!({})).await;
    assert_eq!(reason.wrong_fields(), ["comment"]);
    for _ in 3..50 {
        say(&office.asks, "More.").await.ok();
    }
    assert_eq!(say(&office.asks, "More.").await.problem(), refusal(409, "too-many-comments"));
    let rejected = office.reject(&id).await.ok();
    assert_eq!(rejected["comments"].as_array().unwrap().len(), 51);
    assert_eq!(rejected["comments"][0]["text"], "Why?\n<script>alert(1)</script>");
    assert_eq!(say(&office.asks, "But!").await.problem(), refusal(409, "not-pending"));
}

#[tokio::test]
async fn requests_are_listed_newest_first_by_state_client_and_whom_they_wait_for() {
    let office = Office::open().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        office.app.clock.advance(1);
        ids.push(office.rename(&format!("Name {number}")).await);
    }
    office.app.clock.advance(1);
    let other = waiting(&office.asks.post("/v1/clients", &json!({ "key": "payroll", "name": "Payroll" })).await);
    office.approve(&ids[0]).await.ok();
    office.withdraw(&ids[1]).await.ok();
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
    assert_eq!(found(&office.asks, "").await, all);
    assert_eq!(found(&office.asks, "&client_id=wallet-acme-billing").await, newest_first(0));
    assert_eq!(found(&office.asks, "&status=pending&client_id=wallet-acme-billing").await, newest_first(2));
    assert_eq!(found(&office.asks, "&status=approved").await, ids[..1]);
    assert_eq!(found(&office.asks, "&status=withdrawn").await, ids[1..2]);
    assert_eq!(found(&office.asks, "&waiting_for_me=true").await, Vec::<String>::new());
    let mut waiting = newest_first(2);
    waiting.insert(0, other);
    assert_eq!(found(&office.decides, "&waiting_for_me=true").await, waiting);
    assert_eq!(found(&office.app.viewer().await, "&waiting_for_me=true").await, Vec::<String>::new());
    for wrong in ["status=done", "waiting_for_me=yes", "limit=0", "cursor=x", "client_id=A"] {
        let answer = office.asks.get(&format!("{REQUESTS}?{wrong}")).await;
        assert_eq!(answer.wrong_fields(), [wrong.split_once('=').unwrap().0], "{wrong}");
    }
}
