//! The desk's secrets: step-up, regeneration, custody and reveal, deletion and its undoing.

use std::sync::Mutex;

use countersign::demo::Person;
use reqwest::{Method, header};
use serde_json::{Value, json};
use shared::domain::client::secrets::NewSecret;
use shared::domain::event::Action;
use shared::domain::privilege::Role;
use shared::domain::time::DAY_SECONDS;
use shared::store::schema;

use crate::support::app::{Answer, App, START, TestClient, send};
use crate::support::people::{Browser, refusal};

const MINUTE: i64 = 60;
const MONTH: i64 = 30 * DAY_SECONDS;

/// A signed-in person and what they do to secrets.
struct Desk<'a> {
    app: &'a App,
    person: Person,
    browser: Browser,
}

impl<'a> Desk<'a> {
    async fn of(app: &'a App, role: Role) -> Self {
        let person = app.person(role);
        Self { app, browser: app.signed_in(&person).await, person }
    }

    async fn step_up(&self, code: &str) -> Answer {
        self.browser.post("/v1/session/step-up", &json!({ "one_time_password": code })).await
    }

    /// Steps up with the code of now.
    async fn refresh(&self) {
        self.step_up(&self.app.code(&self.person)).await.ok();
    }

    async fn set(&self, settings: Value) {
        self.browser.patch("/v1/organizations/acme", &json!({ "settings": settings })).await.ok();
    }

    /// Adds a secret to a client.
    async fn add(&self, client: &TestClient) -> Answer {
        self.browser.post(&format!("/v1/clients/{}/secrets", client.id), &json!({})).await
    }

    async fn on(&self, client: &TestClient, operation: &str, body: Value) -> Answer {
        self.browser.post(&format!("{}/{operation}", path(client)), &body).await
    }

    async fn delete(&self, client: &TestClient, query: &str) -> Answer {
        self.browser.delete(&format!("{}{query}", path(client))).await
    }

    async fn listed(&self, client: &TestClient, query: &str) -> Vec<Value> {
        let path = format!("/v1/clients/{}/secrets{query}", client.id);
        self.browser.get(&path).await.ok()["items"].as_array().unwrap().clone()
    }
}

/// The path of the client's secret.
fn path(client: &TestClient) -> String {
    format!("/v1/clients/{}/secrets/{}", client.id, client.secret_id())
}

/// The same client with the secret that an answer shows.
fn with_shown(client: &TestClient, answer: &Answer) -> TestClient {
    let secret = answer.json()["secret"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
    TestClient { id: client.id.clone(), secret }
}

impl App {
    async fn works(&self, client: &TestClient) -> bool {
        self.token(client, "").await.status == 200
    }
}

#[tokio::test]
async fn what_needs_a_step_up_is_refused_from_five_minutes_after_the_last_one_time_password_on() {
    let app = App::start().await;
    let client = app.demo_client();
    let desk = Desk::of(&app, Role::Owner).await;
    for (seconds, expected) in [(5 * MINUTE - 1, 409), (1, 409), (1, 401)] {
        app.clock.advance(seconds);
        assert_eq!(desk.on(&client, "reveal", json!({})).await.status, expected);
    }
    let answer = desk.on(&client, "regenerate", json!({})).await;
    assert_eq!(answer.problem(), refusal(401, "insufficient-user-authentication"));
    assert_eq!(answer.json()["max_age"], 300);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Session realm=\"countersign\", error=\"insufficient_user_authentication\", "));
    assert!(challenge.contains("error_description=\"") && challenge.ends_with(", max_age=300"), "{challenge}");
    assert_eq!(desk.browser.get("/v1/session").await.status, 200);
    desk.refresh().await;
    assert_eq!(desk.on(&client, "regenerate", json!({})).await.status, 201);
    assert_eq!(app.count_events(Some("acme"), Action::SteppedUp).await, 1);
    app.clock.advance(5 * MINUTE + 1);
    assert_eq!(desk.on(&client, "reveal", json!({})).await.status, 401);
}

#[tokio::test]
async fn every_route_that_is_marked_wants_a_step_up_and_those_that_show_or_replace_a_secret_are() {
    let app = App::start().await;
    let client = app.demo_client();
    let desk = Desk::of(&app, Role::Owner).await;
    app.clock.advance(5 * MINUTE + 1);
    let mut marked = Vec::new();
    for route in management_api::routes().into_iter().filter(|route| route.step_up) {
        let path = route.path.replace("{client_id}", &client.id).replace("{secret_id}", client.secret_id().as_str());
        let answer = send(desk.browser.request(route.method, &path).json(&json!({}))).await;
        assert_eq!(answer.problem(), refusal(401, "insufficient-user-authentication"), "{path}");
        marked.push(route.path);
    }
    for operation in ["regenerate", "reveal"] {
        assert!(marked.iter().any(|path| path.ends_with(&format!("/secrets/{{secret_id}}/{operation}"))));
    }
}

#[tokio::test]
async fn a_missing_privilege_is_told_before_a_missing_step_up() {
    let app = App::start().await;
    let desk = Desk::of(&app, Role::Viewer).await;
    app.clock.advance(5 * MINUTE + 1);
    for operation in ["reveal", "regenerate", "restore"] {
        let answer = desk.on(&app.demo_client(), operation, json!({})).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{operation}");
    }
}

#[tokio::test]
async fn the_session_says_when_a_one_time_password_was_last_entered() {
    let app = App::start().await;
    let desk = Desk::of(&app, Role::Owner).await;
    assert_eq!(desk.browser.get("/v1/session").await.json()["authenticated_at"], START);
    app.clock.advance(90);
    let answer = desk.step_up(&app.code(&desk.person)).await;
    assert_eq!(answer.json()["authenticated_at"], "2026-03-01T12:01:30Z");
    let session = desk.browser.get("/v1/session").await.json();
    assert_eq!(
        (&session["authenticated_at"], &session["signed_in_at"]),
        (&json!("2026-03-01T12:01:30Z"), &json!(START))
    );
}

#[tokio::test]
async fn a_code_works_once_across_sign_in_and_step_up() {
    let app = App::start().await;
    let owner = app.person(Role::Owner);
    let desk = Desk::of(&app, Role::Owner).await;
    let wrong = refusal(401, "wrong-one-time-password");
    assert_eq!(desk.step_up(&app.code(&owner)).await.problem(), wrong);
    app.clock.advance(30);
    let next = app.code(&owner);
    assert_eq!(desk.step_up(&next).await.status, 200);
    assert_eq!(desk.step_up(&next).await.problem(), wrong);
    assert_eq!(app.sign_in(&owner).await.problem(), refusal(401, "sign-in-failed"));
    assert_eq!(app.count_events(Some("acme"), Action::StepUpRefused).await, 2);
    // a refusal takes nothing away from the session
    assert_eq!(desk.browser.get("/v1/session").await.status, 200);
}

#[tokio::test]
async fn of_two_step_ups_at_once_with_one_code_one_wins() {
    let app = App::start().await;
    let desk = Desk::of(&app, Role::Owner).await;
    app.clock.advance(30);
    let code = app.code(&desk.person);
    let (a, b) = tokio::join!(desk.step_up(&code), desk.step_up(&code));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    assert_eq!(app.count_events(Some("acme"), Action::SteppedUp).await, 1);
}

#[tokio::test]
async fn guessing_one_time_passwords_is_limited_and_the_limit_passes() {
    let app = App::start().await;
    let desk = Desk::of(&app, Role::Owner).await;
    app.clock.advance(30);
    let right = app.code(&desk.person);
    let wrong = format!("{:06}", (right.parse::<u32>().unwrap() + 500_000) % 1_000_000);
    for _ in 0..10 {
        assert_eq!(desk.step_up(&wrong).await.problem(), refusal(401, "wrong-one-time-password"));
    }
    let limited = desk.step_up(&right).await;
    assert_eq!(limited.problem(), refusal(429, "too-many-attempts"));
    app.clock.advance(limited.header("retry-after").parse().unwrap());
    assert_eq!(desk.browser.get("/v1/session").await.status, 200);
    desk.refresh().await;
}

#[tokio::test]
async fn a_code_of_another_form_is_an_invalid_field() {
    let app = App::start().await;
    let desk = Desk::of(&app, Role::Owner).await;
    let answer = desk.step_up("12345").await;
    assert_eq!(answer.problem(), refusal(422, "invalid-request"));
    assert_eq!(answer.json()["errors"][0]["field"], "one_time_password");
}

#[tokio::test]
async fn old_and_new_secret_both_work_until_the_overlap_is_over() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::CredentialManager).await;
    let answer = desk.on(&client, "regenerate", json!({"overlap_seconds": 3600, "label": "second"})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let shown = answer.json();
    assert_eq!(shown["previous"], json!({"id": client.secret_id(), "expires_at": "2026-03-01T13:00:00Z"}));
    assert_eq!((&shown["label"], &shown["state"]), (&json!("second"), &json!("active")));
    assert_eq!(answer.header("cache-control"), "no-store");
    let new = with_shown(&client, &answer);
    for (seconds, old_works) in [(3_599, true), (1, false), (1, false)] {
        app.clock.advance(seconds);
        assert_eq!((app.works(&client).await, app.works(&new).await), (old_works, true));
    }
    let events = app.events(Some("acme")).await;
    let event = events.iter().find(|event| event.what.action == Action::SecretRegenerated).unwrap();
    let changed = |field: &str| event.what.changes.iter().find(|change| change.field == field).unwrap();
    assert_eq!(changed("secret_id").from, json!(client.secret_id()));
    assert_eq!(changed("secret_id").to, json!(new.secret_id()));
    assert_eq!(changed("previous.expires_at").to, json!("2026-03-01T13:00:00Z"));
}

#[tokio::test]
async fn without_overlap_the_very_next_token_request_with_the_old_secret_fails() {
    let app = App::start().await;
    let client = app.client("batch").await;
    assert!(app.works(&client).await);
    let desk = Desk::of(&app, Role::Owner).await;
    let answer = desk.on(&client, "regenerate", json!({"overlap_seconds": 0})).await;
    assert!(!app.works(&client).await);
    assert!(app.works(&with_shown(&client, &answer)).await);
    assert_eq!(answer.json()["previous"]["expires_at"], START);
}

#[tokio::test]
async fn a_regeneration_without_a_body_takes_overlap_label_and_lifetime_from_what_there_is() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let labelled = NewSecret { label: "nightly".to_owned().try_into().unwrap(), ..NewSecret::default() };
    let client = app.add_secret(&client, labelled).await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"overlap_seconds": 600, "secret_lifetime_days": 30})).await;
    let answer = desk.browser.order(&format!("{}/regenerate", path(&client))).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let shown = answer.json();
    assert_eq!(shown["previous"]["expires_at"], "2026-03-01T12:10:00Z");
    assert_eq!((&shown["label"], &shown["expires_at"]), (&json!("nightly"), &json!("2026-03-31T12:00:00Z")));
    let unannounced = desk.browser.request(Method::POST, &format!("{}/regenerate", path(&client))).body("{}");
    assert_eq!(send(unannounced).await.problem(), refusal(415, "unsupported-media-type"));
}

#[tokio::test]
async fn the_overlap_never_prolongs_the_old_secret() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    let soon = json!({"expires_at": "2026-03-01T12:05:00Z"});
    let answer = desk.browser.post(&format!("/v1/clients/{}/secrets", client.id), &soon).await;
    let short = with_shown(&client, &answer);
    let answer = desk.on(&short, "regenerate", json!({"overlap_seconds": 3600})).await;
    assert_eq!(answer.json()["previous"]["expires_at"], "2026-03-01T12:05:00Z");
}

#[tokio::test]
async fn an_overlap_is_at_most_what_the_organization_allows() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"overlap_seconds": 60, "overlap_max_seconds": 120})).await;
    for overlap in [121, -1, 2_592_001] {
        let answer = desk.on(&client, "regenerate", json!({ "overlap_seconds": overlap })).await;
        assert_eq!(answer.problem(), refusal(422, "invalid-request"), "{overlap}");
        assert_eq!(answer.json()["errors"][0]["field"], "overlap_seconds");
    }
    let unknown = desk.on(&client, "regenerate", json!({"not_before": START})).await;
    assert_eq!(unknown.problem(), refusal(422, "invalid-request"));
    assert_eq!(desk.on(&client, "regenerate", json!({"overlap_seconds": 120})).await.status, 201);
}

#[tokio::test]
async fn a_secret_gets_one_successor_and_only_while_it_is_in_use() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    let answer = desk.on(&client, "regenerate", json!({})).await;
    let new = with_shown(&client, &answer);
    let again = desk.on(&client, "regenerate", json!({})).await;
    assert_eq!(again.problem(), refusal(409, "not-regenerable"));
    assert!(again.json()["detail"].as_str().unwrap().contains(new.secret_id().as_str()));
    let listed = desk.listed(&client, "").await;
    let replaced_by = |client: &TestClient| {
        let found = listed.iter().find(|secret| secret["id"] == client.secret_id().as_str());
        found.unwrap()["replaced_by"].clone()
    };
    assert_eq!((replaced_by(&client), replaced_by(&new)), (json!(new.secret_id()), json!(null)));

    desk.on(&new, "deactivate", json!({})).await;
    assert_eq!(desk.on(&new, "regenerate", json!({})).await.problem(), refusal(409, "not-regenerable"));
    desk.on(&new, "reactivate", json!({})).await;
    let newest = with_shown(&client, &desk.on(&new, "regenerate", json!({})).await);
    let lifetime = 180 * DAY_SECONDS;
    app.clock.advance(lifetime - 1);
    let desk = Desk::of(&app, Role::Owner).await;
    app.clock.advance(1);
    assert_eq!(desk.on(&newest, "regenerate", json!({})).await.problem(), refusal(409, "not-regenerable"));
    assert_eq!(desk.delete(&newest, "").await.status, 204);
    assert_eq!(desk.on(&newest, "regenerate", json!({})).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn a_regeneration_at_the_limit_is_possible_and_its_overlap_counts_no_more_secrets() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"live_secrets": 1})).await;
    let mut newest = client.clone();
    // the hard limit counts all that work, the overlapping among them
    for _ in 1..20 {
        let answer = desk.on(&newest, "regenerate", json!({})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        newest = with_shown(&client, &answer);
        assert_eq!(desk.add(&client).await.problem(), refusal(409, "too-many-secrets"));
    }
    assert!(app.works(&client).await && app.works(&newest).await);
    assert_eq!(desk.on(&newest, "regenerate", json!({})).await.problem(), refusal(409, "too-many-secrets"));
    // without an overlap the old one makes room
    let answer = desk.on(&newest, "regenerate", json!({"overlap_seconds": 0})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRegenerated).await, 20);
}

#[tokio::test]
async fn of_two_regenerations_of_one_secret_at_once_one_wins() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    let (a, b) = tokio::join!(desk.on(&client, "regenerate", json!({})), desk.on(&client, "regenerate", json!({})));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(desk.listed(&client, "").await.len(), 2);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRegenerated).await, 1);
}

#[tokio::test]
async fn regenerations_of_different_secrets_at_once_all_win_and_each_has_its_event() {
    let app = App::start().await;
    let first = app.client("batch").await;
    let second = app.add_secret(&first, NewSecret::default()).await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"live_secrets": 2})).await;
    let (a, b) = tokio::join!(desk.on(&first, "regenerate", json!({})), desk.on(&second, "regenerate", json!({})));
    for answer in [a, b] {
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert!(app.works(&with_shown(&first, &answer)).await);
    }
    assert_eq!(desk.listed(&first, "").await.len(), 4);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRegenerated).await, 2);
}

#[tokio::test]
async fn where_custody_is_revealable_a_secret_is_shown_again_and_each_time_is_audited() {
    let app = App::start().await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"custody": "revealable"})).await;
    let created = desk.browser.post("/v1/clients", &json!({"key": "batch", "name": "Batch"})).await.made();
    let id = created["client_id"].as_str().unwrap().to_owned();
    let first = TestClient { id, secret: created["secret"]["secret"].as_str().unwrap().to_owned() };
    let added = with_shown(&first, &desk.add(&first).await);
    let regenerated = with_shown(&first, &desk.on(&first, "regenerate", json!({})).await);
    app.clock.advance(5 * MINUTE + 1);
    assert_eq!(desk.on(&first, "reveal", json!({})).await.status, 401);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 0);
    desk.refresh().await;
    for client in [&first, &added, &regenerated] {
        let answer = desk.on(client, "reveal", json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["secret"], client.secret.as_str());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 3);
    assert!(desk.listed(&first, "").await.iter().all(|secret| secret["sealed_copy"] == true));
    let elsewhere = first.with_id("wallet-acme-reporting");
    assert_eq!(desk.on(&elsewhere, "reveal", json!({})).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn what_was_made_under_custody_once_is_never_revealed() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    let not_revealable = refusal(409, "not-revealable");
    let before = with_shown(&client, &desk.add(&client).await);
    assert_eq!(desk.on(&before, "reveal", json!({})).await.problem(), not_revealable);
    desk.set(json!({"custody": "revealable"})).await;
    assert_eq!(desk.on(&before, "reveal", json!({})).await.problem(), not_revealable);
    let kept = with_shown(&client, &desk.add(&client).await);
    assert_eq!(desk.on(&kept, "reveal", json!({})).await.status, 200);
    // back to once: what was kept stays sealed
    desk.set(json!({"custody": "once"})).await;
    assert_eq!(desk.on(&kept, "reveal", json!({})).await.problem(), not_revealable);
    let successor = with_shown(&client, &desk.on(&kept, "regenerate", json!({})).await);
    desk.set(json!({"custody": "revealable"})).await;
    assert_eq!(desk.on(&successor, "reveal", json!({})).await.problem(), not_revealable);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 1);
}

#[tokio::test]
async fn a_copy_that_was_moved_to_another_secret_does_not_open() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"custody": "revealable"})).await;
    let mine = with_shown(&client, &desk.add(&client).await);
    let other = with_shown(&client, &desk.add(&client).await);
    let mut change =
        app.registration(&client).await.set_secret_active(&mine.secret_id(), false, app.now()).unwrap().unwrap();
    let copy = app.registration(&client).await.secret(&other.secret_id()).unwrap().sealed.clone();
    for secret in &mut change.after.secrets {
        if secret.id == mine.secret_id() {
            secret.sealed.clone_from(&copy);
        }
    }
    app.commit(&change).await;
    assert_eq!(desk.on(&mine, "reveal", json!({})).await.problem(), refusal(500, "internal-error"));
    assert_eq!(desk.on(&other, "reveal", json!({})).await.json()["secret"], other.secret.as_str());
    assert_eq!(app.count_events(Some("acme"), Action::SecretRevealed).await, 1);
}

#[tokio::test]
async fn a_deleted_secret_comes_back_as_it_was_within_thirty_days() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    let active = with_shown(&client, &desk.add(&client).await);
    let off = with_shown(&client, &desk.add(&client).await);
    desk.on(&off, "deactivate", json!({})).await;
    for secret in [&active, &off] {
        assert!(app.works(secret).await == (secret.secret == active.secret));
        assert_eq!(desk.delete(secret, "").await.status, 204);
        assert!(!app.works(secret).await);
        assert_eq!(desk.delete(secret, "").await.problem(), refusal(404, "not-found"));
    }
    let deleted = desk.listed(&client, "?deleted=true").await;
    assert_eq!(deleted.len(), 2);
    assert_eq!(
        (&deleted[0]["deleted_at"], &deleted[0]["restorable_until"]),
        (&json!(START), &json!("2026-03-31T12:00:00Z"))
    );
    assert_eq!(desk.listed(&client, "").await.len(), 1);
    assert_eq!(desk.listed(&client, "?deleted=false").await.len(), 1);

    app.clock.advance(MONTH - 1);
    let desk = Desk::of(&app, Role::CredentialManager).await;
    for (secret, state) in [(&active, "active"), (&off, "deactivated")] {
        let answer = desk.on(secret, "restore", json!({})).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (200, &json!(state)), "{}", answer.text);
    }
    assert!(app.works(&active).await && !app.works(&off).await);
    // once more changes nothing
    assert_eq!(desk.on(&active, "restore", json!({})).await.status, 200);
    assert_eq!(app.count_events(Some("acme"), Action::SecretRestored).await, 2);
}

#[tokio::test]
async fn after_thirty_days_nothing_is_left_of_a_deleted_secret() {
    let app = App::start().await;
    for (seconds, expected) in [(MONTH - 1, 200), (MONTH, 404), (MONTH + 1, 404)] {
        let client = app.client(&format!("batch-{expected}-{}", seconds % 10)).await;
        let other = app.add_secret(&client, NewSecret::default()).await;
        let desk = Desk::of(&app, Role::Owner).await;
        assert_eq!(desk.delete(&other, "").await.status, 204);
        app.clock.advance(seconds);
        let desk = Desk::of(&app, Role::Owner).await;
        assert_eq!(desk.listed(&client, "?deleted=true").await.len(), usize::from(expected == 200));
        assert_eq!(desk.on(&other, "restore", json!({})).await.status, expected);
        assert_eq!(desk.delete(&other, "?purge=true").await.status, if expected == 200 { 204 } else { 404 });
        app.clock.advance(30);
    }
}

#[tokio::test]
async fn an_expired_secret_does_not_come_back_and_one_beyond_the_limit_neither() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    let soon = json!({"expires_at": "2026-03-01T12:10:00Z"});
    let short = with_shown(&client, &desk.browser.post(&format!("/v1/clients/{}/secrets", client.id), &soon).await);
    let long = with_shown(&client, &desk.add(&client).await);
    for secret in [&short, &long] {
        assert_eq!(desk.delete(secret, "").await.status, 204);
    }
    let listed = desk.listed(&client, "?deleted=true").await;
    assert!(listed.iter().any(|secret| secret["restorable_until"] == "2026-03-01T12:10:00Z"));
    app.clock.advance(10 * MINUTE - 1);
    assert_eq!(desk.on(&short, "restore", json!({})).await.status, 200);
    assert_eq!(desk.delete(&short, "").await.status, 204);
    app.clock.advance(1);
    assert_eq!(desk.on(&short, "restore", json!({})).await.problem(), refusal(409, "not-restorable"));
    assert_eq!(desk.listed(&client, "?deleted=true").await.len(), 1);
    desk.refresh().await;
    desk.set(json!({"live_secrets": 1})).await;
    assert_eq!(desk.on(&long, "restore", json!({})).await.problem(), refusal(409, "too-many-secrets"));
    desk.set(json!({"live_secrets": 2})).await;
    assert_eq!(desk.on(&long, "restore", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_secret_whose_successor_is_gone_can_have_another_one() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    for query in ["?confirm=last", "?confirm=last&purge=true"] {
        let successor = with_shown(&client, &desk.on(&client, "regenerate", json!({})).await);
        assert_eq!(desk.on(&client, "regenerate", json!({})).await.problem(), refusal(409, "not-regenerable"));
        assert_eq!(desk.delete(&successor, query).await.status, 204);
    }
    let successor = with_shown(&client, &desk.on(&client, "regenerate", json!({})).await);
    assert!(app.works(&successor).await && app.works(&client).await);
}

#[tokio::test]
async fn the_last_secret_goes_only_when_that_is_confirmed() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    for query in ["", "?purge=true", "?purge=false"] {
        assert_eq!(desk.delete(&client, query).await.problem(), refusal(409, "last-secret"), "{query}");
    }
    for query in ["?confirm=yes", "?purge=1", "?confirm=last&confirm=last"] {
        assert_eq!(desk.delete(&client, query).await.problem(), refusal(422, "invalid-request"), "{query}");
    }
    // one that lives out its overlap, or is switched off, is none to go on with
    let new = with_shown(&client, &desk.on(&client, "regenerate", json!({})).await);
    let off = with_shown(&client, &desk.add(&client).await);
    desk.on(&off, "deactivate", json!({})).await;
    assert_eq!(desk.delete(&new, "").await.problem(), refusal(409, "last-secret"));
    assert_eq!(desk.delete(&off, "").await.status, 204);
    assert_eq!(desk.delete(&client, "").await.status, 204);
    assert_eq!(desk.delete(&new, "?confirm=last").await.status, 204);
    assert!(!app.works(&new).await);
}

#[tokio::test]
async fn a_purged_secret_is_gone_with_its_copy_whether_deleted_before_or_not() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"custody": "revealable"})).await;
    let [live, deleted] = [desk.add(&client).await, desk.add(&client).await].map(|answer| with_shown(&client, &answer));
    assert_eq!(desk.delete(&deleted, "").await.status, 204);
    for secret in [&live, &deleted] {
        assert_eq!(desk.delete(secret, "?purge=true").await.status, 204);
        assert!(!app.works(secret).await);
        for operation in ["restore", "reveal"] {
            assert_eq!(desk.on(secret, operation, json!({})).await.problem(), refusal(404, "not-found"));
        }
        assert_eq!(desk.delete(secret, "?purge=true").await.problem(), refusal(404, "not-found"));
        assert!(!stored(&app, schema::CLIENTS).await.contains(secret.secret_id().as_str()));
    }
    assert!(desk.listed(&client, "?deleted=true").await.is_empty());
    assert_eq!(app.count_events(Some("acme"), Action::SecretPurged).await, 2);
}

#[tokio::test]
async fn a_deleted_client_leaves_no_copy_behind() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"custody": "revealable"})).await;
    let kept = with_shown(&client, &desk.add(&client).await);
    assert!(stored(&app, schema::CLIENTS).await.contains("\"sealed\""));
    let answer = desk.browser.delete(&format!("/v1/clients/{}", client.id)).await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert!(!stored(&app, schema::CLIENTS).await.contains("\"sealed\""));
    assert_eq!(desk.on(&kept, "reveal", json!({})).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn if_match_guards_regeneration_and_restoration() {
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    let request = desk.browser.request(Method::POST, &format!("{}/regenerate", path(&client)));
    let stale = send(request.header(header::IF_MATCH, "\"7\"")).await;
    assert_eq!(stale.problem(), refusal(412, "precondition-failed"));
    assert_eq!(desk.listed(&client, "").await.len(), 1);
}

/// Everything that a table holds.
async fn stored(app: &App, table: schema::Table) -> String {
    let name = table.name_in(countersign::stack::TABLE_PREFIX);
    let scanned = app.stack.aws.dynamodb().scan().table_name(name).send().await.unwrap();
    assert!(scanned.last_evaluated_key().is_none());
    format!("{:?}", scanned.items())
}

/// What this process logs, once it logs.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_ever_in_a_log_an_event_or_an_item() {
    shared::telemetry::start_to(|| Log, "debug");
    let app = App::start().await;
    let client = app.client("batch").await;
    let desk = Desk::of(&app, Role::Owner).await;
    desk.set(json!({"custody": "revealable"})).await;
    let added = with_shown(&client, &desk.add(&client).await);
    let regenerated = with_shown(&client, &desk.on(&added, "regenerate", json!({})).await);
    assert!(app.works(&regenerated).await && app.works(&added).await);
    desk.on(&regenerated, "reveal", json!({})).await;
    desk.delete(&added, "").await;
    desk.on(&added, "restore", json!({})).await;
    desk.on(&client, "reveal", json!({})).await;
    let change = app.registration(&client).await.delete(app.now()).unwrap();
    let described = format!("{:?} {change:?}", app.registration(&client).await);
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the secret cannot be revealed"), "the log is not collected");
    let mut held = Vec::new();
    for table in schema::TABLES {
        held.push(stored(&app, table).await);
    }
    let sealed = app.registration(&client).await.secret(&added.secret_id()).unwrap().sealed.clone().unwrap();
    assert!(!described.contains(&sealed.0) && !log.contains(&sealed.0));
    for client in [&client, &added, &regenerated] {
        let body = &client.secret[client.secret_id().as_str().len()..];
        assert!(!log.contains(body) && !described.contains(body));
        assert!(held.iter().all(|items| !items.contains(body)));
    }
}
