//! Adding, deactivating and deleting a secret, and the effect on tokens and the audit trail.

use serde_json::{Value, json};
use shared::domain::event::{Action, Target};
use shared::domain::time::{DAY_SECONDS, plus_seconds};

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

/// A client, the path of its secrets, and somebody who manages them.
async fn prepared(app: &App) -> (TestClient, String, Browser) {
    let client = TestClient::created(&app.owner().await.create_client("billing").await);
    let secrets = format!("{}/secrets", client.path());
    (client, secrets, app.credential_manager().await)
}

fn with_secret(client: &TestClient, added: &Value) -> TestClient {
    TestClient { secret: added["secret"].as_str().unwrap().to_owned(), ..client.clone() }
}

async fn works(app: &App, client: &TestClient) -> bool {
    let answer = app.token(client, "").await;
    if answer.status != 200 {
        assert_eq!(answer.refused(), refusal(401, "invalid_client"));
    }
    answer.status == 200
}

async fn assert_event(app: &App, action: Action, client: &TestClient) {
    let event = app.last_event(Some("acme")).await;
    assert_eq!(
        (event.what.action, event.what.target),
        (action, Target::Secret(client.client_id(), client.secret_id()))
    );
}

#[tokio::test]
async fn an_added_secret_works_beside_the_first() {
    let app = App::start().await;
    let (client, secrets, manager) = prepared(&app).await;
    app.clock.advance(60);
    let answer = manager.post(&secrets, &json!({ "label": "Rollout 🦀" })).await;
    let added = answer.made();
    let id = added["id"].as_str().unwrap();
    assert_eq!(
        added,
        json!({
            "id": id,
            "label": "Rollout 🦀",
            "hint": format!("{id}…"),
            "status": "active",
            "created_at": "2026-03-01T12:01:00Z",
            "not_before": "2026-03-01T12:01:00Z",
            "expires_at": "2026-08-28T12:01:00Z",
            "last_used_at": null,
            "last_used_network": null,
            "replaced_by": null,
            "sealed_copy": false,
            "secret": added["secret"],
            "client_id": "wallet-acme-billing",
            "token_endpoint": format!("{}/oauth2/token", app.base),
        })
    );
    assert_eq!(answer.header("location"), format!("{}{secrets}", app.base));
    assert_eq!(answer.header("etag"), "\"2\"");
    let second = with_secret(&client, &added);
    assert_event(&app, Action::SecretAdded, &second).await;
    assert!(works(&app, &client).await && works(&app, &second).await);
    let listed = manager.get(&secrets).await;
    assert_eq!(listed.header("etag"), "\"2\"");
    let items = listed.ok()["items"].as_array().unwrap().clone();
    assert_eq!(
        items.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(),
        [client.secret_id().as_str(), id]
    );
    assert_eq!(items[1]["last_used_at"], "2026-03-01T12:01:00Z");
    assert_eq!(items[1]["last_used_network"], "127.0.0.0/24");
    assert!(!listed.text.contains(&second.secret) && !listed.text.contains("$argon2"));
}

#[tokio::test]
async fn a_deactivated_secret_fails_at_the_next_request_and_works_again_when_reactivated() {
    let app = App::start().await;
    let (client, secrets, manager) = prepared(&app).await;
    let at = format!("{secrets}/{}", client.secret_id());
    let second = with_secret(&client, &manager.post(&secrets, &json!({})).await.made());
    assert_eq!(manager.order(&format!("{at}/deactivate")).await.ok()["status"], "deactivated");
    assert_event(&app, Action::SecretDeactivated, &client).await;
    assert!(!works(&app, &client).await && works(&app, &second).await);
    let events = app.events(Some("acme")).await.len();
    let again = manager.order(&format!("{at}/deactivate")).await;
    assert_eq!((again.ok()["status"].clone(), again.header("etag")), (json!("deactivated"), "\"3\""));
    assert_eq!(app.events(Some("acme")).await.len(), events, "what it is already is no change");
    assert_eq!(manager.order(&format!("{at}/reactivate")).await.ok()["status"], "active");
    assert_event(&app, Action::SecretReactivated, &client).await;
    assert!(works(&app, &client).await);
}

#[tokio::test]
async fn a_deleted_secret_is_gone_for_good() {
    let app = App::start().await;
    let (client, secrets, manager) = prepared(&app).await;
    let at = format!("{secrets}/{}", client.secret_id());
    let answer = manager.delete(&format!("{at}?confirm=last")).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert_event(&app, Action::SecretDeleted, &client).await;
    assert!(!works(&app, &client).await);
    assert_eq!(manager.get(&secrets).await.ok()["items"], json!([]));
    assert_eq!(manager.get(&client.path()).await.ok()["secrets"], json!([]));
    for answer in [
        manager.delete(&at).await,
        manager.order(&format!("{at}/reactivate")).await,
        manager.order(&format!("{at}/deactivate")).await,
    ] {
        assert_eq!(answer.problem(), refusal(404, "not-found"));
    }
    let second = with_secret(&client, &manager.post(&secrets, &json!({})).await.made());
    assert!(works(&app, &second).await);
}

#[tokio::test]
async fn a_secret_of_another_client_is_not_found() {
    let app = App::start().await;
    let (_, secrets, manager) = prepared(&app).await;
    let foreign = app.demo_client().secret_id();
    for id in [foreign.as_str(), "cs_AAAAAAAAAAAA", "cs_short", "nothing", "%20", "..%2F..", "cs_AAAAAAAAAAA%FF"] {
        for answer in [
            manager.delete(&format!("{secrets}/{id}")).await,
            manager.order(&format!("{secrets}/{id}/deactivate")).await,
            manager.order(&format!("{secrets}/{id}/reactivate")).await,
        ] {
            assert_eq!(answer.problem(), refusal(404, "not-found"), "{id}");
        }
    }
    app.token(&app.demo_client(), "").await.token();
}

#[tokio::test]
async fn deactivated_secrets_count_as_live_and_deleted_and_expired_ones_do_not() {
    let app = App::start().await;
    let (client, secrets, manager) = prepared(&app).await;
    let add = async |body: Value| manager.post(&secrets, &body).await;
    let ending = json!({ "expires_at": plus_seconds(app.now(), 60) });
    let ids = [add(ending).await.made(), add(json!({})).await.made(), add(json!({})).await.made()];
    add(json!({ "not_before": plus_seconds(app.now(), DAY_SECONDS) })).await.made();
    assert_eq!(add(json!({})).await.problem(), refusal(409, "too-many-secrets"));
    let second = ids[1]["id"].as_str().unwrap();
    manager.order(&format!("{secrets}/{second}/deactivate")).await.ok();
    assert_eq!(add(json!({})).await.problem(), refusal(409, "too-many-secrets"));
    manager.delete(&format!("{secrets}/{second}")).await;
    add(json!({})).await.made();
    assert_eq!(add(json!({})).await.problem(), refusal(409, "too-many-secrets"));
    app.clock.advance(60);
    add(json!({})).await.made();
    assert_eq!(add(json!({})).await.problem(), refusal(409, "too-many-secrets"));
    assert!(works(&app, &client).await);
    let states: Vec<_> = manager.get(&secrets).await.ok()["items"].as_array().unwrap().clone();
    let states: Vec<_> = states.iter().map(|item| item["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(states.iter().filter(|state| *state == "expired").count(), 1);
    assert_eq!(states.iter().filter(|state| *state == "not_yet_valid").count(), 1);
}

#[tokio::test]
async fn the_validity_of_a_secret_lies_within_the_policy() {
    let app = App::start().await;
    let (_, secrets, manager) = prepared(&app).await;
    let at = |seconds| json!(plus_seconds(app.now(), seconds));
    let longest = 365 * DAY_SECONDS;
    for (body, field) in [
        (json!({ "expires_at": at(0) }), "expires_at"),
        (json!({ "expires_at": at(-1) }), "expires_at"),
        (json!({ "expires_at": at(longest + 1) }), "expires_at"),
        (json!({ "expires_at": null }), "expires_at"),
        (json!({ "expires_at": "soon" }), "expires_at"),
        (json!({ "expires_at": at(60), "not_before": at(60) }), "not_before"),
        (json!({ "expires_at": at(60), "not_before": at(61) }), "not_before"),
        (json!({ "not_before": at(longest) }), "not_before"),
        (json!({ "not_before": "9999-12-30T00:00:00Z" }), "not_before"),
        (json!({ "not_before": null }), "not_before"),
        (json!({ "not_before": 5 }), "not_before"),
        (json!({ "label": "x".repeat(61) }), "label"),
        (json!({ "label": "two\nlines" }), "label"),
        (json!({ "label": null }), "label"),
        (json!({ "secret": "cs_mine" }), "secret"),
    ] {
        assert_eq!(manager.post(&secrets, &body).await.wrong_fields(), [field], "{body}");
    }
    assert_eq!(manager.get(&secrets).await.ok()["items"].as_array().unwrap().len(), 1);
    let made = async |body: Value| {
        let made = manager.post(&secrets, &body).await.made();
        manager.delete(&format!("{secrets}/{}", made["id"].as_str().unwrap())).await;
        (made["not_before"].clone(), made["expires_at"].clone())
    };
    assert_eq!(made(json!({ "expires_at": at(1) })).await, (at(0), at(1)));
    assert_eq!(made(json!({ "expires_at": at(longest) })).await, (at(0), at(longest)));
    assert_eq!(made(json!({ "expires_at": at(60), "not_before": at(59) })).await, (at(59), at(60)));
    assert_eq!(made(json!({ "not_before": at(-60) })).await, (at(0), at(180 * DAY_SECONDS)), "what was is now");
    let later = DAY_SECONDS;
    assert_eq!(made(json!({ "not_before": at(later) })).await, (at(later), at(later + 180 * DAY_SECONDS)));
    let held = at(longest - 1);
    assert_eq!(made(json!({ "not_before": held })).await, (held, at(longest)), "held at the longest lifetime");
}

#[tokio::test]
async fn a_secret_works_from_its_beginning_to_its_end() {
    let app = App::start().await;
    let (client, secrets, manager) = prepared(&app).await;
    let body = json!({ "not_before": plus_seconds(app.now(), 60), "expires_at": plus_seconds(app.now(), 120) });
    let later = with_secret(&client, &manager.post(&secrets, &body).await.made());
    for (advance, expected, state) in [
        (0, false, "not_yet_valid"),
        (59, false, "not_yet_valid"),
        (1, true, "active"),
        (1, true, "active"),
        (58, true, "active"),
        (1, false, "expired"),
        (1, false, "expired"),
    ] {
        app.clock.advance(advance);
        assert_eq!(works(&app, &later).await, expected, "{}", app.now());
        let listed = manager.get(&secrets).await.ok();
        let id = later.secret_id();
        let listed = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == id.as_str()).unwrap().clone();
        assert_eq!(listed["status"], state, "{}", app.now());
    }
}

#[tokio::test]
async fn a_secret_of_a_disabled_client_can_be_managed_and_does_not_work() {
    let app = App::start().await;
    let (client, secrets, manager) = prepared(&app).await;
    app.administrator().await.order(&format!("{}/disable", client.path())).await.ok();
    let second = with_secret(&client, &manager.post(&secrets, &json!({})).await.made());
    assert!(!works(&app, &second).await);
    let denied = manager.order(&format!("{}/enable", client.path())).await;
    assert_eq!(denied.problem(), refusal(403, "missing-privilege"));
}
