//! The catalogue of resources.

use serde_json::{Value, json};

use crate::support::answer::refusal;
use crate::support::app::App;

const RESOURCES: &str = "/v1/resources";

#[tokio::test]
async fn an_operator_adds_a_resource_that_can_be_granted_at_once() {
    let app = App::start().await;
    let operator = app.operator().await;
    let levels = json!({ "view": null, "change": "WRITE:APP_USERS" });
    let body = json!({ "key": "users", "name": "Users", "levels": levels });
    let made = operator.post(RESOURCES, &body).await.made();
    let expected = json!({ "key": "users", "name": "Users", "audience": "users", "created_at": "2026-03-01T12:00:00Z",
        "built_in": false, "grantable": true, "levels": { "view": "users/read", "change": "WRITE:APP_USERS" } });
    assert_eq!(made, expected);
    let listed = app.viewer().await.get(RESOURCES).await.ok();
    let keys: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|item| &item["key"]).collect();
    assert_eq!(keys, ["banking", "countersign", "reporting", "users"]);
    let client = json!({ "organization": "acme", "key": "a", "name": "a", "grants": { "users": "change" } });
    let client = operator.post("/v1/clients", &client).await.made();
    assert_eq!(client["scopes"], json!(["WRITE:APP_USERS", "users/read"]));
}

#[tokio::test]
async fn only_an_operator_adds_resources() {
    let app = App::start().await;
    let body = json!({ "key": "users", "name": "Users", "levels": { "view": null } });
    assert_eq!(app.owner().await.post(RESOURCES, &body).await.problem(), refusal(403, "missing-privilege"));
}

#[tokio::test]
async fn no_two_resources_share_a_key_an_audience_or_a_scope() {
    let app = App::start().await;
    let operator = app.operator().await;
    let add = async |key: &str, audience: &str, scope: &str| {
        let body = json!({ "key": key, "name": key, "audience": audience, "levels": { "view": scope } });
        operator.post(RESOURCES, &body).await
    };
    add("users", "https://users.example", "users").await.made();
    for (key, audience, scope) in [
        ("users", "https://other.example", "other"),
        ("other", "https://users.example", "other"),
        ("other", "https://banking.example", "other"),
        ("other", "https://other.example", "users"),
        ("other", "https://other.example", "banking/read"),
    ] {
        let answer = add(key, audience, scope).await;
        assert_eq!(answer.problem(), refusal(409, "already-exists"), "{key} {audience} {scope}");
    }
    add("other", "https://other.example", "other").await.made();
}

#[tokio::test]
async fn every_field_of_a_resource_is_checked() {
    let app = App::start().await;
    let operator = app.operator().await;
    let usual = || json!({ "key": "users", "name": "Users", "levels": { "view": null } });
    for (name, wrong, field) in [
        ("key", json!("Users"), "key"),
        ("key", json!("a--b"), "key"),
        ("name", json!(" "), "name"),
        ("name", json!("a\u{202E}b"), "name"),
        ("audience", json!(""), "audience"),
        ("audience", json!("https://users.example/#a"), "audience"),
        ("audience", json!("two words"), "audience"),
        ("audience", json!("a".repeat(256)), "audience"),
        ("levels", json!({}), "levels"),
        ("levels", json!({ "own": null }), "levels.own"),
        ("levels", json!({ "view": "two words" }), "levels.view"),
        ("levels", json!({ "view": "quo\"te" }), "levels.view"),
        ("levels", json!({ "view": "" }), "levels.view"),
        ("levels", json!({ "view": "same", "change": "same" }), "levels"),
        ("levels", json!(["view"]), "levels"),
        ("scopes", json!([]), "scopes"),
    ] {
        let mut body = usual();
        body[name] = wrong.clone();
        assert_eq!(operator.post(RESOURCES, &body).await.wrong_fields(), [field], "{name} {wrong}");
    }
    operator.post(RESOURCES, &usual()).await.made();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_that_are_added_at_once_share_no_audience() {
    let app = App::start().await;
    let operator = app.operator().await;
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..20 {
        let operator = operator.clone();
        let key = format!("api{number}");
        let body = json!({ "key": key, "name": key, "audience": "https://one.example", "levels": { "view": null } });
        tries.spawn(async move { operator.post(RESOURCES, &body).await });
    }
    let answers = tries.join_all().await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 201 | 409)), "{answers:?}");
    assert_eq!(made, 1);
    let listed = operator.get(RESOURCES).await.ok().to_string();
    assert_eq!(listed.matches("https://one.example").count(), 1);
}

#[tokio::test]
async fn an_organization_grants_what_an_operator_has_opened_to_it_and_its_clients_keep_what_they_have() {
    let app = App::start().await;
    let (operator, owner) = (app.operator().await, app.owner().await);
    let acme = "/v1/organizations/acme";
    assert_eq!(operator.get(acme).await.ok()["grantable_resources"], Value::Null);
    operator.create_client("old").await;
    let changed = operator.patch(acme, &json!({ "grantable_resources": ["banking"] })).await.ok();
    assert_eq!(changed["grantable_resources"], json!(["banking"]));
    let change = app.last_event(Some("acme")).await.what.changes.remove(0);
    assert_eq!((change.field.as_str(), change.to), ("grantable_resources", json!(["banking"])));
    let grantable = async |path: &str| {
        let resources = operator.get(path).await.ok();
        let items = resources["items"].as_array().unwrap().clone();
        let open = items.iter().filter(|item| item["grantable"] == true);
        open.map(|item| item["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(grantable("/v1/resources?organization=acme").await, ["banking"]);
    assert_eq!(grantable(RESOURCES).await, ["banking", "countersign", "reporting"]);
    let own = owner.get(RESOURCES).await.ok();
    assert_eq!(own["items"][2]["grantable"], false);

    let new = |grants: Value| json!({ "organization": "acme", "key": "new", "name": "New", "grants": grants });
    for by in [&operator, &owner] {
        let refused = by.post("/v1/clients", &new(json!({ "reporting": "view", "countersign": "view" }))).await;
        assert_eq!(refused.wrong_fields(), ["grants.countersign", "grants.reporting"]);
    }
    owner.post("/v1/clients", &new(json!({ "banking": "view" }))).await.made();
    let old = "/v1/clients/wallet-acme-old";
    let grants = |reporting: &str| json!({ "grants": { "banking": "view", "reporting": reporting } });
    assert_eq!(owner.patch(old, &grants("view")).await.ok()["grants"]["reporting"], "view", "it has that already");
    assert_eq!(owner.patch(old, &grants("change")).await.wrong_fields(), ["grants.reporting"]);
    owner.patch(old, &json!({ "grants": { "banking": "view" } })).await.ok();
    assert_eq!(owner.patch(old, &grants("view")).await.wrong_fields(), ["grants.reporting"]);

    let itself = owner.patch(acme, &json!({ "grantable_resources": null })).await;
    assert_eq!(itself.problem(), refusal(403, "missing-privilege"));
    let unknown = operator.patch(acme, &json!({ "grantable_resources": ["nothing"] })).await;
    assert_eq!(unknown.wrong_fields(), ["grantable_resources"]);
    operator.patch(acme, &json!({ "grantable_resources": null })).await.ok();
    owner.patch(old, &grants("change")).await.ok();
}
