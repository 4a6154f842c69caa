//! The OpenAPI description: complete, valid, and true of the API.

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
    account_change_password
    account_confirm_authenticator
    account_end_other_sessions
    account_end_session
    account_list_sessions
    account_regenerate_recovery_codes
    account_set_up_authenticator
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
    reminders_list_recipients
    reminders_retry_recipient
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

/// The names of the members of a schema, those of its variants included.
fn members(schema: &Value) -> BTreeSet<&str> {
    let variants = ["oneOf", "anyOf"].into_iter().filter_map(|several| schema[several].as_array()).flatten();
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    own.chain(variants.flat_map(members)).collect()
}

/// Clients read and write these names: a rename breaks them.
#[tokio::test]
async fn a_field_and_a_parameter_keep_their_names() {
    let app = App::start().await;
    let document = document(&app).await;
    let schemas = document["components"]["schemas"].as_object().unwrap().iter();
    let fields = schemas.map(|(name, schema)| (name.clone(), members(schema)));
    let parameters = operations(&document).into_iter().map(|(_, _, operation)| {
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let queried = parameters.filter(|parameter| parameter["in"] == "query");
        let names = queried.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        (format!("{}?", operation["operationId"].as_str().unwrap()), names)
    });
    let mut lines: Vec<String> = fields
        .chain(parameters)
        .filter(|(_, names): &(_, BTreeSet<&str>)| !names.is_empty())
        .map(|(name, names)| format!("{name}: {}", Vec::from_iter(names).join(", ")))
        .collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"), @r"
    AcceptInvitation: one_time_password, password, token
    AcceptedInvitation: recovery_codes, session
    Actor: email, id, type
    AddSecret: expires_at, label, not_before
    AddedSecret: client_id, created_at, expires_at, hint, id, label, last_used_at, last_used_network, not_before, replaced_by, sealed_copy, secret, status, token_endpoint
    Administrator: created_at, email, id, last_signed_in_at, mail_status, name, organization, privileges, recovery_codes_left, role, version
    AdministratorPage: items, next_cursor
    Authenticator: qr_code_svg, secret, uri
    ChangePassword: current_password, new_password
    ChangeRequest: action, approvals_required, base_version, changes, client_id, collectable_until, collected_at, comments, decided_at, decided_by, email, expires_at, first_approved_by, id, organization, permissions, requested_at, requested_by, secret_id, status, summary, version
    ChangeRequestPage: items, next_cursor
    ChangeRequestPermissions: approve, collect, comment, reject, withdraw
    Client: client_id, created_at, enabled, environment, expires_at, grants, key, last_used_at, name, notes, organization, scopes, secrets, serves, status, token_lifetime_seconds, updated_at, version
    ClientPage: items, next_cursor
    CollectedSecret: change_request, client_id, created_at, expires_at, hint, id, label, last_used_at, last_used_network, not_before, previous, replaced_by, sealed_copy, secret, status, token_endpoint
    Comment: at, by, text
    ConfirmAuthenticator: one_time_password
    CreateClient: enabled, environment, expires_at, grants, key, name, notes, organization, serves, token_lifetime_seconds
    CreateComment: text
    CreateInvitation: email, name, organization, privileges, role
    CreateOrganization: key, name, settings
    CreateResource: audience, key, levels, name
    CreatedClient: client_id, created_at, enabled, environment, expires_at, grants, key, last_used_at, name, notes, organization, scopes, secret, secrets, serves, status, token_endpoint, token_lifetime_seconds, updated_at, version
    CurrentSession: administrator_id, authenticated_at, email, expires_at, idle_timeout_seconds, name, organization, privileges, role, signed_in_at
    DecisionComment: comment
    DeletedSecret: created_at, deleted_at, expires_at, hint, id, label, last_used_at, last_used_network, not_before, replaced_by, restorable_until, sealed_copy, status
    DeletedSecretPage: items, next_cursor
    DeliveryFailure: at, cause, detail
    Event: action, actor, at, changes, hash, previous_hash, request_id, sequence, source, target
    EventPage: items, next_cursor
    FieldChange: field, from, to
    Invitation: administrator_id, created_at, email, expires_at, id, invited_by, mailed, name, organization, privileges, purpose, role, status
    InvitationPage: items, next_cursor
    OpenInvitation: token
    OpenedInvitation: authenticator, email, expires_at, name, organization, organization_name
    Organization: created_at, grantable_resources, key, name, settings, suspended_at, version
    OrganizationPage: items, next_cursor
    OrganizationSettings: clients_need_expiry, custody, live_secrets, multi_admin, overlap_max_seconds, overlap_seconds, reminder_days, secret_lifetime_days, secret_lifetime_max_days, secrets_may_never_expire, team_address, token_lifetime_seconds
    PreviousSecret: expires_at, id
    Problem: detail, errors, request_id, status, title, type
    Recipient: email, failure, team, undeliverable
    RecipientPage: items, next_cursor
    RecoveryCodes: recovery_codes
    RegenerateOwnSecret: label, overlap_seconds, secret_id
    RegenerateSecret: label, overlap_seconds
    RegeneratedSecret: client_id, created_at, expires_at, hint, id, label, last_used_at, last_used_network, not_before, previous, replaced_by, sealed_copy, secret, status, token_endpoint
    RejectChangeRequest: comment
    Resource: audience, built_in, created_at, grantable, key, levels, name
    ResourcePage: items, next_cursor
    RevealedSecret: created_at, expires_at, hint, id, label, last_used_at, last_used_network, not_before, replaced_by, sealed_copy, secret, status
    Secret: created_at, expires_at, hint, id, label, last_used_at, last_used_network, not_before, replaced_by, sealed_copy, status
    SecretPage: items, next_cursor
    SecretSummary: created_at, expires_at, hint, id, not_before, status
    Session: created_at, current, id, last_seen_at, source, user_agent
    SessionList: items
    SignIn: email, one_time_password, password, recovery_code
    StepUp: one_time_password
    Target: administrator_id, change_request_id, client_id, invitation_id, kid, organization, resource, route, secret_id, type
    TrailBreak: reason, sequence
    TrailHead: hash, sequence
    UpdateAdministrator: name, privileges, role
    UpdateClient: grants, name, notes, serves, token_lifetime_seconds
    UpdateOrganization: grantable_resources, name, settings
    UpdateOrganizationSettings: clients_need_expiry, custody, live_secrets, multi_admin, overlap_max_seconds, overlap_seconds, reminder_days, secret_lifetime_days, secret_lifetime_max_days, secrets_may_never_expire, team_address, token_lifetime_seconds
    Verification: broken, events_checked, head, next_cursor, verified
    administrators_list?: cursor, limit, organization
    audit_export?: action, actor, client_id, cursor, format, from, organization, to, trail
    audit_list?: action, actor, client_id, cursor, from, limit, organization, to, trail
    audit_verify?: cursor, limit, organization, trail
    change_requests_list?: client_id, cursor, limit, organization, status, waiting_for_me
    clients_list?: cursor, limit, organization
    invitations_list?: cursor, limit, organization
    organizations_list?: cursor, limit, organization
    reminders_list_recipients?: organization
    reminders_retry_recipient?: organization
    resources_list?: organization
    secrets_delete?: confirm, purge
    secrets_list?: deleted
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
