//! Custody: secrets that can be revealed again, and those that cannot.

use std::sync::Mutex;

use serde_json::json;
use shared::domain::event::Action;
use shared::domain::privilege::Role;
use shared::store::schema;

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::clients::TestClient;
use crate::support::secrets::{MINUTE, SignedIn, with_shown};
use crate::support::storage::stored;

#[tokio::test]
async fn where_custody_is_revealable_a_secret_is_shown_again_and_each_time_is_audited() {
    let app = App::start().await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"custody": "revealable"})).await;
    let created = caller.browser.post("/v1/clients", &json!({"key": "batch", "name": "Batch"})).await.made();
    let id = created["client_id"].as_str().unwrap().to_owned();
    let first = TestClient { id, secret: created["secret"]["secret"].as_str().unwrap().to_owned() };
    let added = with_shown(&first, &caller.add(&first).await);
    let regenerated = with_shown(&first, &caller.on(&first, "regenerate", json!({})).await);
    app.clock.advance(5 * MINUTE + 1);
    assert_eq!(caller.on(&first, "reveal", json!({})).await.status, 401);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 0);
    caller.refresh().await;
    for client in [&first, &added, &regenerated] {
        let answer = caller.on(client, "reveal", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["secret"], client.secret.as_str());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 3);
    assert!(caller.listed(&first, "").await.iter().all(|secret| secret["sealed_copy"] == true));
    let elsewhere = first.with_id("wallet-acme-reporting");
    assert_eq!(caller.on(&elsewhere, "reveal", json!({})).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn a_secret_created_under_custody_once_is_never_revealed() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let not_revealable = refusal(409, "not-revealable");
    let before = with_shown(&client, &caller.add(&client).await);
    assert_eq!(caller.on(&before, "reveal", json!({})).await.problem(), not_revealable);
    caller.set(json!({"custody": "revealable"})).await;
    assert_eq!(caller.on(&before, "reveal", json!({})).await.problem(), not_revealable);
    let kept = with_shown(&client, &caller.add(&client).await);
    assert_eq!(caller.on(&kept, "reveal", json!({})).await.status, 200);
    // back to once: what was kept stays sealed
    caller.set(json!({"custody": "once"})).await;
    assert_eq!(caller.on(&kept, "reveal", json!({})).await.problem(), not_revealable);
    let successor = with_shown(&client, &caller.on(&kept, "regenerate", json!({})).await);
    caller.set(json!({"custody": "revealable"})).await;
    assert_eq!(caller.on(&successor, "reveal", json!({})).await.problem(), not_revealable);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 1);
}

#[tokio::test]
async fn a_copy_that_was_moved_to_another_secret_does_not_open() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"custody": "revealable"})).await;
    let mine = with_shown(&client, &caller.add(&client).await);
    let other = with_shown(&client, &caller.add(&client).await);
    let mut change =
        app.registration(&client).await.set_secret_active(&mine.secret_id(), false, app.now()).unwrap().unwrap();
    let copy = app.registration(&client).await.secret(&other.secret_id()).unwrap().sealed.clone();
    for secret in &mut change.after.secrets {
        if secret.id == mine.secret_id() {
            secret.sealed.clone_from(&copy);
        }
    }
    app.commit(&change).await;
    assert_eq!(caller.on(&mine, "reveal", json!({})).await.problem(), refusal(500, "internal-error"));
    assert_eq!(caller.on(&other, "reveal", json!({})).await.json()["secret"], other.secret.as_str());
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 1);
}

#[tokio::test]
async fn a_deleted_client_leaves_no_sealed_copy() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"custody": "revealable"})).await;
    let kept = with_shown(&client, &caller.add(&client).await);
    assert!(stored(&app, schema::CLIENTS).await.contains("\"sealed\""));
    let answer = caller.browser.delete(&format!("/v1/clients/{}", client.id)).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert!(!stored(&app, schema::CLIENTS).await.contains("\"sealed\""));
    assert_eq!(caller.on(&kept, "reveal", json!({})).await.problem(), refusal(404, "not-found"));
}

/// What this process logs, once it logs.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_ever_in_a_log_an_event_or_an_item() {
    shared::telemetry::start_to(|| Log, "debug");
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"custody": "revealable"})).await;
    let added = with_shown(&client, &caller.add(&client).await);
    let regenerated = with_shown(&client, &caller.on(&added, "regenerate", json!({})).await);
    assert!(app.works(&regenerated).await && app.works(&added).await);
    caller.on(&regenerated, "reveal", json!({})).await;
    caller.delete(&added, "").await;
    caller.on(&added, "restore", json!({})).await;
    caller.on(&client, "reveal", json!({})).await;
    let change = app.registration(&client).await.delete(app.now()).unwrap();
    let described = format!("{:?} {change:?}", app.registration(&client).await);
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the secret cannot be revealed"), "the log is not collected");
    let mut held = Vec::new();
    for table in schema::TABLES {
        held.push(stored(&app, table).await);
    }
    let sealed = app.registration(&client).await.secret(&added.secret_id()).unwrap().sealed.clone().unwrap();
    assert!(!described.contains(&sealed.0) && !log.contains(&sealed.0));
    for client in [&client, &added, &regenerated] {
        let body = &client.secret[client.secret_id().as_str().len()..];
        assert!(!log.contains(body) && !described.contains(body));
        assert!(held.iter().all(|items| !items.contains(body)));
    }
}
