//! Stored change requests with their commands.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::administrator::change::{RemoveAdministrator, UpdateAdministrator};
use shared::domain::change_request::{ChangeRequest, Decision, State};
use shared::domain::client::Environment;
use shared::domain::client::secrets::{NewSecret, Regeneration};
use shared::domain::command::{AskedClient, AskedUpdate, ClientCommand, Command, PersonCommand};
use shared::domain::event::Actor;
use shared::domain::id::{ClientKey, ResourceKey, SecretId};
use shared::domain::invitation::{Invite, ResetAdministrator};
use shared::domain::privilege::Role;
use shared::domain::resource::AccessLevel;
use shared::domain::text::{Label, Name, Notes};
use shared::domain::time::{Expiry, Overlap, TokenLifetime};
use shared::store::item;

use crate::architecture::stored_items::samples::{administrator, at, change_request, client_id, lines};

#[test]
fn a_change_request_is_stored_unchanged_in_each_state() {
    let command = Command::Client { client_id: client_id(), change: ClientCommand::Disable };
    let decision = Decision {
        by: Actor::Administrator { id: administrator().id, email: administrator().email },
        at: at("2026-03-02T12:00:00Z"),
    };
    let states = [
        State::Pending,
        State::Approved(decision.clone()),
        State::Collectable(decision.clone()),
        State::Collected { approved: decision.clone(), at: at("2026-03-03T12:00:00Z") },
        State::Rejected(decision.clone()),
        State::Withdrawn(decision),
    ];
    let [pending, .., collected, _, _] = states.map(|state| {
        let request = ChangeRequest { state, ..change_request(command.clone()) };
        let item = item::change_request::write(&request);
        assert_eq!(item::change_request::read(&item).unwrap(), request);
        lines(&item)
    });
    insta::assert_snapshot!(pending, @r#"
    base_version: {"N":"3"}
    command: {"S":"{\"client\":{\"change\":{\"action\":\"client.disable\"},\"client_id\":\"wallet-acme-billing\"}}"}
    comments: {"S":"[{\"at\":\"2026-03-01T12:30:00Z\",\"by\":\"client#wallet-acme-billing\",\"email\":null,\"text\":\"Why?\"}]"}
    diff: {"S":"[{\"field\":\"enabled\",\"from\":true,\"to\":false}]"}
    id: {"S":"chg_000000000AAAAAAAAAAAA"}
    listed_in: {"S":"acme"}
    requested_at: {"S":"2026-03-01T12:00:00Z"}
    requested_by: {"S":"administrator#adm_AAAAAAAAAAAAAAAA"}
    requested_by_email: {"S":"viewer@acme.example"}
    state: {"S":"pending"}
    version: {"N":"2"}
    "#);
    insta::assert_snapshot!(collected, @r#"
    base_version: {"N":"3"}
    collected_at: {"S":"2026-03-03T12:00:00Z"}
    command: {"S":"{\"client\":{\"change\":{\"action\":\"client.disable\"},\"client_id\":\"wallet-acme-billing\"}}"}
    comments: {"S":"[{\"at\":\"2026-03-01T12:30:00Z\",\"by\":\"client#wallet-acme-billing\",\"email\":null,\"text\":\"Why?\"}]"}
    decided_at: {"S":"2026-03-02T12:00:00Z"}
    decided_by: {"S":"administrator#adm_AAAAAAAAAAAAAAAA"}
    decided_by_email: {"S":"viewer@acme.example"}
    diff: {"S":"[{\"field\":\"enabled\",\"from\":true,\"to\":false}]"}
    id: {"S":"chg_000000000AAAAAAAAAAAA"}
    listed_in: {"S":"acme"}
    requested_at: {"S":"2026-03-01T12:00:00Z"}
    requested_by: {"S":"administrator#adm_AAAAAAAAAAAAAAAA"}
    requested_by_email: {"S":"viewer@acme.example"}
    state: {"S":"collected"}
    version: {"N":"2"}
    "#);
}

#[test]
fn every_command_is_stored_unchanged() {
    let resource = || ResourceKey::parse("banking").unwrap();
    let secret_id = SecretId::parse("cs_AAAAAAAAAAAA").unwrap();
    let (name, label) = (Name::parse("Billing").unwrap(), Label::parse("deploy").unwrap());
    let create = AskedClient {
        key: ClientKey::parse("billing").unwrap(),
        name: name.clone(),
        notes: Notes::parse("Runs at night.").unwrap(),
        enabled: true,
        environment: Environment::Sandbox,
        token_lifetime: Some(TokenLifetime::new(600).unwrap()),
        expiry: Expiry::At(at("2027-03-01T12:00:00Z")),
        grants: BTreeMap::from([(resource(), AccessLevel::Change)]),
        serves: BTreeSet::from([resource()]),
    };
    let update = AskedUpdate { name: Some(name.clone()), grants: Some(BTreeMap::new()), ..AskedUpdate::default() };
    let new = NewSecret { label: label.clone(), not_before: None, expiry: Expiry::Never };
    let asked = Regeneration { label: Some(label), overlap: Some(Overlap::new(60).unwrap()) };
    let changes = [
        ClientCommand::Create(create),
        ClientCommand::Update(update),
        ClientCommand::Enable,
        ClientCommand::Disable,
        ClientCommand::Delete,
        ClientCommand::AddSecret(new),
        ClientCommand::AddSecret(NewSecret::default()),
        ClientCommand::RegenerateSecret { secret_id: secret_id.clone(), asked },
        ClientCommand::ReactivateSecret { secret_id: secret_id.clone() },
        ClientCommand::DeleteSecret { secret_id: secret_id.clone(), even_the_last: true },
        ClientCommand::PurgeSecret { secret_id: secret_id.clone(), even_the_last: false },
        ClientCommand::RestoreSecret { secret_id },
    ];
    let commands = changes.map(|change| Command::Client { client_id: client_id(), change });
    let organization = Command::Organization { name: name.clone(), settings: Box::default() };
    let (email, privileges) = (administrator().email, Role::Viewer.privileges());
    let invite = Invite { email: email.clone(), name, organization: None, privileges: privileges.clone() };
    let administrator = administrator().id;
    let update = UpdateAdministrator { administrator: administrator.clone(), name: None, privileges: Some(privileges) };
    let people = [
        PersonCommand::Invite(invite),
        PersonCommand::Update(update),
        PersonCommand::Remove(RemoveAdministrator { administrator: administrator.clone() }),
        PersonCommand::Reset(ResetAdministrator { administrator }),
    ];
    let people = people.map(|change| Command::Administrator { email: email.clone(), change });
    let stored = commands.into_iter().chain([organization]).chain(people).map(|command| {
        let request = ChangeRequest { base_version: None, ..change_request(command) };
        let item = item::change_request::write(&request);
        assert_eq!(item::change_request::read(&item).unwrap(), request);
        item["command"].as_s().unwrap().clone()
    });
    insta::assert_snapshot!(stored.collect::<Vec<_>>().join("\n"), @r#"
    {"client":{"change":{"action":"client.create","enabled":true,"environment":"sandbox","expiry":{"at":"2027-03-01T12:00:00Z"},"grants":{"banking":"change"},"key":"billing","name":"Billing","notes":"Runs at night.","serves":["banking"],"token_lifetime":600},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"client.update","grants":{},"name":"Billing","notes":null,"serves":null,"token_lifetime":null},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"client.enable"},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"client.disable"},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"client.delete"},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"secret.add","expiry":"never","label":"deploy","not_before":null},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"secret.add","expiry":"default","label":"","not_before":null},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"secret.regenerate","asked":{"label":"deploy","overlap":60},"secret_id":"cs_AAAAAAAAAAAA"},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"secret.reactivate","secret_id":"cs_AAAAAAAAAAAA"},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"secret.delete","even_the_last":true,"secret_id":"cs_AAAAAAAAAAAA"},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"secret.purge","even_the_last":false,"secret_id":"cs_AAAAAAAAAAAA"},"client_id":"wallet-acme-billing"}}
    {"client":{"change":{"action":"secret.restore","secret_id":"cs_AAAAAAAAAAAA"},"client_id":"wallet-acme-billing"}}
    {"organization":{"name":"Billing","settings":{"clients_need_expiry":false,"custody":"once","live_secrets":5,"multi_admin":false,"overlap_max_seconds":2592000,"overlap_seconds":86400,"reminder_days":[0,1,7,14,30,60],"secret_lifetime_days":180,"secret_lifetime_max_days":365,"secrets_may_never_expire":false,"team_address":null,"token_lifetime_seconds":900}}}
    {"administrator":{"change":{"action":"administrator.invite","email":"viewer@acme.example","name":"Billing","organization":null,"privileges":["clients:read"]},"email":"viewer@acme.example"}}
    {"administrator":{"change":{"action":"administrator.update","administrator":"adm_AAAAAAAAAAAAAAAA","name":null,"privileges":["clients:read"]},"email":"viewer@acme.example"}}
    {"administrator":{"change":{"action":"administrator.remove","administrator":"adm_AAAAAAAAAAAAAAAA"},"email":"viewer@acme.example"}}
    {"administrator":{"change":{"action":"administrator.reset","administrator":"adm_AAAAAAAAAAAAAAAA"},"email":"viewer@acme.example"}}
    "#);
}
