//! Values with every field set, and an item as text.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use shared::domain::administrator::{Administrator, PendingAuthenticator, SealedTotpKey};
use shared::domain::change_request::{ChangeRequest, Comment, State};
use shared::domain::client::registration::Registration;
use shared::domain::client::{Client, Environment, Served};
use shared::domain::command::Command;
use shared::domain::email::Email;
use shared::domain::event::{Actor, FieldChange};
use shared::domain::grant::{Grant, Grants};
use shared::domain::id::{
    AdministratorId, ChangeRequestId, ClientId, ClientKey, OrganizationKey, ResourceKey, SecretId, Version,
};
use shared::domain::privilege::Role;
use shared::domain::resource::{AccessLevel, Audience};
use shared::domain::scope::Scope;
use shared::domain::secret::{SealedSecret, Secret, SecretState, Verifier};
use shared::domain::text::{CommentText, Label, Name, Notes};
use shared::domain::time::TokenLifetime;
use shared::store::item::Item;

use crate::support::storage::shown_value;

/// An item as text: a line for each attribute.
pub fn lines(item: &Item) -> String {
    let lines: Vec<String> = item.iter().map(|(name, value)| format!("{name}: {}", shown_value(value))).collect();
    lines.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("\n")
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn secret(id: &str, state: SecretState) -> Secret {
    Secret {
        id: SecretId::parse(id).unwrap(),
        label: Label::parse("Production server").unwrap(),
        verifier: Verifier::new("$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA".to_owned()),
        created_at: at("2026-03-01T12:00:00Z"),
        not_before: at("2026-03-02T00:00:00Z"),
        expires_at: Some(at("2026-08-28T12:00:00Z")),
        state,
        replaced_by: Some(SecretId::parse("cs_DDDDDDDDDDDD").unwrap()),
        sealed: Some(SealedSecret("c2VhbGVk".to_owned())),
        last_used: None,
    }
}

pub fn client_id() -> ClientId {
    ClientId::parse("wallet-acme-billing").unwrap()
}

pub fn registration() -> Registration {
    let audience = |key: &str| Audience::parse(&format!("https://{key}.example")).unwrap();
    let grant = Grant {
        level: AccessLevel::Change,
        audience: audience("banking"),
        scopes: ["banking/read", "banking/write"].map(|scope| Scope::parse(scope).unwrap()).into(),
    };
    let client = Client {
        client_id: client_id(),
        organization: OrganizationKey::parse("acme").unwrap(),
        key: ClientKey::parse("billing").unwrap(),
        name: Name::parse("Billing").unwrap(),
        notes: Notes::parse("Runs at night.").unwrap(),
        enabled: true,
        suspended: true,
        environment: Environment::Production,
        token_lifetime: TokenLifetime::new(600).unwrap(),
        grants: Grants(BTreeMap::from([(ResourceKey::parse("banking").unwrap(), grant)])),
        serves: Served::from([(ResourceKey::parse("reporting").unwrap(), audience("reporting"))]),
        created_at: at("2026-03-01T12:00:00Z"),
        updated_at: at("2026-03-05T08:30:00Z"),
        expires_at: Some(at("2027-03-01T12:00:00Z")),
        deleted_at: None,
        version: Version(3),
    };
    let since = at("2026-03-05T08:30:00Z");
    let in_use = Secret { replaced_by: None, ..secret("cs_AAAAAAAAAAAA", SecretState::Active) };
    let secrets = vec![
        in_use,
        secret("cs_BBBBBBBBBBBB", SecretState::Deactivated { at: since }),
        secret("cs_CCCCCCCCCCCC", SecretState::Deleted { at: since, deactivated_at: Some(since) }),
    ];
    Registration { client, secrets }
}

pub fn administrator() -> Administrator {
    Administrator {
        id: AdministratorId::parse("adm_AAAAAAAAAAAAAAAA").unwrap(),
        email: Email::parse("viewer@acme.example").unwrap(),
        name: Name::parse("Viewer").unwrap(),
        organization: Some(OrganizationKey::parse("acme").unwrap()),
        privileges: Role::CredentialManager.privileges(),
        password: Verifier::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned()),
        totp_key: SealedTotpKey("c2VhbGVk".to_owned()),
        last_totp_step: 59_000_000,
        pending_authenticator: Some(PendingAuthenticator {
            totp_key: SealedTotpKey("cGVuZGluZw".to_owned()),
            since: at("2026-03-02T08:00:00Z"),
        }),
        recovery_codes: vec![Verifier::new("$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA".to_owned())],
        session_epoch: 4,
        last_signed_in_at: Some(at("2026-03-02T07:59:00Z")),
        created_at: at("2026-03-01T12:00:00Z"),
        version: Version(2),
    }
}

pub fn change_request_id() -> ChangeRequestId {
    ChangeRequestId::parse("chg_000000000AAAAAAAAAAAA").unwrap()
}

pub fn change_request(command: Command) -> ChangeRequest {
    let machine = Actor::Client(client_id());
    ChangeRequest {
        by_operator: false,
        first_approval: None,
        id: change_request_id(),
        organization: OrganizationKey::parse("acme").unwrap(),
        command,
        diff: FieldChange::between("enabled", json!(true), json!(false)).into_iter().collect(),
        base_version: Some(Version(3)),
        requested_by: Actor::Administrator { id: administrator().id, email: administrator().email },
        requested_at: at("2026-03-01T12:00:00Z"),
        state: State::Pending,
        comments: vec![Comment {
            by: machine,
            at: at("2026-03-01T12:30:00Z"),
            text: CommentText::parse("Why?").unwrap(),
        }],
        version: Version(2),
    }
}
