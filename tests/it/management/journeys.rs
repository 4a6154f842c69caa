//! Daily tasks of an organization's administrators, one test each. Approvals are in `change_requests`.

use serde_json::{Value, json};
use shared::domain::privilege::Role;
use shared::domain::time::DAY_SECONDS;

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

const CLIENTS: &str = "/v1/clients";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn listed(browser: &Browser) -> Vec<Value> {
    browser.get(CLIENTS).await.ok()["items"].as_array().unwrap().clone()
}

async fn step_up(app: &App, browser: &Browser) {
    app.clock.advance(30);
    let code = app.code(&app.person(Role::Owner));
    browser.post("/v1/session/step-up", &json!({ "one_time_password": code })).await.ok();
}

#[tokio::test]
async fn list_with_roles_expiry_notes_and_expired_flagged() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "key": "nightly", "name": "Nightly", "notes": "Runs at two.",
        "grants": { "banking": "change" }, "expires_at": "2026-03-08T12:00:00Z" });
    owner.post(CLIENTS, &body).await.made();
    let of_list = async |browser: &Browser| {
        let clients = listed(browser).await;
        clients.into_iter().find(|client| client["client_id"] == "wallet-acme-nightly").unwrap()
    };
    let client = of_list(&owner).await;
    assert_eq!((&client["notes"], &client["grants"]), (&json!("Runs at two."), &json!({ "banking": "change" })));
    assert_eq!(client["scopes"], json!(["banking/read", "banking/write"]));
    assert_eq!((&client["expires_at"], &client["status"]), (&json!("2026-03-08T12:00:00Z"), &json!("active")));
    app.clock.advance(7 * DAY_SECONDS);
    assert_eq!(of_list(&app.owner().await).await["status"], "expired");
}

#[tokio::test]
async fn create_with_the_default_expiry_of_one_year() {
    let app = App::start().await;
    let created = app.owner().await.post(CLIENTS, &json!({ "key": "nightly", "name": "Nightly" })).await.made();
    assert_eq!(
        (&created["created_at"], &created["expires_at"]),
        (&json!("2026-03-01T12:00:00Z"), &json!("2027-03-01T12:00:00Z"),)
    );
}

#[tokio::test]
async fn secret_shown_once() {
    let app = App::start().await;
    let owner = app.owner().await;
    let created = owner.create_client("nightly").await;
    let client = TestClient::created(&created);
    assert_eq!(app.token(&client, "").await.status, 200);
    for path in [format!("{CLIENTS}/{}", client.id), format!("{CLIENTS}/{}/secrets", client.id), CLIENTS.to_owned()] {
        let answer = owner.get(&path).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.text.contains(&client.secret), "{path}");
    }
    let reveal = format!("{CLIENTS}/{}/secrets/{}/reveal", client.id, client.secret_id());
    assert_eq!(owner.order(&reveal).await.problem(), refusal(409, "not-revealable"));
}

#[tokio::test]
async fn edit_roles_and_notes_only() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("nightly").await);
    let path = format!("{CLIENTS}/{}", client.id);
    let edited = owner.patch(&path, &json!({ "notes": "New.", "grants": { "reporting": "view" } })).await.ok();
    assert_eq!((&edited["notes"], &edited["scopes"]), (&json!("New."), &json!(["reporting/read"])));
    assert_eq!(app.token(&client, "").await.json()["scope"], "reporting/read");
    for (field, value) in [
        ("client_id", json!("wallet-acme-other")),
        ("key", json!("other")),
        ("environment", json!("sandbox")),
        ("expires_at", json!("2030-01-01T00:00:00Z")),
        ("organization", json!("other")),
    ] {
        let answer = owner.patch(&path, &json!({ field: value, "notes": "Never." })).await;
        assert_eq!(answer.wrong_fields(), [field]);
    }
    assert_eq!(owner.get(&path).await.ok()["notes"], "New.");
}

#[tokio::test]
async fn delete_with_effect_at_once() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("nightly").await);
    assert_eq!(app.token(&client, "").await.status, 200);
    assert_eq!(owner.delete(&format!("{CLIENTS}/{}", client.id)).await.status, 204);
    assert_eq!(app.token(&client, "").await.refused(), (401, "invalid_client".to_owned()));
    assert!(!listed(&owner).await.iter().any(|listed| listed["client_id"] == client.id.as_str()));
}

#[tokio::test]
async fn enable_and_disable() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("nightly").await);
    for (verb, status, token) in [("disable", "disabled", 401), ("enable", "active", 200)] {
        let answer = owner.order(&format!("{CLIENTS}/{}/{verb}", client.id)).await.ok();
        assert_eq!(answer["status"], status);
        assert_eq!(app.token(&client, "").await.status, token);
    }
}

#[tokio::test]
async fn module_with_and_without_administrator_level() {
    let app = App::start().await;
    let operator = app.operator().await;
    let levels = json!({ "view": null, "change": null });
    operator.post("/v1/resources", &json!({ "key": "vault", "name": "Vault", "levels": levels })).await.made();
    let owner = app.owner().await;
    let create = async |key: &str, grants: Value| {
        owner.post(CLIENTS, &json!({ "key": key, "name": key, "grants": grants })).await
    };
    let whole = create("whole", json!({ "banking": "administer" })).await.made();
    assert_eq!(whole["scopes"], json!(["banking/admin", "banking/read", "banking/write"]));
    assert_eq!(create("none", json!({ "vault": "administer" })).await.wrong_fields(), ["grants.vault"]);
    assert_eq!(
        create("some", json!({ "vault": "change" })).await.made()["scopes"],
        json!(["vault/read", "vault/write"])
    );
}

#[tokio::test]
async fn reveal_with_one_time_password() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.patch("/v1/organizations/acme", &json!({ "settings": { "custody": "revealable" } })).await.ok();
    let client = TestClient::created(&owner.create_client("nightly").await);
    let reveal = format!("{CLIENTS}/{}/secrets/{}/reveal", client.id, client.secret_id());
    app.clock.advance(301);
    assert_eq!(owner.order(&reveal).await.problem(), refusal(401, "insufficient-user-authentication"));
    step_up(&app, &owner).await;
    assert_eq!(owner.order(&reveal).await.ok()["secret"], client.secret.as_str());
}

#[tokio::test]
async fn regenerate_with_one_time_password() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("nightly").await);
    let regenerate = format!("{CLIENTS}/{}/secrets/{}/regenerate", client.id, client.secret_id());
    app.clock.advance(301);
    let answer = owner.post(&regenerate, &json!({ "overlap_seconds": 60 })).await;
    assert_eq!(answer.problem(), refusal(401, "insufficient-user-authentication"));
    step_up(&app, &owner).await;
    let made = owner.post(&regenerate, &json!({ "overlap_seconds": 60 })).await.made();
    let new = TestClient { id: client.id.clone(), secret: text(&made["secret"]) };
    let works = async || (app.token(&client, "").await.status.as_u16(), app.token(&new, "").await.status.as_u16());
    app.clock.advance(59);
    assert_eq!(works().await, (200, 200));
    app.clock.advance(1);
    assert_eq!(works().await, (401, 200));
}

#[tokio::test]
async fn who_may_see_which_application() {
    let app = App::start().await;
    let operator = app.operator().await;
    let other = app.organization(&operator, "other").await;
    other.post(CLIENTS, &json!({ "key": "theirs", "name": "Theirs" })).await.made();
    let ids = async |browser: &Browser| -> Vec<String> {
        listed(browser).await.iter().map(|client| text(&client["client_id"])).collect()
    };
    let acme = ["wallet-acme-legacy-import", "wallet-acme-reporting"];
    for browser in [app.owner().await, app.administrator().await, app.credential_manager().await, app.viewer().await] {
        assert_eq!(ids(&browser).await, acme);
        assert_eq!(browser.get(&format!("{CLIENTS}/wallet-other-theirs")).await.problem(), refusal(404, "not-found"));
    }
    assert_eq!(ids(&other).await, ["wallet-other-theirs"]);
    for organization in ["acme", "other"] {
        operator.get(&format!("{CLIENTS}?organization={organization}")).await.ok();
    }
}

#[tokio::test]
async fn several_secrets_with_expiry_dates() {
    let app = App::start().await;
    let owner = app.owner().await;
    let first = TestClient::created(&owner.create_client("nightly").await);
    let secrets = format!("{CLIENTS}/{}/secrets", first.id);
    let mut client = vec![first];
    for expires_at in ["2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z"] {
        let added = owner.post(&secrets, &json!({ "label": expires_at, "expires_at": expires_at })).await.made();
        assert_eq!(added["expires_at"], expires_at);
        client.push(TestClient { id: client[0].id.clone(), secret: text(&added["secret"]) });
    }
    let mut working = Vec::new();
    for _ in 0..3 {
        let mut now = 0;
        for secret in &client {
            now += usize::from(app.token(secret, "").await.status == 200);
        }
        working.push(now);
        app.clock.advance(DAY_SECONDS);
    }
    assert_eq!(working, [3, 2, 1]);
}

#[tokio::test]
async fn permanent_client_id() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("nightly").await);
    let path = format!("{CLIENTS}/{}", client.id);
    owner.patch(&path, &json!({ "name": "Another name" })).await.ok();
    assert_eq!(owner.get(&path).await.ok()["client_id"], client.id.as_str());
    assert_eq!(owner.delete(&path).await.status, 204);
    let again = owner.post(CLIENTS, &json!({ "key": "nightly", "name": "Nightly" })).await;
    assert_eq!(again.problem(), refusal(409, "already-exists"));
}
