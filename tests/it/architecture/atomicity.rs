//! A change and its audit event are stored together or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use countersign::demo;
use serde_json::Value;
use shared::domain::administrator::Administrator;
use shared::domain::change_request::ChangeRequest;
use shared::domain::command::{ClientCommand, Command};
use shared::domain::email::Email;
use shared::domain::event::{Action, FieldChange, Target, Trail};
use shared::domain::id::{AdministratorId, ChangeRequestId, ResourceKey, SessionId, Version};
use shared::domain::privilege::Role;
use shared::domain::resource::NewResource;
use shared::domain::session::{NewSession, Session, SessionDigest};
use shared::domain::text::Name;
use shared::entropy;
use shared::store::change_requests::Effect;
use shared::store::{CommitError, Expectation, item, schema};
use tokio::task::JoinSet;

use crate::support::app::App;
use crate::support::audit::{acme, fill_up_trail};
use crate::support::storage::{changed_since, everything, items_of};

#[tokio::test]
async fn nothing_of_a_change_is_stored_where_its_event_is_not() {
    let app = App::start().await;
    let stack = &app.stack;
    let client = app.client("billing").await;
    let registration = app.registration(&client).await;
    let owner = stack.administrators.by_email(&Email::parse("owner@acme.example").unwrap()).await.unwrap().unwrap();
    let organization = stack.organizations.get(&acme()).await.unwrap().unwrap();
    let catalogue = stack.organizations.catalogue().await.unwrap();
    let digest = SessionDigest("digest".to_owned());
    let id = SessionId::random(&mut entropy::os_rng());
    let new = NewSession { id, digest, source: None, user_agent: None };
    let session = Session::begin(new, owner.id.clone(), owner.session_epoch, app.now());
    let newcomer = Administrator {
        id: AdministratorId::random(&mut entropy::os_rng()),
        email: Email::parse("newcomer@acme.example").unwrap(),
        version: Version::NEW,
        ..owner.clone()
    };
    let resource = NewResource {
        key: ResourceKey::parse("payments").unwrap(),
        name: Name::parse("Payments").unwrap(),
        audience: None,
        levels: BTreeMap::from([(shared::domain::resource::AccessLevel::View, None)]),
    };
    let added = catalogue.add(resource, app.now()).unwrap();
    let suspended = organization.set_suspended(true, app.now()).unwrap();
    let asker = app.party(Role::Owner).await;
    let disable = Command::Client { client_id: client.client_id(), change: ClientCommand::Disable };
    let id = ChangeRequestId::random(app.now(), &mut entropy::os_rng());
    let request = ChangeRequest::make(id, acme(), disable, Vec::new(), None, &asker, app.now());
    let disabled = registration.set_enabled(false, app.now()).unwrap().unwrap();
    let effect = Effect { writes: stack.clients.writes(&disabled), events: vec![disabled.event] };
    let without_secret = registration.delete_secret(&client.secret_id(), true, app.now()).unwrap();

    fill_up_trail(&app, Trail::Organization(acme())).await;
    fill_up_trail(&app, Trail::Platform).await;
    let before = everything(&app).await;
    let (trail, by) = (&stack.trail, &app.by_the_system());
    let refused = tokio::join!(
        stack.clients.commit(&without_secret, trail, by),
        stack.administrators.create(&newcomer, trail, by),
        stack.administrators.sign_in(&owner, 1, &session, trail, by),
        stack.organizations.commit(&suspended, trail, by),
        stack.organizations.commit_resource(&added, trail, by),
        stack.change_requests.commit(&request, effect, trail, by),
    );
    // two events that both want the last place are refused before they are tried again
    assert!(matches!(refused.5, Err(CommitError::Busy | CommitError::Store(_))), "{:?}", refused.5);
    let refused = [refused.0, refused.1, refused.2, refused.3, refused.4];
    for (number, outcome) in refused.into_iter().enumerate() {
        assert!(matches!(outcome, Err(CommitError::Busy)), "{number}: {outcome:?}");
    }
    assert_eq!(changed_since(&app, &before).await, Vec::<String>::new());
    app.token(&client, "").await.token();
}

#[tokio::test]
async fn an_event_that_does_not_fit_takes_its_change_with_it() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let mut change = app.registration(&client).await.set_enabled(false, app.now()).unwrap().unwrap();
    let long = Value::from("a".repeat(500_000));
    change.event.changes = FieldChange::between("notes", Value::Null, long).into_iter().collect();
    let before = everything(&app).await;
    let outcome = app.stack.clients.commit(&change, &app.stack.trail, &app.by_the_system()).await;
    assert!(matches!(outcome, Err(CommitError::Store(_))), "{outcome:?}");
    assert_eq!(changed_since(&app, &before).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_that_comes_too_late_leaves_no_event() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let registration = app.registration(&client).await;
    app.set_enabled(&client, false).await;
    let before = everything(&app).await;
    let late = registration.delete(app.now()).unwrap();
    let outcome = app.stack.clients.commit(&late, &app.stack.trail, &app.by_the_system()).await;
    assert!(matches!(outcome, Err(CommitError::Conflict(Expectation::Unchanged))), "{outcome:?}");
    assert_eq!(changed_since(&app, &before).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_changes_at_once_make_one_chain_without_a_gap() {
    let app = Arc::new(App::start().await);
    let mut changes = JoinSet::new();
    for number in 0..30 {
        let app = Arc::clone(&app);
        changes.spawn(async move { app.client(&format!("client-{number}")).await });
    }
    let clients = changes.join_all().await;
    let mut events = items_of(&app, &schema::AUDIT_EVENTS).await;
    events.retain(|event| event[schema::TRAIL] == AttributeValue::S(demo::ORGANIZATION.to_owned()));
    events.sort_by_key(|event| item::event::read_link(event).unwrap().0);
    let mut previous = item::event::FIRST_PREVIOUS.to_owned();
    for (at, raw) in events.iter().enumerate() {
        let event = item::event::read(raw).unwrap();
        assert_eq!(event.sequence, at as u64 + 1);
        assert_eq!(event.previous_hash, previous, "at {}", event.sequence);
        assert_eq!(event.hash, item::event::hash_of(raw), "at {}", event.sequence);
        previous = event.hash;
    }
    let targets: BTreeSet<String> = events
        .iter()
        .map(|raw| item::event::read(raw).unwrap().what)
        .filter_map(|what| match (what.action, what.target) {
            (Action::ClientCreated, Target::Client(id)) => Some(id.to_string()),
            _ => None,
        })
        .collect();
    assert!(clients.iter().all(|client| targets.contains(&client.id)), "{targets:?}");

    // whoever changes a stored event breaks the chain
    let mut forged = events[3].clone();
    for value in forged.values_mut() {
        if let AttributeValue::S(text) = value
            && text == "system"
        {
            *value = AttributeValue::S("client#wallet-acme-reporting".to_owned());
        }
    }
    assert_ne!(item::event::hash_of(&forged), item::event::hash_of(&events[3]));
}
