//! Creating, updating and deleting a client, and the effect on its tokens.

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::time::{DAY_SECONDS, plus_seconds};

use crate::support::answer::{refusal, send};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;
use crate::support::encoding::parts;

const CLIENTS: &str = "/v1/clients";

/// The claims of a token that the client gets now.
async fn claims(app: &App, client: &TestClient) -> Value {
    parts(&app.token(client, "").await.token()).1
}

async fn assert_no_token(app: &App, client: &TestClient) {
    assert_eq!(app.token(client, "").await.refused(), refusal(401, "invalid_client"));
}

#[tokio::test]
async fn a_client_lasts_a_year_and_its_secret_half_of_one_unless_it_is_asked_otherwise() {
    let app = App::start().await;
    let owner = app.owner().await;
    let answer = owner.post(CLIENTS, &json!({ "key": "billing", "name": "Billing" })).await;
    let made = answer.made();
    let secret = &made["secret"];
    let id = secret["id"].as_str().unwrap();
    assert_eq!(
        made,
        json!({
            "client_id": "wallet-acme-billing",
            "organization": "acme",
            "key": "billing",
            "name": "Billing",
            "notes": "",
            "enabled": true,
            "environment": "production",
            "status": "active",
            "token_lifetime_seconds": 900,
            "grants": {},
            "scopes": [],
            "serves": [],
            "created_at": "2026-03-01T12:00:00Z",
            "updated_at": "2026-03-01T12:00:00Z",
            "expires_at": "2027-03-01T12:00:00Z",
            "last_used_at": null,
            "version": 1,
            "secrets": [{
                "id": id,
                "hint": format!("{id}…"),
                "status": "active",
                "created_at": "2026-03-01T12:00:00Z",
                "not_before": "2026-03-01T12:00:00Z",
                "expires_at": "2026-08-28T12:00:00Z",
            }],
            "secret": {
                "id": id,
                "label": "",
                "hint": format!("{id}…"),
                "status": "active",
                "created_at": "2026-03-01T12:00:00Z",
                "not_before": "2026-03-01T12:00:00Z",
                "expires_at": "2026-08-28T12:00:00Z",
                "last_used_at": null,
                "last_used_network": null,
                "replaced_by": null,
                "sealed_copy": false,
                "secret": secret["secret"],
            },
            "token_endpoint": format!("{}/oauth2/token", app.base),
        })
    );
    assert_eq!(answer.header("location"), format!("{}/v1/clients/wallet-acme-billing", app.base));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_expiry_is_in_the_future_and_at_most_ten_years_away() {
    let app = App::start().await;
    let owner = app.owner().await;
    let create = async |key: &str, expires_at: Value| {
        owner.post(CLIENTS, &json!({ "key": key, "name": key, "expires_at": expires_at })).await
    };
    let after = |seconds| json!(plus_seconds(app.now(), seconds));
    let ten_years = 3_650 * DAY_SECONDS;
    for wrong in
        [after(-1), after(0), after(ten_years + 1), json!("9999-12-30T00:00:00Z"), json!("-000001-01-01T00:00:00Z")]
    {
        assert_eq!(create("late", wrong.clone()).await.wrong_fields(), ["expires_at"], "{wrong}");
    }
    for wrong in
        [json!("tomorrow"), json!("2027-02-30T00:00:00Z"), json!("2027-01-01"), json!(1_800_000_000), json!("")]
    {
        assert_eq!(create("late", wrong.clone()).await.wrong_fields(), ["expires_at"], "{wrong}");
    }
    assert_eq!(create("soon", after(1)).await.made()["expires_at"], "2026-03-01T12:00:01Z");
    assert_eq!(create("late", after(ten_years)).await.made()["expires_at"], after(ten_years));
    let zoned = create("zoned", json!("2026-06-01T14:00:00.999+02:00")).await.made();
    assert_eq!(zoned["expires_at"], "2026-06-01T12:00:00Z");
    assert_eq!(create("never", Value::Null).await.made()["expires_at"], Value::Null);
}

#[tokio::test]
async fn the_first_secret_works_at_once_and_is_never_shown_again() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    app.token(&client, "").await.token();
    let path = client.path();
    let answers = [
        owner.get(&path).await,
        owner.get(CLIENTS).await,
        owner.get(&format!("{path}/secrets")).await,
        owner.patch(&path, &json!({ "name": "Other" })).await,
        owner.order(&format!("{path}/disable")).await,
        owner.order(&format!("{path}/enable")).await,
        owner.order(&format!("{path}/secrets/{}/deactivate", client.secret_id())).await,
        owner.order(&format!("{path}/secrets/{}/reactivate", client.secret_id())).await,
        owner.post(&format!("{path}/secrets"), &json!({})).await,
        owner.post(CLIENTS, &json!({ "key": "billing", "name": "Billing" })).await,
        owner.delete(&format!("{path}/secrets/{}?confirm=last", client.secret_id())).await,
        owner.delete(&path).await,
    ];
    let body = &client.secret[client.secret_id().as_str().len()..];
    for answer in answers {
        assert!(!answer.text.contains(body), "{}", answer.text);
        assert!(!format!("{:?}", answer.headers).contains(body));
    }
}

#[tokio::test]
async fn a_client_id_is_never_given_out_again() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let again = async || owner.post(CLIENTS, &json!({ "key": "billing", "name": "Billing" })).await;
    let taken = again().await;
    assert_eq!(taken.problem(), refusal(409, "already-exists"));
    assert!(taken.json()["detail"].as_str().unwrap().contains("wallet-acme-billing"));
    let deleted = owner.delete(&client.path()).await;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    assert_no_token(&app, &client).await;
    for answer in [
        owner.get(&client.path()).await,
        owner.patch(&client.path(), &json!({ "name": "Back" })).await,
        owner.order(&format!("{}/enable", client.path())).await,
        owner.get(&format!("{}/secrets", client.path())).await,
        owner.post(&format!("{}/secrets", client.path()), &json!({})).await,
        owner.delete(&format!("{}/secrets/{}", client.path(), client.secret_id())).await,
        owner.delete(&client.path()).await,
    ] {
        assert_eq!(answer.problem(), refusal(404, "not-found"));
    }
    assert_eq!(again().await.problem(), refusal(409, "already-exists"));
    assert!(!owner.get(CLIENTS).await.text.contains("wallet-acme-billing"));
    app.clock.advance(3_650 * DAY_SECONDS);
    let later = app.owner().await.post(CLIENTS, &json!({ "key": "billing", "name": "Billing" })).await;
    assert_eq!(later.problem(), refusal(409, "already-exists"));
    assert_no_token(&app, &client).await;
}

#[tokio::test]
async fn a_key_is_lower_case_words_and_the_whole_client_id_is_not_too_long() {
    let app = App::start().await;
    let owner = app.owner().await;
    let create = async |key: &str| owner.post(CLIENTS, &json!({ "key": key, "name": "Name" })).await;
    for bad in ["", "Billing", "1st", "a--b", "-a", "a-", "a_b", "a b", "a:b", "ä", "a/b", "..", &"a".repeat(65)] {
        assert_eq!(create(bad).await.wrong_fields(), ["key"], "{bad}");
    }
    let longest = "a".repeat(64);
    assert_eq!(create(&longest).await.made()["client_id"], format!("wallet-acme-{longest}"));
}

#[tokio::test]
async fn a_level_brings_those_below_it_and_a_change_counts_at_the_next_token() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "key": "billing", "name": "Billing", "grants": { "banking": "administer" } });
    let created = owner.post(CLIENTS, &body).await.made();
    assert_eq!(created["grants"], json!({ "banking": "administer" }));
    assert_eq!(created["scopes"], json!(["banking/admin", "banking/read", "banking/write"]));
    let client = TestClient::created(&created);
    let token = claims(&app, &client).await;
    assert_eq!(token["scope"], "banking/admin banking/read banking/write");
    assert_eq!(token["aud"], json!(["https://banking.example"]));
    let grants = json!({ "grants": { "banking": "view", "reporting": "change" } });
    let patched = owner.patch(&client.path(), &grants).await.ok();
    assert_eq!(patched["scopes"], json!(["banking/read", "reporting/read", "reporting/write"]));
    let token = claims(&app, &client).await;
    assert_eq!(token["scope"], "banking/read reporting/read reporting/write");
    assert_eq!(token["aud"], json!(["https://banking.example", "https://reporting.example"]));
    let none = owner.patch(&client.path(), &json!({ "grants": {} })).await.ok();
    assert_eq!((&none["grants"], &none["scopes"]), (&json!({}), &json!([])));
    assert_eq!(app.token(&client, "").await.refused(), refusal(400, "unauthorized_client"));
}

#[tokio::test]
async fn a_grant_that_the_catalogue_does_not_have_is_named() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    for (grants, field) in [
        (json!({ "nothing": "view" }), "grants.nothing"),
        (json!({ "reporting": "administer" }), "grants.reporting"),
        (json!({ "banking": "view", "reporting": "own" }), "grants.reporting"),
        (json!({ "banking": null }), "grants.banking"),
        (json!({ "banking": ["view"] }), "grants.banking"),
        (json!(["banking"]), "grants"),
        (json!("banking/read"), "grants"),
        (json!(null), "grants"),
    ] {
        let patched = owner.patch(&client.path(), &json!({ "grants": grants })).await;
        assert_eq!(patched.wrong_fields(), [field], "{grants}");
        let created = owner.post(CLIENTS, &json!({ "key": "x", "name": "x", "grants": grants })).await;
        assert_eq!(created.wrong_fields(), [field], "{grants}");
    }
    assert_eq!(owner.get(&client.path()).await.ok()["version"], 1);
}

#[tokio::test]
async fn fields_fixed_at_creation_are_refused_by_name() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    for (name, value) in [
        ("client_id", json!("wallet-acme-other")),
        ("client_id", json!("wallet-acme-billing")),
        ("organization", json!("globex")),
        ("key", json!("other")),
        ("environment", json!("sandbox")),
        ("expires_at", json!("2028-01-01T00:00:00Z")),
        ("expires_at", json!(null)),
    ] {
        let answer = owner.patch(&client.path(), &json!({ "name": "Other", name: value })).await;
        assert_eq!(answer.wrong_fields(), [name], "{value}");
        assert_eq!(answer.json()["errors"][0]["message"], "is fixed at creation and cannot be changed");
    }
    for name in ["enabled", "secrets", "version", "created_at", "scopes", "status", "secret"] {
        assert_eq!(owner.patch(&client.path(), &json!({ name: true })).await.wrong_fields(), [name]);
    }
    let after = owner.get(&client.path()).await.ok();
    assert_eq!((&after["name"], &after["version"]), (&json!("billing"), &json!(1)));
}

#[tokio::test]
async fn a_patch_keeps_omitted_fields_and_an_equal_value_is_no_change() {
    let app = App::start().await;
    let owner = app.owner().await;
    let created = owner.create_client("billing").await;
    let client = TestClient::created(&created);
    app.clock.advance(60);
    let body = json!({ "notes": "line one\n\tline two", "token_lifetime_seconds": 300 });
    let answer = owner.patch(&client.path(), &body).await;
    let patched = answer.ok();
    assert_eq!((&patched["name"], &patched["grants"]), (&created["name"], &created["grants"]));
    assert_eq!((&patched["notes"], &patched["token_lifetime_seconds"]), (&json!("line one\n\tline two"), &json!(300)));
    assert_eq!((&patched["created_at"], &patched["updated_at"]), (&created["created_at"], &json!(app.now())));
    assert_eq!(answer.header("etag"), "\"2\"");
    app.clock.advance(60);
    for nothing in [json!({}), body, json!({ "name": "billing" })] {
        assert_eq!(owner.patch(&client.path(), &nothing).await.ok(), patched);
    }
    assert_eq!(app.token(&client, "").await.json()["expires_in"], 300);
    for bad in [json!(299), json!(3601), json!("900"), json!(null)] {
        let answer = owner.patch(&client.path(), &json!({ "token_lifetime_seconds": bad })).await;
        assert_eq!(answer.wrong_fields(), ["token_lifetime_seconds"]);
    }
}

#[tokio::test]
async fn a_disabled_client_gets_no_token_until_it_is_enabled() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let resource_server = {
        let body =
            json!({ "organization": "acme", "key": "server", "name": "Server", "serves": ["banking", "reporting"] });
        TestClient::created(&app.operator().await.post(CLIENTS, &body).await.made())
    };
    let token = app.token(&client, "").await.token();
    let disabled = owner.order(&format!("{}/disable", client.path())).await.ok();
    assert_eq!((&disabled["enabled"], &disabled["status"]), (&json!(false), &json!("disabled")));
    assert_no_token(&app, &client).await;
    assert_eq!(app.introspect(&resource_server, &token).await.json()["active"], false);
    let again = owner.order(&format!("{}/disable", client.path())).await.ok();
    assert_eq!(again["version"], disabled["version"], "what it is already is no change");
    let enabled = owner.order(&format!("{}/enable", client.path())).await.ok();
    assert_eq!((&enabled["enabled"], &enabled["status"]), (&json!(true), &json!("active")));
    app.token(&client, "").await.token();
    owner.delete(&client.path()).await;
    assert_no_token(&app, &client).await;
}

#[tokio::test]
async fn a_client_can_be_created_disabled_and_in_the_sandbox() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "key": "later", "name": "Later", "enabled": false, "environment": "sandbox",
        "grants": { "banking": "view" } });
    let client = TestClient::created(&owner.post(CLIENTS, &body).await.made());
    assert_no_token(&app, &client).await;
    owner.order(&format!("{}/enable", client.path())).await.ok();
    assert_eq!(claims(&app, &client).await["env"], "sandbox");
    for bad in [json!("Production"), json!("test"), json!(null), json!(1)] {
        let body = json!({ "key": "x", "name": "x", "environment": bad });
        assert_eq!(owner.post(CLIENTS, &body).await.wrong_fields(), ["environment"]);
    }
}

#[tokio::test]
async fn a_client_expires_at_its_instant() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "key": "ending", "name": "Ending", "expires_at": "2026-03-01T12:10:00Z",
        "grants": { "banking": "view" } });
    let client = TestClient::created(&owner.post(CLIENTS, &body).await.made());
    app.clock.advance(599);
    app.token(&client, "").await.token();
    assert_eq!(owner.get(&client.path()).await.ok()["status"], "active");
    app.clock.advance(1);
    assert_no_token(&app, &client).await;
    assert_eq!(owner.get(&client.path()).await.ok()["status"], "expired");
    let listed = owner.get(CLIENTS).await.ok();
    let listed = listed["items"].as_array().unwrap().iter().find(|item| item["key"] == "ending").unwrap().clone();
    assert_eq!(listed["status"], "expired");
    app.clock.advance(1);
    assert_no_token(&app, &client).await;
}

#[tokio::test]
async fn hostile_text_is_kept_as_text_and_deceptive_text_refused() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let patch = async |name: &str, value: &str| owner.patch(&client.path(), &json!({ name: value })).await;
    let wide = "𝒳🦀漢".repeat(33);
    for kept in
        ["<img src=x onerror=alert(1)>", "'; DROP TABLE clients; --", "{{7*7}}", "\"\\/", "Zoë 漢字 🦀 عربى", &wide]
    {
        let answer = patch("name", kept).await;
        assert_eq!(answer.ok()["name"], kept);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(patch("notes", &format!("{kept}\n\t{kept}")).await.ok()["notes"], format!("{kept}\n\t{kept}"));
    }
    assert_eq!(owner.get(&client.path()).await.ok()["name"], wide);
    for c in [
        '\u{202E}',
        '\u{202A}',
        '\u{2066}',
        '\u{2069}',
        '\u{200B}',
        '\u{200E}',
        '\u{FEFF}',
        '\u{0}',
        '\u{1B}',
        '\u{7F}',
        '\u{85}',
        '\u{61C}',
        '\u{AD}',
        '\u{2028}',
        '\u{2029}',
        '\u{180E}',
        '\u{E0041}',
        '\u{3164}',
    ] {
        let text = format!("a{c}b");
        assert_eq!(patch("name", &text).await.wrong_fields(), ["name"], "{c:?}");
        assert_eq!(patch("notes", &text).await.wrong_fields(), ["notes"], "{c:?}");
    }
    for line in ["a\nb", "a\tb", "a\rb"] {
        assert_eq!(patch("name", line).await.wrong_fields(), ["name"], "{line:?}");
    }
    assert_eq!(patch("notes", "a\r\nb").await.wrong_fields(), ["notes"]);
}

#[tokio::test]
async fn names_and_notes_have_their_length_in_characters() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let patch = async |name: &str, value: String| owner.patch(&client.path(), &json!({ name: value })).await;
    patch("name", "🦀".repeat(100)).await.ok();
    patch("notes", "🦀".repeat(2_000)).await.ok();
    assert_eq!(patch("name", "🦀".repeat(101)).await.wrong_fields(), ["name"]);
    assert_eq!(patch("notes", "🦀".repeat(2_001)).await.wrong_fields(), ["notes"]);
    for empty in ["", " ", "\u{3000}\t"] {
        assert_eq!(patch("name", empty.to_owned()).await.wrong_fields(), ["name"]);
    }
    assert_eq!(patch("notes", String::new()).await.ok()["notes"], "");
    assert_eq!(patch("name", "  padded  ".to_owned()).await.ok()["name"], "padded");
}

#[tokio::test]
async fn a_stale_if_match_changes_nothing_and_a_fresh_one_does() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let path = client.path();
    owner.patch(&path, &json!({ "name": "Second" })).await.ok();
    let secret = client.secret_id();
    let changes = [
        (Method::PATCH, path.clone(), Some(json!({ "name": "Third" }))),
        (Method::POST, format!("{path}/disable"), None),
        (Method::POST, format!("{path}/enable"), None),
        (Method::POST, format!("{path}/secrets"), Some(json!({}))),
        (Method::POST, format!("{path}/secrets/{secret}/deactivate"), None),
        (Method::POST, format!("{path}/secrets/{secret}/reactivate"), None),
        (Method::DELETE, format!("{path}/secrets/{secret}"), None),
        (Method::POST, format!("{path}/secrets/{secret}/restore"), None),
        (Method::DELETE, path.clone(), None),
    ];
    for (method, at, body) in changes {
        let with = async |tag: &str| {
            let request = owner.request(method.clone(), &at).header("if-match", tag);
            send(match &body {
                Some(body) => request.json(body),
                None => request,
            })
            .await
        };
        let before = owner.get(&path).await;
        let fresh = before.header("etag").to_owned();
        for stale in ["\"1\"", "\"999\"", "W/\"2\"", "2", "", "\"\"", &format!("W/{fresh}")] {
            assert_eq!(with(stale).await.problem(), refusal(412, "precondition-failed"), "{method} {at} {stale}");
        }
        assert_eq!(owner.get(&path).await.text, before.text, "{method} {at}");
        let answer = with(&format!("\"1\", {fresh}")).await;
        assert!(answer.status.is_success(), "{method} {at}: {}", answer.text);
        if answer.status == 200 {
            assert_eq!(answer.header("etag"), owner.get(&path).await.header("etag"), "{method} {at}");
        }
    }
    let any = owner.request(Method::PATCH, "/v1/clients/wallet-acme-reporting").header("if-match", "*");
    send(any.json(&json!({ "name": "Any" }))).await.ok();
}

#[tokio::test]
async fn an_operator_creates_a_client_of_a_named_organization() {
    let app = App::start().await;
    let operator = app.operator().await;
    let stranger = app.organization(&operator, "globex").await;
    let body = |organization: Value| json!({ "organization": organization, "key": "billing", "name": "Billing" });
    let create = async |by: &Browser, organization: Value| by.post(CLIENTS, &body(organization)).await;
    assert_eq!(create(&operator, json!("globex")).await.made()["client_id"], "wallet-globex-billing");
    assert_eq!(operator.post(CLIENTS, &json!({ "key": "a", "name": "a" })).await.wrong_fields(), ["organization"]);
    assert_eq!(create(&operator, json!("nothing")).await.problem(), refusal(404, "not-found"));
    assert_eq!(create(&operator, json!(null)).await.wrong_fields(), ["organization"]);
    assert_eq!(create(&stranger, json!("acme")).await.problem(), refusal(404, "not-found"));
    assert_eq!(create(&stranger, json!("globex")).await.problem(), refusal(409, "already-exists"));
    stranger.get("/v1/clients/wallet-globex-billing").await.ok();
    assert_eq!(app.owner().await.get("/v1/clients/wallet-globex-billing").await.status, 404);
}
