//! Repeated creations under an `Idempotency-Key`.

use std::collections::BTreeSet;
use std::sync::Arc;

use management_api::routes;
use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::event::Action;
use shared::domain::resource::AccessLevel;
use tokio::task::JoinSet;

use crate::support::answer::{Answer, refusal, send};
use crate::support::app::App;
use crate::support::browser::Browser;

async fn post(by: &Browser, path: &str, key: &str, body: &Value) -> Answer {
    send(by.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

const ORGANIZATIONS: &str = "/v1/organizations";

fn globex() -> Value {
    json!({ "key": "globex", "name": "Globex" })
}

#[tokio::test]
async fn a_repeated_creation_happens_once_and_gets_the_same_answer() {
    let app = App::start().await;
    let operator = app.operator().await;
    let first = post(&operator, ORGANIZATIONS, "k-1", &globex()).await;
    let again = post(&operator, ORGANIZATIONS, "k-1", &globex()).await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    first.made();
    for header in ["location", "etag", "content-type", "cache-control"] {
        assert_eq!(first.header(header), again.header(header), "{header}");
    }
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    assert_eq!(app.count_events(Some("globex"), Action::OrganizationCreated).await, 1);
    let without = operator.post(ORGANIZATIONS, &globex()).await;
    assert_eq!(without.problem(), refusal(409, "already-exists"));

    let resource = json!({ "key": "users", "name": "Users", "levels": { "view": null } });
    let made = post(&operator, "/v1/resources", "k-1", &resource).await.made();
    assert_eq!(post(&operator, "/v1/resources", "k-1", &resource).await.made(), made, "a key is one route's");
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_and_to_one_request_for_a_day() {
    let app = App::start().await;
    let operator = app.operator().await;
    post(&operator, ORGANIZATIONS, "k", &globex()).await.made();
    let other = json!({ "key": "initech", "name": "Initech" });
    let reused = post(&operator, ORGANIZATIONS, "k", &other).await;
    assert_eq!(reused.problem(), refusal(422, "idempotency-key-reused"));
    let person = app.hire("second@platform.example", None, shared::domain::privilege::Privilege::ALL.into()).await;
    let second = app.signed_in(&person).await;
    post(&second, ORGANIZATIONS, "k", &other).await.made();
    app.clock.advance(86_398);
    let operator = app.operator().await;
    for status in [201, 409, 409] {
        app.clock.advance(1);
        assert_eq!(post(&operator, ORGANIZATIONS, "k", &globex()).await.status, status, "the organization is there");
    }
}

#[tokio::test]
async fn a_secret_is_kept_nowhere_and_its_second_answer_names_it_alone() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "key": "billing", "name": "Billing", "grants": { "banking": "view" } });
    let made = post(&owner, "/v1/clients", "k", &body).await.made();
    let secret = made["secret"]["secret"].as_str().unwrap();
    let again = post(&owner, "/v1/clients", "k", &body).await;
    assert_eq!(again.problem(), refusal(409, "already-created"));
    let problem = again.json();
    assert_eq!((&problem["client_id"], &problem["secret_id"]), (&made["client_id"], &made["secret"]["id"]));
    assert!(problem["detail"].as_str().unwrap().contains("egenerate"), "{}", again.text);
    let path = format!("/v1/clients/{}/secrets", made["client_id"].as_str().unwrap());
    let added = post(&owner, &path, "k", &json!({})).await.made();
    assert_eq!(post(&owner, &path, "k", &json!({})).await.json()["secret_id"], added["id"]);
    let regenerate = format!("{path}/{}/regenerate", added["id"].as_str().unwrap());
    let successor = post(&owner, &regenerate, "k", &json!({})).await.made();
    let again = post(&owner, &regenerate, "k", &json!({})).await;
    assert_eq!((again.problem(), &again.json()["secret_id"]), (refusal(409, "already-created"), &successor["id"]));
    assert_eq!(owner.get(&path).await.ok()["items"].as_array().unwrap().len(), 3);

    let table = shared::store::schema::IDEMPOTENCY_KEYS.name_in(countersign::names::TABLE_PREFIX);
    let kept = app.stack.aws.dynamodb().scan().table_name(table).send().await.unwrap();
    assert_eq!(kept.items().len(), 3);
    let kept = format!("{:?}", kept.items());
    for shown in [secret, added["secret"].as_str().unwrap(), successor["secret"].as_str().unwrap()] {
        assert!(!kept.contains(&shown[16..]), "a part of a secret is stored");
    }
}

#[tokio::test]
async fn a_refused_request_may_be_retried_under_its_key() {
    let app = App::start().await;
    let (owner, operator) = (app.owner().await, app.operator().await);
    let body = json!({ "key": "billing", "name": "Billing", "grants": { "users": "view" } });
    assert_eq!(post(&owner, "/v1/clients", "k", &body).await.wrong_fields(), ["grants.users"]);
    let users = json!({ "key": "users", "name": "Users", "levels": { "view": null } });
    operator.post("/v1/resources", &users).await.made();
    post(&owner, "/v1/clients", "k", &body).await.made();
    for bad in ["", "ü", &"a".repeat(256)] {
        let request = owner.request(Method::POST, "/v1/clients").json(&body);
        let answer = send(request.header("idempotency-key", bad.as_bytes())).await;
        assert_eq!(answer.wrong_fields(), ["Idempotency-Key"], "{bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_under_one_key_one_is_carried_out() {
    let app = Arc::new(App::start().await);
    let (_, machine) = app.machine("deployer", AccessLevel::Change).await;
    let mut requests = JoinSet::new();
    for _ in 0..20 {
        let machine = machine.clone();
        requests.spawn(async move { post(&machine, "/v1/clients/@me/secrets", "k", &json!({})).await });
    }
    let answers = requests.join_all().await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let kind = answer.problem();
        assert!([refusal(409, "conflict"), refusal(409, "already-created")].contains(&kind), "{kind:?}");
    }
    assert_eq!(machine.get("/v1/clients/@me/secrets").await.ok()["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_request_of_which_nobody_knows_the_end_is_not_carried_out_again() {
    use shared::domain::idempotency::Remembered;
    let app = App::start().await;
    let store = shared::store::idempotency::IdempotencyStore::new(
        app.stack.aws.dynamodb(),
        &shared::store::Tables::of_deployment(countersign::names::TABLE_PREFIX),
    );
    let request = |digest: &str| Remembered::begin(digest.to_owned(), app.now());
    assert_eq!(store.begin("subject", &request("one")).await.unwrap(), None);
    for (seconds, may_run) in [(59, true), (1, false), (24 * 3_600 - 61, false)] {
        app.clock.advance(seconds);
        for digest in ["one", "other"] {
            let first = store.begin("subject", &request(digest)).await.unwrap().unwrap();
            assert_eq!(first.may_run(app.now()), may_run);
        }
    }
    app.clock.advance(1);
    assert_eq!(store.begin("subject", &request("one")).await.unwrap(), None, "a day later it is forgotten");
}

#[test]
fn every_creation_takes_a_key_and_nothing_else_does() {
    let taking: BTreeSet<_> = routes().into_iter().filter(|route| route.idempotent).map(|route| route.path).collect();
    let expected = [
        "/v1/clients",
        "/v1/clients/@me/secrets/regenerate",
        "/v1/clients/{client_id}/secrets",
        "/v1/clients/{client_id}/secrets/{secret_id}/regenerate",
        "/v1/organizations",
        "/v1/resources",
    ];
    assert!(taking.is_superset(&expected.into()), "{taking:?}");
    assert!(routes().iter().all(|route| !route.idempotent || route.method == Method::POST));
}
