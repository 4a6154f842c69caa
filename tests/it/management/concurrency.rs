//! Concurrent changes: each happens once or not at all, and none overwrites another.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::domain::event::Action;
use tokio::task::JoinSet;

use crate::support::answer::{Answer, refusal};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

/// Sends all bodies at once.
async fn at_once(browser: &Browser, method: reqwest::Method, path: &str, bodies: Vec<Value>) -> Vec<Answer> {
    let mut requests = JoinSet::new();
    for body in bodies {
        let (browser, method, path) = (browser.clone(), method.clone(), path.to_owned());
        requests.spawn(async move { browser.raw(method, &path, body.to_string()).await });
    }
    requests.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_creations_of_one_client_one_wins_and_its_secret_is_the_one_that_works() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "key": "billing", "name": "Billing", "grants": { "banking": "view" } });
    let answers = at_once(&owner, reqwest::Method::POST, "/v1/clients", vec![body; 50]).await;
    let (made, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 1);
    for other in others {
        assert_eq!(other.problem(), refusal(409, "already-exists"));
    }
    app.token(&TestClient::created(&made[0].json()), "").await.token();
    let kept = owner.get("/v1/clients/wallet-acme-billing/secrets").await.ok();
    assert_eq!(kept["items"].as_array().unwrap().len(), 1);
    assert_eq!(app.count_events(Some("acme"), Action::ClientCreated).await, 2 + 1, "beside the demo's two");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_secrets_added_at_once_never_pass_the_limit() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let secrets = format!("{}/secrets", client.path());
    let answers = at_once(&owner, reqwest::Method::POST, &secrets, vec![json!({}); 20]).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).map(Answer::json).collect();
    for other in answers.iter().filter(|answer| answer.status != 201) {
        let refused = [refusal(409, "too-many-secrets"), refusal(409, "conflict")];
        assert!(refused.contains(&other.problem()), "{}", other.text);
    }
    let listed = owner.get(&secrets).await.ok();
    let ids: BTreeSet<_> = listed["items"].as_array().unwrap().iter().map(|secret| secret["id"].to_string()).collect();
    assert_eq!(ids.len(), made.len() + 1);
    assert!((2..=5).contains(&ids.len()), "{listed}");
    for secret in made {
        assert!(ids.contains(&secret["id"].to_string()));
        let client = crate::support::clients::TestClient {
            secret: secret["secret"].as_str().unwrap().to_owned(),
            ..client.clone()
        };
        app.token(&client, "").await.token();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patches_of_different_fields_at_once_lose_nothing() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let bodies = vec![
        json!({ "name": "Bills" }),
        json!({ "notes": "kept" }),
        json!({ "token_lifetime_seconds": 600 }),
        json!({ "grants": { "reporting": "change" } }),
    ];
    let answers = at_once(&owner, reqwest::Method::PATCH, &client.path(), bodies).await;
    let patched = answers.iter().map(Answer::ok).max_by_key(|body| body["version"].as_u64()).unwrap();
    let expected = [
        ("name", json!("Bills")),
        ("notes", json!("kept")),
        ("token_lifetime_seconds", json!(600)),
        ("grants", json!({ "reporting": "change" })),
        ("version", json!(5)),
    ];
    for (name, value) in expected {
        assert_eq!(patched[name], value, "{name}");
    }
    assert_eq!(owner.get(&client.path()).await.ok(), patched);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patches_of_one_field_at_once_each_build_on_the_one_before() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let bodies = (0..20).map(|number| json!({ "notes": format!("note {number}") })).collect();
    let answers = at_once(&owner, reqwest::Method::PATCH, &client.path(), bodies).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    for other in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(other.problem(), refusal(409, "conflict"));
    }
    let mut notes = json!("");
    let events = app.events(Some("acme")).await;
    let updates: Vec<_> = events.iter().filter(|event| event.what.action == Action::ClientUpdated).collect();
    assert_eq!(updates.len(), done);
    for event in updates {
        let [change] = &event.what.changes[..] else { panic!("{event:?}") };
        assert_eq!((change.field.as_str(), &change.from), ("notes", &notes));
        notes = change.to.clone();
    }
    let after = owner.get(&client.path()).await.ok();
    assert_eq!((&after["notes"], &after["version"]), (&notes, &json!(done + 1)));
    assert!(done >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_changes_with_one_if_match_one_happens() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let mut requests = JoinSet::new();
    for number in 0..10 {
        let request = owner.request(reqwest::Method::PATCH, &client.path()).header("if-match", "\"1\"");
        let request = request.json(&json!({ "name": format!("Name {number}") }));
        requests.spawn(crate::support::answer::send(request));
    }
    let answers = requests.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for other in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(other.problem(), refusal(412, "precondition-failed"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_creations_of_different_clients_all_succeed() {
    let app = App::start().await;
    let owner = app.owner().await;
    let bodies = (0..20).map(|number| json!({ "key": format!("c{number}"), "name": "x" })).collect();
    let answers = at_once(&owner, reqwest::Method::POST, "/v1/clients", bodies).await;
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
    assert_eq!(owner.get("/v1/clients").await.ok()["items"].as_array().unwrap().len(), 22);
}
