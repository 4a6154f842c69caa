//! Stored audit events.

use std::collections::BTreeSet;

use serde_json::json;
use shared::domain::event::{Action, Actor, Attribution, FieldChange, NewEvent, Target, Trail};
use shared::domain::id::{OrganizationKey, RequestId, ResourceKey, SecretId};
use shared::store::item;

use crate::architecture::stored_items::samples::{administrator, at, change_request_id, client_id, lines};

#[test]
fn an_event_is_stored_unchanged() {
    let changes = [FieldChange::between("enabled", json!(true), json!(false))];
    let event = NewEvent {
        trail: Trail::Organization(OrganizationKey::parse("acme").unwrap()),
        action: Action::ClientDisabled,
        target: Target::Client(client_id()),
        changes: changes.into_iter().flatten().collect(),
    };
    let by = Attribution {
        actor: Actor::Administrator { id: administrator().id, email: administrator().email },
        source: Some("203.0.113.7".parse().unwrap()),
        request_id: RequestId::parse("req_AAAAAAAAAAAAAAAAAAAA").unwrap(),
        at: at("2026-03-01T12:00:00Z"),
    };
    let item = item::event::write(&event, &by, 7, item::event::FIRST_PREVIOUS);
    let read = item::event::read(&item).unwrap();
    assert_eq!((&read.what, &read.by, read.sequence), (&event, &by, 7));
    insta::assert_snapshot!(lines(&item), @r#"
    action: {"S":"client.disabled"}
    actor: {"S":"administrator#adm_AAAAAAAAAAAAAAAA"}
    actor_email: {"S":"viewer@acme.example"}
    at: {"S":"2026-03-01T12:00:00Z"}
    changes: {"S":"[{\"field\":\"enabled\",\"from\":true,\"to\":false}]"}
    hash: {"S":"ce16f0ce7ce3390e97eecf841dc1963cc19d01eb667673f5035ed5ba1da693f1"}
    previous_hash: {"S":"0000000000000000000000000000000000000000000000000000000000000000"}
    request_id: {"S":"req_AAAAAAAAAAAAAAAAAAAA"}
    sequence: {"N":"7"}
    source: {"S":"203.0.113.7"}
    target: {"S":"client#wallet-acme-billing"}
    trail: {"S":"acme"}
    "#);
}

/// The words that stored events may hold; a new kind of event adds its own.
const STORED_WORDS: [&str; 48] = [
    "action administrator.created",
    "action administrator.imported",
    "action change_request.approved",
    "action change_request.collected",
    "action change_request.commented",
    "action change_request.created",
    "action change_request.rejected",
    "action change_request.withdrawn",
    "action client.created",
    "action client.deleted",
    "action client.disabled",
    "action client.enabled",
    "action client.imported",
    "action client.updated",
    "action organization.created",
    "action organization.exported",
    "action organization.imported",
    "action organization.updated",
    "action privilege.refused",
    "action resource.created",
    "action secret.added",
    "action secret.deactivated",
    "action secret.deleted",
    "action secret.purged",
    "action secret.reactivated",
    "action secret.regenerated",
    "action secret.restored",
    "action secret.revealed",
    "action session.created",
    "action session.ended",
    "action session.refused",
    "action session.step_up_refused",
    "action session.stepped_up",
    "action signing_key.dropped",
    "actor administrator#adm_AAAAAAAAAAAAAAAA",
    "actor client#wallet-acme-billing",
    "actor system",
    "target administrator#adm_AAAAAAAAAAAAAAAA",
    "target change_request#chg_000000000AAAAAAAAAAAA",
    "target change_request#chg_000000000AAAAAAAAAAAA#wallet-acme-billing",
    "target client#wallet-acme-billing",
    "target organization#acme",
    "target resource#banking",
    "target route#POST /v1/clients",
    "target secret#wallet-acme-billing#cs_AAAAAAAAAAAA",
    "target signing_key#NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    "trail @platform",
    "trail acme",
];

#[test]
fn every_kind_of_event_reads_back() {
    let organization = OrganizationKey::parse("acme").unwrap();
    let targets = [
        Target::Client(client_id()),
        Target::Secret(client_id(), SecretId::parse("cs_AAAAAAAAAAAA").unwrap()),
        Target::Organization(organization.clone()),
        Target::Resource(ResourceKey::parse("banking").unwrap()),
        Target::Administrator(administrator().id),
        Target::SigningKey("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".to_owned()),
        Target::ChangeRequest(change_request_id(), None),
        Target::ChangeRequest(change_request_id(), Some(client_id())),
        Target::Route("POST /v1/clients".to_owned()),
    ];
    let actors = [
        Actor::Administrator { id: administrator().id, email: administrator().email },
        Actor::Client(client_id()),
        Actor::System,
    ];
    let mut words = BTreeSet::new();
    for trail in [Trail::Organization(organization), Trail::Platform] {
        for (number, action) in Action::ALL.iter().enumerate() {
            let target = targets[number % targets.len()].clone();
            let event = NewEvent { trail: trail.clone(), action: *action, target, changes: Vec::new() };
            let by = Attribution {
                actor: actors[number % actors.len()].clone(),
                source: None,
                request_id: RequestId::parse("req_AAAAAAAAAAAAAAAAAAAA").unwrap(),
                at: at("2026-03-01T12:00:00Z"),
            };
            let item = item::event::write(&event, &by, 1, item::event::FIRST_PREVIOUS);
            let read = item::event::read(&item).unwrap();
            assert_eq!((read.what, read.by, read.hash), (event, by, item::event::hash_of(&item)));
            words.extend(["target", "actor", "trail"].map(|name| format!("{name} {}", item[name].as_s().unwrap())));
            words.insert(format!("action {}", action.as_str()));
        }
    }
    let gone: Vec<&str> = STORED_WORDS.into_iter().filter(|word| !words.contains(*word)).collect();
    assert!(gone.is_empty(), "stored events hold words that are read no more: {gone:?}");
}
