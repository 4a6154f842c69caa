//! Regenerating a secret, with an overlap in which both work.

use reqwest::{Method, header};
use serde_json::json;
use shared::domain::client::secrets::NewSecret;
use shared::domain::event::Action;
use shared::domain::privilege::Role;
use shared::domain::time::DAY_SECONDS;

use crate::support::answer::{refusal, send};
use crate::support::app::{App, START};
use crate::support::clients::TestClient;
use crate::support::secrets::{SignedIn, with_shown};

#[tokio::test]
async fn old_and_new_secret_both_work_until_the_overlap_is_over() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::CredentialManager).await;
    let answer = caller.on(&client, "regenerate", json!({"overlap_seconds": 3600, "label": "second"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let shown = answer.json();
    assert_eq!(shown["previous"], json!({"id": client.secret_id(), "expires_at": "2026-03-01T13:00:00Z"}));
    assert_eq!((&shown["label"], &shown["status"]), (&json!("second"), &json!("active")));
    assert_eq!(answer.header("cache-control"), "no-store");
    let new = with_shown(&client, &answer);
    for (seconds, old_works) in [(3_599, true), (1, false), (1, false)] {
        app.clock.advance(seconds);
        assert_eq!((app.works(&client).await, app.works(&new).await), (old_works, true));
    }
    let events = app.events(Some("acme")).await;
    let event = events.iter().find(|event| event.what.action == Action::SecretRegenerated).unwrap();
    let changed = |field: &str| event.what.changes.iter().find(|change| change.field == field).unwrap();
    assert_eq!(changed("secret_id").from, json!(client.secret_id()));
    assert_eq!(changed("secret_id").to, json!(new.secret_id()));
    assert_eq!(changed("previous.expires_at").to, json!("2026-03-01T13:00:00Z"));
}

#[tokio::test]
async fn without_overlap_the_very_next_token_request_with_the_old_secret_fails() {
    let app = App::start().await;
    let client = app.client("batch").await;
    assert!(app.works(&client).await);
    let caller = SignedIn::of(&app, Role::Owner).await;
    let answer = caller.on(&client, "regenerate", json!({"overlap_seconds": 0})).await;
    assert!(!app.works(&client).await);
    assert!(app.works(&with_shown(&client, &answer)).await);
    assert_eq!(answer.json()["previous"]["expires_at"], START);
}

#[tokio::test]
async fn a_regeneration_without_a_body_keeps_overlap_label_and_lifetime() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let labelled = NewSecret { label: "nightly".to_owned().try_into().unwrap(), ..NewSecret::default() };
    let client = app.add_secret(&client, labelled).await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"overlap_seconds": 600, "secret_lifetime_days": 30})).await;
    let answer = caller.browser.order(&format!("{}/regenerate", client.secret_path())).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let shown = answer.json();
    assert_eq!(shown["previous"]["expires_at"], "2026-03-01T12:10:00Z");
    assert_eq!((&shown["label"], &shown["expires_at"]), (&json!("nightly"), &json!("2026-03-31T12:00:00Z")));
    let unannounced = caller.browser.request(Method::POST, &format!("{}/regenerate", client.secret_path())).body("{}");
    assert_eq!(send(unannounced).await.problem(), refusal(415, "unsupported-media-type"));
}

#[tokio::test]
async fn the_overlap_never_prolongs_the_old_secret() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let soon = json!({"expires_at": "2026-03-01T12:05:00Z"});
    let answer = caller.browser.post(&format!("/v1/clients/{}/secrets", client.id), &soon).await;
    let short = with_shown(&client, &answer);
    let answer = caller.on(&short, "regenerate", json!({"overlap_seconds": 3600})).await;
    assert_eq!(answer.json()["previous"]["expires_at"], "2026-03-01T12:05:00Z");
}

#[tokio::test]
async fn an_overlap_is_at_most_what_the_organization_allows() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"overlap_seconds": 60, "overlap_max_seconds": 120})).await;
    for overlap in [121, -1, 2_592_001] {
        let answer = caller.on(&client, "regenerate", json!({ "overlap_seconds": overlap })).await;
        assert_eq!(answer.problem(), refusal(422, "invalid-request"), "{overlap}");
        assert_eq!(answer.json()["errors"][0]["field"], "overlap_seconds");
    }
    let unknown = caller.on(&client, "regenerate", json!({"not_before": START})).await;
    assert_eq!(unknown.problem(), refusal(422, "invalid-request"));
    assert_eq!(caller.on(&client, "regenerate", json!({"overlap_seconds": 120})).await.status, 201);
}

#[tokio::test]
async fn a_secret_gets_one_successor_and_only_while_it_is_in_use() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let answer = caller.on(&client, "regenerate", json!({})).await;
    let new = with_shown(&client, &answer);
    let again = caller.on(&client, "regenerate", json!({})).await;
    assert_eq!(again.problem(), refusal(409, "not-regenerable"));
    assert!(again.json()["detail"].as_str().unwrap().contains(new.secret_id().as_str()));
    let listed = caller.listed(&client, "").await;
    let replaced_by = |client: &TestClient| {
        let found = listed.iter().find(|secret| secret["id"] == client.secret_id().as_str());
        found.unwrap()["replaced_by"].clone()
    };
    assert_eq!((replaced_by(&client), replaced_by(&new)), (json!(new.secret_id()), json!(null)));

    caller.on(&new, "deactivate", json!({})).await;
    assert_eq!(caller.on(&new, "regenerate", json!({})).await.problem(), refusal(409, "not-regenerable"));
    caller.on(&new, "reactivate", json!({})).await;
    let newest = with_shown(&client, &caller.on(&new, "regenerate", json!({})).await);
    let lifetime = 180 * DAY_SECONDS;
    app.clock.advance(lifetime - 1);
    let caller = SignedIn::of(&app, Role::Owner).await;
    app.clock.advance(1);
    assert_eq!(caller.on(&newest, "regenerate", json!({})).await.problem(), refusal(409, "not-regenerable"));
    assert_eq!(caller.delete(&newest, "").await.status, 204);
    assert_eq!(caller.on(&newest, "regenerate", json!({})).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn a_regeneration_at_the_limit_is_possible_and_the_overlapping_secret_does_not_count() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"live_secrets": 1})).await;
    let mut newest = client.clone();
    // the hard limit counts all that work, the overlapping among them
    for _ in 1..20 {
        let answer = caller.on(&newest, "regenerate", json!({})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        newest = with_shown(&client, &answer);
        assert_eq!(caller.add(&client).await.problem(), refusal(409, "too-many-secrets"));
    }
    assert!(app.works(&client).await && app.works(&newest).await);
    assert_eq!(caller.on(&newest, "regenerate", json!({})).await.problem(), refusal(409, "too-many-secrets"));
    // without an overlap the old one makes room
    let answer = caller.on(&newest, "regenerate", json!({"overlap_seconds": 0})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRegenerated).await, 20);
}

#[tokio::test]
async fn one_of_two_concurrent_regenerations_of_a_secret_wins() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let (a, b) = tokio::join!(caller.on(&client, "regenerate", json!({})), caller.on(&client, "regenerate", json!({})));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(caller.listed(&client, "").await.len(), 2);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRegenerated).await, 1);
}

#[tokio::test]
async fn concurrent_regenerations_of_different_secrets_all_succeed_and_each_has_an_event() {
    let app = App::start().await;
    let first = app.client("batch").await;
    let second = app.add_secret(&first, NewSecret::default()).await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    caller.set(json!({"live_secrets": 2})).await;
    let (a, b) = tokio::join!(caller.on(&first, "regenerate", json!({})), caller.on(&second, "regenerate", json!({})));
    for answer in [a, b] {
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert!(app.works(&with_shown(&first, &answer)).await);
    }
    assert_eq!(caller.listed(&first, "").await.len(), 4);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRegenerated).await, 2);
}

#[tokio::test]
async fn a_secret_whose_successor_is_gone_can_have_another_one() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    for query in ["?confirm=last", "?confirm=last&purge=true"] {
        let successor = with_shown(&client, &caller.on(&client, "regenerate", json!({})).await);
        assert_eq!(caller.on(&client, "regenerate", json!({})).await.problem(), refusal(409, "not-regenerable"));
        assert_eq!(caller.delete(&successor, query).await.status, 204);
    }
    let successor = with_shown(&client, &caller.on(&client, "regenerate", json!({})).await);
    assert!(app.works(&successor).await && app.works(&client).await);
}

#[tokio::test]
async fn if_match_guards_regeneration_and_restoration() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let caller = SignedIn::of(&app, Role::Owner).await;
    let request = caller.browser.request(Method::POST, &format!("{}/regenerate", client.secret_path()));
    let stale = send(request.header(header::IF_MATCH, "\"7\"")).await;
    assert_eq!(stale.problem(), refusal(412, "precondition-failed"));
    assert_eq!(caller.listed(&client, "").await.len(), 1);
}
