//! Privileges for granting a client access and for naming what it serves.

use serde_json::{Value, json};
use shared::domain::event::{Action, Target};
use shared::domain::privilege::Privilege;

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

const CLIENTS: &str = "/v1/clients";

#[tokio::test]
async fn granting_needs_a_privilege_of_its_own_beside_changing() {
    let app = App::start().await;
    let privileges = [Privilege::ClientsRead, Privilege::ClientsChange].into();
    let person = app.hire("ana@acme.example", Some("acme"), privileges).await;
    let ana = app.signed_in(&person).await;
    let client = TestClient::created(&ana.post(CLIENTS, &json!({ "key": "billing", "name": "Billing" })).await.made());
    ana.patch(&client.path(), &json!({ "name": "Bills", "notes": "x", "token_lifetime_seconds": 300 })).await.ok();
    ana.order(&format!("{}/disable", client.path())).await.ok();
    let granting = json!({ "key": "other", "name": "Other", "grants": { "banking": "view" } });
    for (answer, route) in [
        (ana.post(CLIENTS, &granting).await, "POST /v1/clients"),
        (ana.patch(&client.path(), &json!({ "grants": { "banking": "view" } })).await, "PATCH /v1/clients/{client_id}"),
        (ana.patch(&client.path(), &json!({ "name": "c", "grants": {} })).await, "PATCH /v1/clients/{client_id}"),
    ] {
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{route}");
        assert!(answer.json()["detail"].as_str().unwrap().contains("resources:assign"));
        let events = app.events(Some("acme")).await;
        let mut events = events.into_iter().filter(|e| e.by.request_id.as_str() == answer.header("x-request-id"));
        let event = events.next().unwrap();
        assert!(events.next().is_none());
        assert_eq!((event.what.action, event.what.target), (Action::PrivilegeRefused, Target::Route(route.to_owned())));
    }
    assert_eq!(ana.get(&client.path()).await.ok()["name"], "Bills");
    assert_eq!(ana.get("/v1/clients/wallet-acme-other").await.status, 404);
}

#[tokio::test]
async fn assigning_without_changing_changes_no_client() {
    let app = App::start().await;
    let privileges = [Privilege::ClientsRead, Privilege::ResourcesAssign].into();
    let person = app.hire("ana@acme.example", Some("acme"), privileges).await;
    let ana = app.signed_in(&person).await;
    let answer = ana.patch("/v1/clients/wallet-acme-reporting", &json!({ "grants": {} })).await;
    assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("clients:change"));
}

#[tokio::test]
async fn each_role_does_what_it_is_for() {
    let app = App::start().await;
    let roles = [
        (app.viewer().await, false, false),
        (app.credential_manager().await, false, true),
        (app.administrator().await, true, true),
        (app.owner().await, true, true),
    ];
    for (number, (browser, changes, manages)) in roles.iter().enumerate() {
        browser.get("/v1/clients/wallet-acme-reporting").await.ok();
        let body = json!({ "key": format!("by{number}"), "name": "x", "grants": { "banking": "view" } });
        let expected = |allowed: bool| if allowed { 201 } else { 403 };
        assert_eq!(browser.post(CLIENTS, &body).await.status.as_u16(), expected(*changes), "{number}");
        let secrets = "/v1/clients/wallet-acme-reporting/secrets";
        assert_eq!(browser.post(secrets, &json!({})).await.status.as_u16(), expected(*manages), "{number}");
    }
}

#[tokio::test]
async fn only_an_operator_says_which_resources_a_client_serves() {
    let app = App::start().await;
    let (owner, operator) = (app.owner().await, app.operator().await);
    let caller = TestClient::created(&owner.create_client("caller").await);
    let server = TestClient::created(&owner.create_client("server").await);
    let token = app.token(&caller, "").await.token();
    let active = async || app.introspect(&server, &token).await.json()["active"].clone();
    let serve = async |by: &Browser, serves: Value| by.patch(&server.path(), &json!({ "serves": serves })).await;
    let creating = json!({ "organization": "acme", "key": "x", "name": "x", "serves": ["banking"] });
    for refused in [serve(&owner, json!(["banking"])).await, owner.post(CLIENTS, &creating).await] {
        assert_eq!(refused.problem(), refusal(403, "missing-privilege"));
        assert!(refused.json()["detail"].as_str().unwrap().contains("platform:operate"));
    }
    assert_eq!(active().await, false);
    assert_eq!(serve(&operator, json!(["banking"])).await.ok()["serves"], json!(["banking"]));
    assert_eq!(active().await, true);
    assert_eq!(serve(&owner, json!([])).await.problem(), refusal(403, "missing-privilege"));
    for wrong in [json!(["nothing"]), json!("banking"), json!(null), json!({ "banking": true })] {
        assert_eq!(serve(&operator, wrong.clone()).await.wrong_fields(), ["serves"], "{wrong}");
    }
    assert_eq!(serve(&operator, json!([])).await.ok()["serves"], json!([]));
    assert_eq!(active().await, false);
    operator.post(CLIENTS, &creating).await.made();
}
