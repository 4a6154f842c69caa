//! The description of the management API: whole, valid, and true of what the API does.

use std::collections::BTreeSet;

use management_api::{Access, Kind, routes};
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::machine::scope_of;

use crate::support::answer::send;
use crate::support::app::App;

async fn document(app: &App) -> Value {
    let answer = app.get("/openapi.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    answer.json()
}

/// Every operation as method, path and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.to_ascii_uppercase(), path.clone(), operation))
    });
    all.collect()
}

/// A path with ids in place of its parameters.
fn with_ids(path: &str) -> String {
    let ids = [
        ("organization", "acme"),
        ("client_id", "wallet-acme-reporting"),
        ("secret_id", "cs_AAAAAAAAAAAA"),
        ("change_request_id", "chg_000000000AAAAAAAAAAAA"),
        ("email", "team@acme.example"),
        ("administrator_id", "adm_AAAAAAAAAAAAAAAA"),
        ("invitation_id", "inv_AAAAAAAAAAAAAAAA"),
        ("session_id", "ses_AAAAAAAAAAAAAAAA"),
    ];
    ids.into_iter().fold(path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
}

/// Where every reference in the document leads.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn every_route_is_described_and_nothing_else_is() {
    let app = App::start().await;
    let document = document(&app).await;
    let described: BTreeSet<_> = operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let there: BTreeSet<_> =
        routes().into_iter().map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    assert_eq!(described, there);
    assert_eq!(document["servers"][0]["url"], app.stack.issuer.as_str());
    assert_eq!(document["openapi"], "3.1.0");
}

#[tokio::test]
async fn an_operation_says_what_it_needs_reads_answers_and_refuses() {
    let app = App::start().await;
    let document = document(&app).await;
    let mut ids = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    for route in routes() {
        let operation = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
        let name = format!("{} {}", route.method, route.path);
        assert!(ids.insert(operation["operationId"].to_string()), "{name}: its name is another's too");
        assert!(!route.summary.is_empty() && operation["summary"] == route.summary, "{name}");
        match route.access.privilege() {
            Some(privilege) => assert_eq!(operation["x-privilege"], privilege.as_str(), "{name}"),
            None => assert!(operation["x-privilege"].is_null(), "{name}"),
        }
        assert_eq!(operation["x-step-up"], route.step_up, "{name}");
        let mut ways = Vec::new();
        ways.extend((route.access != Access::Public && route.access.is_for_people()).then(|| json!({ "session": [] })));
        ways.extend(route.access.level().map(|level| json!({ "token": [scope_of(level)] })));
        assert_eq!(operation["security"], json!(ways), "{name}");
        assert_eq!(operation["x-scope"], json!(route.access.level().map(scope_of)), "{name}");
        let of_path: Vec<_> = operation["parameters"].as_array().unwrap().iter().collect();
        let of_path = of_path.iter().filter(|parameter| parameter["in"] == "path" && parameter["required"] == true);
        assert_eq!(of_path.count(), route.path.matches('{').count(), "{name}");
        let changes = matches!(route.method, Method::POST | Method::PATCH) && route.path != "/v1/session";
        let commands = [
            "suspend",
            "resume",
            "enable",
            "disable",
            "deactivate",
            "reactivate",
            "reveal",
            "restore",
            "collect",
            "retry",
            "reset",
            "resend",
            "authenticator",
            "recovery-codes",
        ];
        if changes && !commands.iter().any(|command| route.path.ends_with(command)) {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            assert!(body.is_string(), "{name}: {operation}");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
        for response in responses.values() {
            kinds.extend(response["x-problems"].as_array().into_iter().flatten().map(|kind| kind.as_str().unwrap()));
        }
    }
    // what no operation answers with comes from a path or a method that is none
    let never: Vec<_> = Kind::ALL.iter().map(|kind| kind.anchor()).filter(|anchor| !kinds.contains(anchor)).collect();
    assert_eq!(never, ["method-not-allowed"]);
    for reference in references(&document) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

/// Generated clients call their methods so.
#[tokio::test]
async fn an_operation_keeps_its_name() {
    let app = App::start().await;
    let document = document(&app).await;
    let mut ids: Vec<_> =
        operations(&document).iter().map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    insta::assert_snapshot!(ids.join("\n"), @r"
    account_begin_authenticator
    account_change_password
    account_confirm_authenticator
    account_end_other_sessions
    account_end_session
    account_renew_recovery_codes
    account_sessions
    account_show
    administrators_end_sessions
    administrators_list
    administrators_remove
    administrators_reset
    administrators_show
    administrators_update
    audit_export
    audit_list
    audit_verify
    change_requests_approve
    change_requests_collect
    change_requests_comment
    change_requests_list
    change_requests_reject
    change_requests_show
    change_requests_withdraw
    clients_create
    clients_delete
    clients_disable
    clients_enable
    clients_list
    clients_show
    clients_update
    console_entrance
    console_file
    console_page
    documentation_errors
    documentation_openapi
    documentation_page
    documentation_style
    invitations_accept
    invitations_create
    invitations_list
    invitations_open
    invitations_resend
    invitations_withdraw
    organizations_create
    organizations_list
    organizations_resume
    organizations_show
    organizations_suspend
    organizations_update
    reminders_list
    reminders_retry
    resources_create
    resources_list
    secrets_add
    secrets_deactivate
    secrets_delete
    secrets_list
    secrets_reactivate
    secrets_regenerate
    secrets_regenerate_own
    secrets_restore
    secrets_reveal
    session_show
    session_sign_in
    session_sign_out
    session_step_up
    ");
}

#[tokio::test]
async fn every_described_parameter_of_a_query_is_one_that_is_read() {
    let app = App::start().await;
    let owner = app.operator().await;
    let document = document(&app).await;
    let mut tried = 0;
    for (method, path, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().unwrap() {
            if parameter["in"] == "query" {
                let name = parameter["name"].as_str().unwrap();
                let path = with_ids(&path);
                let request = owner.request(method.parse().unwrap(), &format!("{path}?{name}=1&{name}=1"));
                let answer = send(request).await;
                assert_eq!(answer.status, 422, "{method} {path} {name}: {}", answer.text);
                assert!(answer.text.contains("is given twice"), "{path} {name}: {}", answer.text);
                tried += 1;
            }
        }
    }
    assert!(tried > 20, "{tried}");
}

#[tokio::test]
async fn what_a_stranger_is_answered_is_described_everywhere() {
    let app = App::start().await;
    let document = document(&app).await;
    for (method, path, operation) in operations(&document) {
        let path = with_ids(&path);
        let answer = send(app.request(method.parse().unwrap(), &path)).await;
        let status = answer.status.as_str();
        let described = &operation["responses"][status];
        assert!(described.is_object(), "{method} {path}: {status}");
        if let Some((_, kind)) = answer.text.split_once("/docs/errors#") {
            let kind = kind.split('"').next().unwrap();
            assert!(described["x-problems"].as_array().unwrap().iter().any(|anchor| anchor == kind), "{path} {kind}");
        }
    }
}

#[tokio::test]
async fn the_page_runs_nothing_and_shows_every_operation() {
    let app = App::start().await;
    let document = document(&app).await;
    for path in ["/docs", "/docs/errors"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/html; charset=utf-8"));
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        for forbidden in ["<script", "<style", " style=", " onload", "https://", "src="] {
            assert!(!answer.text.contains(forbidden), "{path}: {forbidden}");
        }
    }
    assert_eq!(app.get("/docs/style.css").await.header("content-type"), "text/css; charset=utf-8");
    let (page, errors) = (app.get("/docs").await.text, app.get("/docs/errors").await.text);
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!("<h3 id=\"{id}\"><code>{method}</code> <code>{path}</code></h3>")), "{id}");
    }
    for link in page.split("href=\"docs/errors#").skip(1) {
        let anchor = link.split('"').next().unwrap();
        assert!(errors.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
    for link in page.split("href=\"#").skip(1) {
        let anchor = link.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
}
