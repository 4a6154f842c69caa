//! Deleting, restoring and purging a secret.

use serde_json::json;
use shared::domain::client::secrets::NewSecret;
use shared::domain::event::Action;
use shared::domain::privilege::Role;
use shared::store::schema;

use crate::support::answer::refusal;
use crate::support::app::{App, START};
use crate::support::secrets::{MINUTE, MONTH, SignedIn, with_shown};
use crate::support::storage::stored;

#[tokio::test]
async fn a_deleted_secret_is_restored_as_it_was_within_thirty_days() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let active = with_shown(&client, &caller.add(&client).await);
    let off = with_shown(&client, &caller.add(&client).await);
    caller.on(&off, "deactivate", json!({})).await;
    for secret in [&active, &off] {
        assert!(app.works(secret).await == (secret.secret == active.secret));
        assert_eq!(caller.delete(secret, "").await.status, 204);
        assert!(!app.works(secret).await);
        assert_eq!(caller.delete(secret, "").await.problem(), refusal(404, "not-found"));
    }
    let deleted = caller.listed(&client, "?deleted=true").await;
    assert_eq!(deleted.len(), 2);
    assert_eq!(
        (&deleted[0]["deleted_at"], &deleted[0]["restorable_until"]),
        (&json!(START), &json!("2026-03-31T12:00:00Z"))
    );
    assert_eq!(caller.listed(&client, "").await.len(), 1);
    assert_eq!(caller.listed(&client, "?deleted=false").await.len(), 1);

    app.clock.advance(MONTH - 1);
    let caller = SignedIn::of(&app, Role::CredentialManager).await;
    for (secret, state) in [(&active, "active"), (&off, "deactivated")] {
        let answer = caller.on(secret, "restore", json!({})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!(state)), "{}", answer.text);
    }
    assert!(app.works(&active).await && !app.works(&off).await);
    // once more changes nothing
    assert_eq!(caller.on(&active, "restore", json!({})).await.status, 200);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRestored).await, 2);
}

#[tokio::test]
async fn after_thirty_days_nothing_is_left_of_a_deleted_secret() {
    let app = App::start().await;
    for (seconds, expected) in [(MONTH - 1, 200), (MONTH, 404), (MONTH + 1, 404)] {
        let client = app.client(&format!("batch-{expected}-{}", seconds % 10)).await;
        let other = app.add_secret(&client, NewSecret::default()).await;
        let caller = SignedIn::of(&app, Role::Owner).await;
        assert_eq!(caller.delete(&other, "").await.status, 204);
        app.clock.advance(seconds);
        let caller = SignedIn::of(&app, Role::Owner).await;
        assert_eq!(caller.listed(&client, "?deleted=true").await.len(), usize::from(expected == 200));
        assert_eq!(caller.on(&other, "restore", json!({})).await.status, expected);
        assert_eq!(caller.delete(&other, "?purge=true").await.status, if expected == 200 { 204 } else { 404 });
        app.clock.advance(30);
    }
}

#[tokio::test]
async fn neither_an_expired_secret_nor_one_beyond_the_limit_is_restored() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let soon = json!({"expires_at": "2026-03-01T12:10:00Z"});
    let short = with_shown(&client, &caller.browser.post(&format!("/v1/clients/{}/secrets", client.id), &soon).await);
    let long = with_shown(&client, &caller.add(&client).await);
    for secret in [&short, &long] {
        assert_eq!(caller.delete(secret, "").await.status, 204);
    }
    let listed = caller.listed(&client, "?deleted=true").await;
    assert!(listed.iter().any(|secret| secret["restorable_until"] == "2026-03-01T12:10:00Z"));
    app.clock.advance(10 * MINUTE - 1);
    assert_eq!(caller.on(&short, "restore", json!({})).await.status, 200);
    assert_eq!(caller.delete(&short, "").await.status, 204);
    app.clock.advance(1);
    assert_eq!(caller.on(&short, "restore", json!({})).await.problem(), refusal(409, "not-restorable"));
    assert_eq!(caller.listed(&client, "?deleted=true").await.len(), 1);
    caller.refresh().await;
    caller.set(json!({"live_secrets": 1})).await;
    assert_eq!(caller.on(&long, "restore", json!({})).await.problem(), refusal(409, "too-many-secrets"));
    caller.set(json!({"live_secrets": 2})).await;
    assert_eq!(caller.on(&long, "restore", json!({})).await.status, 200);
}

#[tokio::test]
async fn deleting_the_last_secret_needs_confirmation() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    for query in ["", "?purge=true", "?purge=false"] {
        assert_eq!(caller.delete(&client, query).await.problem(), refusal(409, "last-secret"), "{query}");
    }
    for query in ["?confirm=yes", "?purge=1", "?confirm=last&confirm=last"] {
        assert_eq!(caller.delete(&client, query).await.problem(), refusal(422, "invalid-request"), "{query}");
    }
    // one that lives out its overlap, or is switched off, is none to go on with
    let new = with_shown(&client, &caller.on(&client, "regenerate", json!({})).await);
    let off = with_shown(&client, &caller.add(&client).await);
    caller.on(&off, "deactivate", json!({})).await;
    assert_eq!(caller.delete(&new, "").await.problem(), refusal(409, "last-secret"));
    assert_eq!(caller.delete(&off, "").await.status, 204);
    assert_eq!(caller.delete(&client, "").await.status, 204);
    assert_eq!(caller.delete(&new, "?confirm=last").await.status, 204);
    assert!(!app.works(&new).await);
}

#[tokio::test]
async fn a_purged_secret_is_gone_with_its_copy_whether_deleted_before_or_not() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"custody": "revealable"})).await;
    let [live, deleted] =
        [caller.add(&client).await, caller.add(&client).await].map(|answer| with_shown(&client, &answer));
    assert_eq!(caller.delete(&deleted, "").await.status, 204);
    for secret in [&live, &deleted] {
        assert_eq!(caller.delete(secret, "?purge=true").await.status, 204);
        assert!(!app.works(secret).await);
        for operation in ["restore", "reveal"] {
            assert_eq!(caller.on(secret, operation, json!({})).await.problem(), refusal(404, "not-found"));
        }
        assert_eq!(caller.delete(secret, "?purge=true").await.problem(), refusal(404, "not-found"));
        assert!(!stored(&app, schema::CLIENTS).await.contains(secret.secret_id().as_str()));
    }
    assert!(caller.listed(&client, "?deleted=true").await.is_empty());
    assert_eq!(app.count_events(Some("acme"), Action::SecretPurged).await, 2);
}
