//! Settings of an organization: their limits and effects.

use serde_json::{Value, json};
use shared::domain::time::{DAY_SECONDS, plus_seconds};

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

const ACME: &str = "/v1/organizations/acme";

async fn set(browser: &Browser, settings: Value) -> crate::support::answer::Answer {
    browser.patch(ACME, &json!({ "settings": settings })).await
}

#[tokio::test]
async fn every_setting_refuses_invalid_values() {
    let app = App::start().await;
    let owner = app.owner().await;
    let before = owner.get(ACME).await.ok();
    let many: Vec<u16> = (0..13).collect();
    let wrong = [
        ("custody", json!(["often", "Once", "", null, 1, true])),
        ("secret_lifetime_days", json!([0, -1, 3651, "30", 1.5, null, 1e300, [30]])),
        ("secret_lifetime_max_days", json!([0, 3651, "x", null])),
        ("secrets_may_never_expire", json!(["yes", 1, null, []])),
        ("live_secrets", json!([0, 21, 256, -1, 1.5, "5", null])),
        ("overlap_seconds", json!([-1, 2_592_001, "0", null])),
        ("overlap_max_seconds", json!([-1, 2_592_001, null])),
        ("token_lifetime_seconds", json!([0, 299, 3601, "900", null])),
        ("clients_need_expiry", json!([0, "true", null])),
        ("multi_admin", json!([1, "true", null, {}])),
        ("reminder_days", json!([[366], many, 7, "7", null])),
        ("team_address", json!(["nobody", "a@b.c\r\nBcc: d@e.f", "", 5, {}, "Ana <ana@acme.example>"])),
        ("colour", json!(["red", null])),
        ("LIVE_SECRETS", json!([5])),
    ];
    for (name, values) in wrong {
        for value in values.as_array().unwrap() {
            let answer = set(&owner, json!({ name: value })).await;
            assert_eq!(answer.wrong_fields(), [format!("settings.{name}")], "{name} {value}");
        }
    }
    for (name, values) in [("reminder_days", json!([[-1], [65_536], ["7"], [1.5], [[]]]))] {
        for value in values.as_array().unwrap() {
            let fields = set(&owner, json!({ name: value })).await.wrong_fields();
            assert!(fields[0].starts_with("settings.reminder_days"), "{value}: {fields:?}");
        }
    }
    for whole in [json!(null), json!([]), json!(["once", 30]), json!("x"), json!(5)] {
        assert_eq!(set(&owner, whole.clone()).await.wrong_fields(), ["settings"], "{whole}");
    }
    assert_eq!(owner.get(ACME).await.ok(), before);
}

#[tokio::test]
async fn every_setting_accepts_its_limits() {
    let app = App::start().await;
    let owner = app.owner().await;
    let limits = [
        ("custody", json!(["revealable", "once"])),
        ("secret_lifetime_max_days", json!([180, 3650])),
        ("secret_lifetime_days", json!([1, 3650])),
        ("secrets_may_never_expire", json!([true, false])),
        ("live_secrets", json!([1, 20])),
        ("overlap_seconds", json!([0, 2_592_000])),
        ("overlap_max_seconds", json!([2_592_000])),
        ("token_lifetime_seconds", json!([300, 3600])),
        ("clients_need_expiry", json!([true, false])),
        ("multi_admin", json!([false])),
        ("reminder_days", json!([[], [0, 365], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]])),
        ("team_address", json!(["team@acme.example", null])),
    ];
    for (name, values) in limits {
        for value in values.as_array().unwrap() {
            let answer = set(&owner, json!({ name: value })).await;
            assert_eq!(answer.ok()["settings"][name], *value, "{name}");
        }
        assert_eq!(owner.get(ACME).await.ok()["settings"][name], values.as_array().unwrap().last().unwrap().clone());
    }
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_named_together() {
    let app = App::start().await;
    let owner = app.owner().await;
    let answer = set(&owner, json!({ "secret_lifetime_max_days": 90, "overlap_max_seconds": 60 }));
    let fields = answer.await.wrong_fields();
    let expected = ["secret_lifetime_days", "overlap_seconds"];
    assert_eq!(fields, expected.map(|name| format!("settings.{name}")));
    set(&owner, json!({ "secret_lifetime_max_days": 90, "secret_lifetime_days": 90 })).await.ok();
    set(&owner, json!({ "overlap_max_seconds": 60, "overlap_seconds": 60 })).await.ok();
}

#[tokio::test]
async fn an_organization_can_be_created_with_its_settings() {
    let app = App::start().await;
    let operator = app.operator().await;
    let create = async |key: &str, settings: Value| {
        operator.post("/v1/organizations", &json!({ "key": key, "name": key, "settings": settings })).await
    };
    let made = create("globex", json!({ "live_secrets": 2, "custody": "revealable" })).await.made();
    assert_eq!((&made["settings"]["live_secrets"], &made["settings"]["custody"]), (&json!(2), &json!("revealable")));
    assert_eq!(made["settings"]["secret_lifetime_days"], 180);
    let wrong = create("hooli", json!({ "live_secrets": 0 })).await;
    assert_eq!(wrong.wrong_fields(), ["settings.live_secrets"]);
    assert_eq!(operator.get("/v1/organizations/hooli").await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn the_lifetime_of_secrets_applies_to_new_ones() {
    let app = App::start().await;
    let owner = app.owner().await;
    let in_days = |days: i64| json!(plus_seconds(app.now(), days * DAY_SECONDS));
    let client = owner.create_client("billing").await;
    let secrets = format!("/v1/clients/{}/secrets", client["client_id"].as_str().unwrap());
    assert_eq!(client["secret"]["expires_at"], in_days(180));
    set(&owner, json!({ "secret_lifetime_days": 30, "secret_lifetime_max_days": 60 })).await.ok();
    assert_eq!(owner.post(&secrets, &json!({})).await.made()["expires_at"], in_days(30));
    assert_eq!(owner.post(&secrets, &json!({ "expires_at": in_days(60) })).await.made()["expires_at"], in_days(60));
    let over = json!(plus_seconds(app.now(), 60 * DAY_SECONDS + 1));
    assert_eq!(owner.post(&secrets, &json!({ "expires_at": over })).await.wrong_fields(), ["expires_at"]);
    assert_eq!(owner.create_client("other").await["secret"]["expires_at"], in_days(30));
    let kept = owner.get(&secrets).await.ok();
    let first = kept["items"].as_array().unwrap().iter().find(|secret| secret["id"] == client["secret"]["id"]);
    assert_eq!(first.unwrap()["expires_at"], in_days(180));
}

#[tokio::test]
async fn a_secret_that_never_expires_needs_the_setting() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.create_client("billing").await;
    let add = async || owner.post("/v1/clients/wallet-acme-billing/secrets", &json!({ "expires_at": null })).await;
    assert_eq!(add().await.wrong_fields(), ["expires_at"]);
    set(&owner, json!({ "secrets_may_never_expire": true })).await.ok();
    assert_eq!(add().await.made()["expires_at"], Value::Null);
}

#[tokio::test]
async fn the_number_of_live_secrets_applies_to_the_next_that_is_added() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.create_client("billing").await;
    let add = async || owner.post("/v1/clients/wallet-acme-billing/secrets", &json!({})).await;
    add().await.made();
    add().await.made();
    set(&owner, json!({ "live_secrets": 2 })).await.ok();
    assert_eq!(add().await.problem(), refusal(409, "too-many-secrets"));
    set(&owner, json!({ "live_secrets": 4 })).await.ok();
    add().await.made();
    assert_eq!(add().await.problem(), refusal(409, "too-many-secrets"));
}

#[tokio::test]
async fn where_clients_need_an_expiry_none_is_made_without() {
    let app = App::start().await;
    let owner = app.owner().await;
    let create = async |key: &str, expires_at: Value| {
        owner.post("/v1/clients", &json!({ "key": key, "name": key, "expires_at": expires_at })).await
    };
    assert_eq!(create("forever", Value::Null).await.made()["expires_at"], Value::Null);
    set(&owner, json!({ "clients_need_expiry": true })).await.ok();
    assert_eq!(create("again", Value::Null).await.wrong_fields(), ["expires_at"]);
    create("again", json!("2026-03-02T12:00:00Z")).await.made();
    owner.post("/v1/clients", &json!({ "key": "usual", "name": "usual" })).await.made();
    assert_eq!(owner.get("/v1/clients/wallet-acme-forever").await.ok()["expires_at"], Value::Null);
}

#[tokio::test]
async fn the_lifetime_of_tokens_applies_to_new_clients() {
    let app = App::start().await;
    let owner = app.owner().await;
    let lifetime = |client: &Value| client["token_lifetime_seconds"].clone();
    assert_eq!(lifetime(&owner.create_client("before").await), 900);
    set(&owner, json!({ "token_lifetime_seconds": 600 })).await.ok();
    let after = owner.create_client("after").await;
    assert_eq!(lifetime(&after), 600);
    assert_eq!(lifetime(&owner.get("/v1/clients/wallet-acme-before").await.ok()), 900);
    let token = app.token(&TestClient::created(&after), "").await.json();
    assert_eq!(token["expires_in"], 600);
    let own = json!({ "key": "own", "name": "own", "token_lifetime_seconds": 3600 });
    assert_eq!(lifetime(&owner.post("/v1/clients", &own).await.made()), 3600);
}
