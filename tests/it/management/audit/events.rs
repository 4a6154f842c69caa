//! Audit events: one for each change, in an unbroken chain, and without secrets.

use aws_sdk_dynamodb::types::AttributeValue;
use countersign::names::TABLE_PREFIX;
use serde_json::json;
use shared::domain::event::{Action, Actor, Event, Target};
use shared::domain::id::{OrganizationKey, ResourceKey, SecretId};
use shared::domain::privilege::Role;
use shared::store::item::{Item, event};
use shared::store::schema;

use crate::support::answer::Answer;
use crate::support::app::App;
use crate::support::clients::TestClient;
use crate::support::people::{CODE_SECONDS, SESSION, SOURCE};

/// What the trail has to say of an answer.
struct Expected {
    action: Action,
    target: Target,
    fields: Vec<&'static str>,
    request_id: String,
}

fn expected(answer: &Answer, action: Action, target: Target, fields: &[&'static str]) -> Expected {
    assert!(answer.status.is_success() || answer.status == 403 || answer.status == 401, "{}", answer.text);
    Expected { action, target, fields: fields.to_vec(), request_id: answer.header("x-request-id").to_owned() }
}

fn assert_events(app: &App, events: &[Event], expected: &[Expected], by: &Actor) {
    let actions = |actions: Vec<Action>| actions.into_iter().map(Action::as_str).collect::<Vec<_>>();
    assert_eq!(
        actions(events.iter().map(|event| event.what.action).collect()),
        actions(expected.iter().map(|expected| expected.action).collect())
    );
    for (event, expected) in events.iter().zip(expected) {
        assert_eq!(event.what.target, expected.target, "{event:?}");
        let fields: Vec<_> = event.what.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, expected.fields, "{event:?}");
        assert_eq!(event.by.actor, *by, "{event:?}");
        assert_eq!(event.by.source, Some(SOURCE.parse().unwrap()), "{event:?}");
        assert_eq!(event.by.request_id.as_str(), expected.request_id, "{event:?}");
        assert_eq!(event.by.at, app.now(), "{event:?}");
    }
}

/// Every stored event, in the order of its trail.
async fn stored(app: &App) -> Vec<Item> {
    let table = schema::AUDIT_EVENTS.name_in(TABLE_PREFIX);
    let scan = app.stack.aws.dynamodb().scan().table_name(table).into_paginator().items().send();
    let mut items = scan.collect::<Result<Vec<_>, _>>().await.unwrap();
    items.sort_by_key(|item| {
        event::read(item).map(|event| (format!("{:?}", event.what.trail), event.sequence)).unwrap()
    });
    items
}

fn assert_chained(items: &[Item]) {
    let mut last: Option<Event> = None;
    for item in items {
        let event = event::read(item).unwrap();
        assert_eq!(event::hash_of(item), event.hash, "{event:?}");
        match last.filter(|last| last.what.trail == event.what.trail) {
            Some(last) => {
                assert_eq!((event.sequence, &event.previous_hash), (last.sequence + 1, &last.hash));
                assert!(event.by.at >= last.by.at);
            }
            None => assert_eq!((event.sequence, event.previous_hash.as_str()), (1, event::FIRST_PREVIOUS)),
        }
        last = Some(event);
    }
}

#[tokio::test]
async fn every_change_is_in_the_trail_once_with_who_where_and_what() {
    let app = App::start().await;
    let owner = app.owner().await;
    let account = app.account(&app.person(Role::Owner)).await;
    let by = Actor::Administrator { id: account.id.clone(), email: account.email };
    let before = app.events(Some("acme")).await.len();
    let mut seen = Vec::new();
    let mut note = |answer: &Answer, action, target: &Target, fields: &[&'static str]| {
        seen.push(expected(answer, action, target.clone(), fields));
    };

    let body = json!({ "key": "billing", "name": "Billing", "notes": "n", "grants": { "banking": "view" } });
    let created = owner.post("/v1/clients", &body).await;
    let client = TestClient::created(&created.made());
    let path = client.path();
    let target = Target::Client(client.client_id());
    let fields =
        ["name", "notes", "enabled", "environment", "expires_at", "token_lifetime_seconds", "grants", "secret_id"];
    note(&created, Action::ClientCreated, &target, &fields);
    let answer = owner.patch(&path, &json!({ "name": "Bills", "grants": {}, "token_lifetime_seconds": 900 })).await;
    note(&answer, Action::ClientUpdated, &target, &["name", "grants"]);
    // what changes nothing is no event, nor is what is only read or refused
    owner.patch(&path, &json!({ "name": "Bills" })).await.ok();
    owner.patch(&path, &json!({ "name": "" })).await.wrong_fields();
    owner.post("/v1/clients", &body).await.problem();
    owner.get(&path).await.ok();
    owner.order(&format!("{path}/enable")).await.ok();
    note(&owner.order(&format!("{path}/disable")).await, Action::ClientDisabled, &target, &["enabled"]);
    note(&owner.order(&format!("{path}/enable")).await, Action::ClientEnabled, &target, &["enabled"]);

    let added = owner.post(&format!("{path}/secrets"), &json!({ "label": "second" })).await;
    let id = added.made()["id"].as_str().unwrap().to_owned();
    let secret = Target::Secret(client.client_id(), SecretId::parse(id.as_str()).unwrap());
    note(&added, Action::SecretAdded, &secret, &["label", "not_before", "expires_at"]);
    let at = format!("{path}/secrets/{id}");
    note(&owner.order(&format!("{at}/deactivate")).await, Action::SecretDeactivated, &secret, &[]);
    note(&owner.order(&format!("{at}/reactivate")).await, Action::SecretReactivated, &secret, &[]);
    note(&owner.delete(&at).await, Action::SecretDeleted, &secret, &[]);
    note(&owner.delete(&path).await, Action::ClientDeleted, &target, &[]);

    let organization = Target::Organization(OrganizationKey::parse("acme").unwrap());
    let body = json!({ "name": "Acme Ltd.", "settings": { "live_secrets": 3, "team_address": "team@acme.example" } });
    let answer = owner.patch("/v1/organizations/acme", &body).await;
    let fields = ["name", "settings.live_secrets", "settings.team_address"];
    note(&answer, Action::OrganizationUpdated, &organization, &fields);
    let refused = owner.post("/v1/resources", &json!({})).await;
    note(&refused, Action::PrivilegeRefused, &Target::Route("POST /v1/resources".to_owned()), &[]);
    note(&owner.delete(SESSION).await, Action::SignedOut, &Target::Administrator(account.id), &[]);

    let events = app.events(Some("acme")).await.split_off(before);
    assert_events(&app, &events, &seen, &by);
    let renamed = &events[1].what.changes[0];
    assert_eq!((&renamed.from, &renamed.to), (&json!("Billing"), &json!("Bills")));
    let regranted = &events[1].what.changes[1];
    assert_eq!((&regranted.from, &regranted.to), (&json!({ "banking": "view" }), &json!({})));
    assert_chained(&stored(&app).await);
}

#[tokio::test]
async fn operator_events_are_in_the_right_trail() {
    let app = App::start().await;
    let operator = app.operator().await;
    let account = app.account(&app.person(Role::Operator)).await;
    let by = Actor::Administrator { id: account.id, email: account.email };
    let (platform, acme) = (app.events(None).await.len(), app.events(Some("acme")).await.len());
    let resource = json!({ "key": "users", "name": "Users", "levels": { "view": null } });
    let resource = operator.post("/v1/resources", &resource).await;
    let organization = operator.post("/v1/organizations", &json!({ "key": "globex", "name": "Globex" })).await;
    let client = json!({ "organization": "acme", "key": "by-operator", "name": "x", "serves": ["users"] });
    let client = operator.post("/v1/clients", &client).await;
    let on_platform = [expected(
        &resource,
        Action::ResourceCreated,
        Target::Resource(ResourceKey::parse("users").unwrap()),
        &["name", "audience", "scopes"],
    )];
    assert_events(&app, &app.events(None).await.split_off(platform), &on_platform, &by);
    let globex = Target::Organization(OrganizationKey::parse("globex").unwrap());
    let in_globex = [expected(&organization, Action::OrganizationCreated, globex, &["name"])];
    assert_events(&app, &app.events(Some("globex")).await, &in_globex, &by);
    let fields =
        ["name", "enabled", "environment", "expires_at", "token_lifetime_seconds", "grants", "serves", "secret_id"];
    let target = Target::Client(TestClient::created(&client.made()).client_id());
    let in_acme = [expected(&client, Action::ClientCreated, target, &fields)];
    assert_events(&app, &app.events(Some("acme")).await.split_off(acme), &in_acme, &by);
}

#[tokio::test]
async fn no_event_holds_a_secret_a_password_a_code_or_a_cookie() {
    let app = App::start().await;
    let person = app.person(Role::Owner);
    let owner = app.owner().await;
    let mut secrets = vec![person.password.clone(), person.totp_secret.clone(), owner.cookie().to_owned()];
    secrets.push(owner.cookie().split_once('=').unwrap().1.to_owned());
    let mut wrong = crate::support::people::credentials(&person, "000000");
    wrong["password"] = "a wrong password".into();
    app.anonymous().post(SESSION, &wrong).await;
    secrets.push("a wrong password".to_owned());
    let client = TestClient::created(&owner.create_client("billing").await);
    secrets.push(client.secret.clone());
    let added = owner.post(&format!("{}/secrets", client.path()), &json!({ "label": "second" })).await.made();
    secrets.push(added["secret"].as_str().unwrap().to_owned());
    app.token(&client, "").await.token();
    owner.delete(&client.path()).await;
    app.clock.advance(CODE_SECONDS);
    for item in stored(&app).await {
        for value in item.values() {
            let text = match value {
                AttributeValue::S(text) | AttributeValue::N(text) => text,
                other => panic!("{other:?}"),
            };
            assert!(!secrets.iter().any(|secret| text.contains(secret)), "{text}");
            assert!(!text.contains("$argon2"), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_once_make_one_chain() {
    let app = App::start().await;
    let owner = app.owner().await;
    let before = app.events(Some("acme")).await.len();
    let mut changes = tokio::task::JoinSet::new();
    for number in 0..15 {
        let owner = owner.clone();
        let key = format!("c{number}");
        changes.spawn(async move {
            let client =
                TestClient::created(&owner.post("/v1/clients", &json!({ "key": key, "name": key })).await.made());
            owner.patch(&client.path(), &json!({ "name": "Other" })).await.ok();
            assert_eq!(owner.delete(&client.path()).await.status, 204);
        });
    }
    changes.join_all().await;
    assert_eq!(app.events(Some("acme")).await.len(), before + 45);
    assert_chained(&stored(&app).await);
}
