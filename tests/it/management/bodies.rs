//! Malformed request bodies: each gets a 4xx that says what is wrong.

use reqwest::Method;

use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::people::SESSION;

/// JSON that is put in the place of each field.
fn strange() -> Vec<String> {
    [
        "null",
        "true",
        "-1",
        "1.5",
        "18446744073709551616",
        "1e999",
        "\"\"",
        "\"\\u0000\"",
        "\"a#b\"",
        "\"-009999-01-01T00:00:00Z\"",
        "\"9999-12-30T22:00:00.999999999Z\"",
        "\"2026-03-01T12:00:00+99:99\"",
        "[]",
        "[null]",
        "{}",
        "{\"\":null}",
        "{\"banking\":{\"banking\":{}}}",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// JSON that is as long or as deep as a body can be.
fn large() -> [String; 6] {
    [
        format!("\"{}\"", "a".repeat(60_000)),
        format!("\"{}\"", "🦀".repeat(15_000)),
        "9".repeat(10_000),
        format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000)),
        format!("[{}1]", "1,".repeat(30_000)),
    ]
}

/// Each field of `usual` and one that does not exist, with each strange value in its place.
async fn refuses_or_takes(browser: &Browser, method: Method, path: &str, usual: &[(&str, &str)]) {
    let fields = usual.iter().map(|(name, _)| *name).chain(["colour"]);
    for (number, field) in fields.enumerate() {
        let large = large().into_iter().filter(|_| number == 0);
        for value in strange().into_iter().chain(large) {
            let others = usual.iter().filter(|(name, _)| *name != field);
            let members: Vec<_> = others.map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let body = format!("{{{},\"{field}\":{value}}}", members.join(","));
            let body = body.replace("{,", "{");
            let answer = browser.raw(method.clone(), path, body).await;
            let status = answer.status.as_u16();
            let shown = value.get(..60).unwrap_or(&value);
            assert!(
                matches!(status, 200 | 201 | 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429),
                "{path} {field} {shown}: {status}"
            );
            if status >= 400 {
                answer.problem();
                assert!(answer.text.len() < 2_000, "{path} {field} {shown}: {} bytes", answer.text.len());
            }
        }
    }
    for whole in strange().into_iter().chain(large()) {
        let answer = browser.raw(method.clone(), path, whole.clone()).await;
        let status = answer.status.as_u16();
        let shown = whole.get(..60).unwrap_or(&whole);
        assert!(matches!(status, 200 | 201 | 400 | 409 | 422), "{path} {shown}: {status}");
    }
}

const TEXT: &str = "\"text\"";

#[tokio::test]
async fn no_body_of_a_client_is_an_error_of_ours() {
    let app = App::start().await;
    let operator = app.operator().await;
    let changing = [
        ("name", TEXT),
        ("notes", TEXT),
        ("token_lifetime_seconds", "900"),
        ("grants", "{\"banking\":\"view\"}"),
        ("serves", "[\"banking\"]"),
    ];
    let fixed = [("key", TEXT), ("organization", "\"acme\""), ("environment", "\"sandbox\""), ("expires_at", "null")];
    let creating: Vec<_> = changing.into_iter().chain(fixed).chain([("enabled", "true")]).collect();
    refuses_or_takes(&operator, Method::POST, "/v1/clients", &creating).await;
    refuses_or_takes(&operator, Method::PATCH, "/v1/clients/wallet-acme-reporting", &changing).await;
}

#[tokio::test]
async fn no_body_of_a_secret_is_an_error_of_ours() {
    let app = App::start().await;
    let operator = app.operator().await;
    // so that few are refused for their number
    operator.patch("/v1/organizations/acme", &serde_json::json!({ "settings": { "live_secrets": 20 } })).await.ok();
    let usual =
        [("label", TEXT), ("not_before", "\"2026-03-02T00:00:00Z\""), ("expires_at", "\"2026-04-01T00:00:00Z\"")];
    refuses_or_takes(&operator, Method::POST, "/v1/clients/wallet-acme-reporting/secrets", &usual).await;
}

#[tokio::test]
async fn no_body_of_an_organization_or_a_resource_is_an_error_of_ours() {
    let app = App::start().await;
    let operator = app.operator().await;
    let usual = [("name", TEXT), ("settings", "{}")];
    refuses_or_takes(&operator, Method::PATCH, "/v1/organizations/acme", &usual).await;
    let usual = [("key", TEXT), ("name", TEXT), ("settings", "{}")];
    refuses_or_takes(&operator, Method::POST, "/v1/organizations", &usual).await;
    let usual = [("key", TEXT), ("name", TEXT), ("audience", TEXT), ("levels", "{\"view\":null}")];
    refuses_or_takes(&operator, Method::POST, "/v1/resources", &usual).await;
}

#[tokio::test]
async fn no_setting_is_an_error_of_ours() {
    let app = App::start().await;
    let operator = app.operator().await;
    let settings = operator.get("/v1/organizations/acme").await.ok()["settings"].as_object().unwrap().clone();
    assert_eq!(settings.len(), 12, "{settings:?}");
    for name in settings.keys() {
        for value in strange() {
            let body = format!("{{\"settings\":{{\"{name}\":{value}}}}}");
            let answer = operator.raw(Method::PATCH, "/v1/organizations/acme", body).await;
            let shown = value.get(..60).unwrap_or(&value);
            // one manager is too few to switch it on
            let refused = if name == "multi_admin" { 409 } else { 422 };
            let status = answer.status.as_u16();
            assert!(matches!(status, 200 | 400 | 422) || status == refused, "{name} {shown}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn no_body_of_a_sign_in_is_an_error_of_ours() {
    let app = App::start().await;
    let usual = [("email", "\"nobody@acme.example\""), ("password", TEXT), ("one_time_password", "\"123456\"")];
    refuses_or_takes(&app.anonymous(), Method::POST, SESSION, &usual).await;
}
