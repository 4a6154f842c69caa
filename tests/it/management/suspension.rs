//! Suspending and resuming an organization.

use std::sync::Arc;

use reqwest::header;
use serde_json::{Value, json};
use shared::domain::event::{Action, Actor, Attribution};
use shared::domain::id::{OrganizationKey, RequestId};
use shared::domain::privilege::Role;
use shared::domain::resource::AccessLevel;
use shared::entropy;
use tokio::task::JoinSet;

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

const SUSPEND: &str = "/v1/organizations/acme/suspend";
const RESUME: &str = "/v1/organizations/acme/resume";

#[tokio::test]
async fn a_suspended_organization_gets_no_tokens_and_a_resumed_one_goes_on() {
    let app = App::start().await;
    let operator = app.operator().await;
    let (client, disabled) = (app.client("billing").await, app.client("asleep").await);
    app.set_enabled(&disabled, false).await;
    let (machine_client, machine) = app.machine("deployer", AccessLevel::View).await;
    let token = app.token(&client, "").await.token();
    let other = app.organization(&operator, "globex").await;
    let foreign = other.post("/v1/clients", &json!({ "key": "a", "name": "a" })).await.made();

    let suspended = operator.order(SUSPEND).await.ok();
    assert_eq!(suspended["suspended_at"], app.now().to_string());
    for client in [&client, &disabled, &app.demo_client(), &machine_client] {
        assert_eq!(app.token(client, "").await.refused(), (401, "invalid_client".to_owned()), "{}", client.id);
    }
    assert_eq!(machine.get("/v1/clients").await.problem(), refusal(401, "invalid-token"));
    let shown = operator.get("/v1/clients/wallet-acme-billing").await.ok();
    assert_eq!((&shown["status"], &shown["enabled"]), (&json!("suspended"), &json!(true)));
    other.get(&format!("/v1/clients/{}", foreign["client_id"].as_str().unwrap())).await.ok();
    operator.post("/v1/clients/wallet-acme-billing/secrets", &json!({})).await.made();
    assert_eq!(app.token(&client, "").await.status, 401, "a change keeps the mark");

    let resumed = operator.order(RESUME).await.ok();
    assert_eq!(resumed["suspended_at"], Value::Null);
    app.token(&client, "").await.token();
    machine.get("/v1/clients").await.ok();
    assert_eq!(app.introspect(&client, &token).await.json()["active"], true);
    assert_eq!(app.token(&disabled, "").await.status, 401, "what was disabled stays so");
}

#[tokio::test]
async fn tokens_of_a_suspended_organization_are_inactive_at_once() {
    let app = App::start().await;
    let operator = app.operator().await;
    let client = app.client("billing").await;
    let token = app.token(&client, "").await.token();
    app.organization(&operator, "globex").await;
    let api = json!({ "organization": "globex", "key": "api", "name": "API", "serves": ["banking"] });
    let api = operator.post("/v1/clients", &api).await.made();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let api = TestClient { id: text(&api["client_id"]), secret: text(&api["secret"]["secret"]) };
    assert_eq!(app.introspect(&api, &token).await.json()["active"], true);
    operator.order(SUSPEND).await.ok();
    assert_eq!(app.introspect(&api, &token).await.json(), json!({ "active": false }));
}

#[tokio::test]
async fn people_of_a_suspended_organization_are_refused_at_once_and_only_after_the_right_credentials() {
    let app = App::start().await;
    let (owner, operator) = (app.owner().await, app.operator().await);
    operator.order(SUSPEND).await.ok();
    for path in ["/v1/clients", "/v1/session", "/v1/organizations", "/v1/audit"] {
        assert_eq!(owner.get(path).await.problem(), refusal(403, "organization-suspended"), "{path}");
    }
    let viewer = app.person(Role::Viewer);
    assert_eq!(app.sign_in(&viewer).await.problem(), refusal(403, "organization-suspended"));
    let mut wrong = app.person(Role::Viewer);
    wrong.password.push('x');
    assert_eq!(app.sign_in(&wrong).await.problem(), refusal(401, "sign-in-failed"));
    operator.get("/v1/clients?organization=acme").await.ok();
    operator.order(RESUME).await.ok();
    owner.get("/v1/clients").await.ok();
    app.signed_in(&viewer).await.get("/v1/clients").await.ok();
}

#[tokio::test]
async fn only_an_operator_suspends_and_the_trail_says_what_was_done() {
    let app = App::start().await;
    let operator = app.operator().await;
    for path in [SUSPEND, RESUME] {
        assert_eq!(app.owner().await.order(path).await.problem(), refusal(403, "missing-privilege"));
        app.clock.advance(30);
    }
    let before = app.events(Some("acme")).await.len();
    let first = operator.order(SUSPEND).await.ok();
    let again = operator.order(SUSPEND).await.ok();
    assert_eq!(first, again, "what is so already is no change");
    operator.order(RESUME).await.ok();
    operator.order(RESUME).await.ok();
    let events = app.events(Some("acme")).await;
    let actions: Vec<_> = events[before..].iter().map(|event| event.what.action).collect();
    let suspended = [Action::OrganizationSuspended, Action::ClientsSuspended];
    assert_eq!(actions, [&suspended[..], &[Action::OrganizationResumed, Action::ClientsResumed]].concat());
    let named = &events[before + 1].what.changes[0].to;
    assert_eq!(named, &json!(["wallet-acme-legacy-import", "wallet-acme-reporting"]));
    let unmatched = operator.request(reqwest::Method::POST, SUSPEND).header(header::IF_MATCH, "\"1\"");
    assert_eq!(crate::support::answer::send(unmatched).await.problem(), refusal(412, "precondition-failed"));
    let nowhere = operator.order("/v1/organizations/nowhere/suspend").await;
    assert_eq!(nowhere.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn a_client_made_while_its_organization_is_suspended_is_so_too() {
    let app = App::start().await;
    let operator = app.operator().await;
    operator.order(SUSPEND).await.ok();
    let made = operator.create_client("late").await;
    assert_eq!(made["status"], "suspended");
    let secret = made["secret"]["secret"].as_str().unwrap().to_owned();
    let late = TestClient { id: "wallet-acme-late".to_owned(), secret };
    assert_eq!(app.token(&late, "").await.status, 401);
    assert_eq!(operator.delete("/v1/clients/wallet-acme-legacy-import").await.status, 204);
    operator.order(RESUME).await.ok();
    app.token(&late, "").await.token();
    assert_eq!(operator.create_client("later").await["status"], "active");
}

#[tokio::test]
async fn a_suspension_that_was_cut_off_is_completed_by_the_same_request() {
    let app = App::start().await;
    let operator = app.operator().await;
    let client = app.client("billing").await;
    let by = Attribution {
        actor: Actor::System,
        source: None,
        request_id: RequestId::random(&mut entropy::os_rng()),
        at: app.now(),
    };
    // as if the function had ended between the decision and the marks
    let acme = OrganizationKey::parse("acme").unwrap();
    let stack = &app.stack;
    let organization = stack.organizations.get(&acme).await.unwrap().unwrap();
    let change = organization.set_suspended(true, app.now()).unwrap();
    let decision = stack.organizations.write(&change.after);
    let mark = stack.clients.suspension(&acme, true);
    stack.trail.commit(vec![decision, mark], &change.event, &by).await.unwrap();
    app.token(&client, "").await.token();
    operator.order(SUSPEND).await.ok();
    assert_eq!(app.token(&client, "").await.status, 401);
    // marks that come after the organization was resumed are refused
    operator.order(RESUME).await.ok();
    app.client("another").await;
    stack.clients.spread_suspension(&acme, true, &stack.trail, &by).await.unwrap_err();
    app.token(&client, "").await.token();
}

/// Makes clients one after another until it is told to stop, and answers with those that were made.
async fn keep_creating(
    app: Arc<App>,
    operator: Browser,
    name: usize,
    until: Arc<tokio::sync::Notify>,
) -> Vec<TestClient> {
    let mut made = Vec::new();
    let stopped = until.notified();
    tokio::pin!(stopped);
    for number in 0.. {
        let body = json!({ "organization": "acme", "key": format!("n{name}-{number}"), "name": "x",
            "grants": { "banking": "view" } });
        let answer = operator.post("/v1/clients", &body).await;
        if answer.status == 201 {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let json = answer.json();
            made.push(TestClient { id: text(&json["client_id"]), secret: text(&json["secret"]["secret"]) });
        } else {
            assert_eq!(answer.problem(), refusal(409, "conflict"));
        }
        let none = tokio::time::timeout(std::time::Duration::from_millis(1), &mut stopped).await;
        if none.is_ok() {
            break;
        }
    }
    drop(app);
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspension_holds_for_three_hundred_clients_and_those_made_meanwhile() {
    let app = Arc::new(App::start().await);
    let operator = app.operator().await;
    let mut clients = vec![app.demo_client()];
    for number in 0..300 {
        clients.push(app.client(&format!("c{number}")).await);
    }
    let until = Arc::new(tokio::sync::Notify::new());
    let mut creators = JoinSet::new();
    for name in 0..3 {
        creators.spawn(keep_creating(Arc::clone(&app), operator.clone(), name, Arc::clone(&until)));
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let before = app.events(Some("acme")).await.len();
    operator.order(SUSPEND).await.ok();
    // one read of the client's partition decides, and none of these is behind
    for client in clients.iter().step_by(7) {
        assert_eq!(app.token(client, "").await.status, 401, "{}", client.id);
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    until.notify_waiters();
    let made: Vec<_> = creators.join_all().await.into_iter().flatten().collect();
    assert!(made.len() > 3, "{}", made.len());
    for client in clients.iter().chain(&made) {
        let stored = app.stack.clients.client(&client.client_id()).await.unwrap().unwrap();
        assert!(stored.suspended, "{}", client.id);
    }
    let events = app.events(Some("acme")).await;
    let spread = events[before..].iter().filter(|event| event.what.action == Action::ClientsSuspended).count();
    assert!((4..=10).contains(&spread), "{spread} batches");

    operator.order(RESUME).await.ok();
    for client in clients.iter().chain(&made).step_by(11) {
        app.token(client, "").await.token();
    }
}

#[tokio::test]
async fn people_of_a_suspended_organization_can_sign_out_and_nothing_else() {
    let app = App::start().await;
    let (operator, owner) = (app.operator().await, app.owner().await);
    operator.order(SUSPEND).await.ok();
    assert_eq!(owner.get("/v1/account").await.problem(), refusal(403, "organization-suspended"));
    assert_eq!(owner.delete("/v1/session").await.status, 204);
    operator.order(RESUME).await.ok();
    assert_eq!(owner.get("/v1/account").await.problem(), refusal(401, "session-ended"));
}
