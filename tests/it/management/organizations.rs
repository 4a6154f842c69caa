//! Organizations: creating, listing, reading and updating.

use serde_json::{Value, json};

use crate::support::answer::refusal;
use crate::support::app::App;

const ORGANIZATIONS: &str = "/v1/organizations";

fn keys(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_operator_makes_an_organization_with_the_usual_settings() {
    let app = App::start().await;
    let operator = app.operator().await;
    let answer = operator.post(ORGANIZATIONS, &json!({ "key": "globex", "name": "Globex" })).await;
    let made = answer.made();
    assert_eq!(answer.header("location"), format!("{}/v1/organizations/globex", app.base));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(
        made,
        json!({
            "key": "globex",
            "name": "Globex",
            "grantable_resources": null,
            "suspended_at": null,
            "created_at": "2026-03-01T12:00:00Z",
            "version": 1,
            "settings": {
                "custody": "once",
                "secret_lifetime_days": 180,
                "secret_lifetime_max_days": 365,
                "secrets_may_never_expire": false,
                "live_secrets": 5,
                "overlap_seconds": 86_400,
                "overlap_max_seconds": 2_592_000,
                "token_lifetime_seconds": 900,
                "clients_need_expiry": false,
                "multi_admin": false,
                "reminder_days": [0, 1, 7, 14, 30, 60],
                "team_address": null,
            },
        })
    );
    let shown = operator.get("/v1/organizations/globex").await;
    assert_eq!((shown.ok(), shown.header("etag")), (made, "\"1\""));
}

#[tokio::test]
async fn only_an_operator_makes_organizations() {
    let app = App::start().await;
    let answer = app.owner().await.post(ORGANIZATIONS, &json!({ "key": "globex", "name": "Globex" })).await;
    assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
    assert_eq!(app.operator().await.get("/v1/organizations/globex").await.status, 404);
}

#[tokio::test]
async fn a_key_is_given_once_and_is_lower_case_letters_and_digits() {
    let app = App::start().await;
    let operator = app.operator().await;
    let make = async |key: Value| operator.post(ORGANIZATIONS, &json!({ "key": key, "name": "Name" })).await;
    make(json!("globex")).await.made();
    assert_eq!(make(json!("globex")).await.problem(), refusal(409, "already-exists"));
    assert_eq!(make(json!("acme")).await.problem(), refusal(409, "already-exists"));
    for bad in ["", "a", "Globex", "glo-bex", "1globex", "glo_bex", "@platform", "glöbex", &"a".repeat(33)] {
        assert_eq!(make(json!(bad)).await.wrong_fields(), ["key"], "{bad}");
    }
    for good in ["ab", "a1", &"a".repeat(32)] {
        make(json!(good)).await.made();
    }
}

#[tokio::test]
async fn no_two_organizations_can_assemble_one_client_id() {
    let app = App::start().await;
    let operator = app.operator().await;
    operator.post(ORGANIZATIONS, &json!({ "key": "acmewest", "name": "West" })).await.made();
    let create = async |organization: &str, key: &str| {
        let body = json!({ "organization": organization, "key": key, "name": key });
        operator.post("/v1/clients", &body).await.made()["client_id"].clone()
    };
    assert_eq!(create("acme", "west-import").await, "wallet-acme-west-import");
    assert_eq!(create("acmewest", "import").await, "wallet-acmewest-import");
}

#[tokio::test]
async fn an_operator_lists_all_in_order_and_no_page_is_empty() {
    let app = App::start().await;
    let operator = app.operator().await;
    for key in ["hooli", "globex", "initech", "umbrella", "stark"] {
        operator.post(ORGANIZATIONS, &json!({ "key": key, "name": key })).await.made();
    }
    let all = ["acme", "globex", "hooli", "initech", "stark", "umbrella"];
    let whole = operator.get(ORGANIZATIONS).await.ok();
    assert_eq!((keys(&whole), &whole["next_cursor"]), (all.map(str::to_owned).to_vec(), &Value::Null));
    for limit in 1..=7 {
        let (mut seen, mut pages, mut cursor) = (Vec::new(), 0, String::new());
        loop {
            let page = operator.get(&format!("{ORGANIZATIONS}?limit={limit}{cursor}")).await.ok();
            assert!((1..=limit).contains(&keys(&page).len()), "{page}");
            seen.extend(keys(&page));
            pages += 1;
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!((seen, pages), (all.map(str::to_owned).to_vec(), all.len().div_ceil(limit)), "{limit}");
    }
}

#[tokio::test]
async fn everybody_else_lists_their_own() {
    let app = App::start().await;
    let operator = app.operator().await;
    let stranger = app.organization(&operator, "globex").await;
    assert_eq!(keys(&stranger.get(ORGANIZATIONS).await.ok()), ["globex"]);
    assert_eq!(keys(&app.viewer().await.get(ORGANIZATIONS).await.ok()), ["acme"]);
}

#[tokio::test]
async fn a_cursor_that_was_not_given_out_and_a_limit_out_of_range_are_named() {
    let app = App::start().await;
    let (operator, owner) = (app.operator().await, app.owner().await);
    // "Acme", "@catalogue", bytes that are no text, nothing, no base64
    for bad in ["QWNtZQ", "QGNhdGFsb2d1ZQ", "_w", "", "%00", "a b", "YWNtZQ=="] {
        for path in [ORGANIZATIONS, "/v1/clients?organization=acme"] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let answer = operator.get(&format!("{path}{separator}cursor={bad}")).await;
            assert_eq!(answer.wrong_fields(), ["cursor"], "{path} {bad}");
        }
        assert_eq!(owner.get(&format!("{ORGANIZATIONS}?cursor={bad}")).await.wrong_fields(), ["cursor"], "{bad}");
    }
    for bad in ["0", "-1", "101", "1.5", "", "abc", "99999999999999999999"] {
        assert_eq!(operator.get(&format!("{ORGANIZATIONS}?limit={bad}")).await.wrong_fields(), ["limit"], "{bad}");
    }
    assert_eq!(owner.get("/v1/clients?limit=0&cursor=x&cursor=y").await.wrong_fields(), ["cursor", "limit"]);
    assert_eq!(operator.get("/v1/clients").await.wrong_fields(), ["organization"]);
    assert_eq!(owner.get("/v1/clients?organization=A").await.wrong_fields(), ["organization"]);
}

#[tokio::test]
async fn an_owner_changes_what_is_theirs_and_only_what_is_given() {
    let app = App::start().await;
    let (owner, path) = (app.owner().await, "/v1/organizations/acme");
    let before = owner.get(path).await.ok();
    let answer = owner.patch(path, &json!({ "name": " Acme Ltd. " })).await;
    let after = answer.ok();
    assert_eq!((&after["name"], &after["settings"]), (&json!("Acme Ltd."), &before["settings"]));
    assert_eq!((&after["version"], answer.header("etag")), (&json!(2), "\"2\""));
    let settings = owner.patch(path, &json!({ "settings": { "live_secrets": 3 } })).await.ok();
    assert_eq!((&settings["name"], &settings["settings"]["live_secrets"]), (&json!("Acme Ltd."), &json!(3)));
    let unchanged = owner.patch(path, &json!({})).await.ok();
    assert_eq!(unchanged, settings);
    assert_eq!(owner.patch(path, &json!({ "key": "other" })).await.wrong_fields(), ["key"]);
    assert_eq!(owner.patch(path, &json!({ "created_at": null })).await.wrong_fields(), ["created_at"]);
    for role in [app.administrator().await, app.credential_manager().await, app.viewer().await] {
        let answer = role.patch(path, &json!({ "name": "Mine" })).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
    }
    assert_eq!(app.operator().await.patch(path, &json!({ "name": "Acme" })).await.ok()["name"], "Acme");
}

#[tokio::test]
async fn a_stale_if_match_changes_no_organization() {
    let app = App::start().await;
    let (owner, path) = (app.owner().await, "/v1/organizations/acme");
    let rename = async |tag: &str, name: &str| {
        let request = owner.request(reqwest::Method::PATCH, path).header("if-match", tag);
        crate::support::answer::send(request.json(&json!({ "name": name }))).await
    };
    rename("\"1\"", "First").await.ok();
    assert_eq!(rename("\"1\"", "Second").await.problem(), refusal(412, "precondition-failed"));
    assert_eq!(owner.get(path).await.ok()["name"], "First");
    rename("\"2\"", "Second").await.ok();
}
