//! Stored items as they are on the disk of every deployment: whoever renames an attribute loses what is stored.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use countersign::stack::TABLE_PREFIX;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::domain::access_token::Claims;
use shared::domain::administrator::Administrator;
use shared::domain::administrator::PendingAuthenticator;
use shared::domain::administrator::SealedTotpKey;
use shared::domain::administrator::change::{RemoveAdministrator, UpdateAdministrator};
use shared::domain::administrator::managers::Managers;
use shared::domain::change_request::{ChangeRequest, Comment, Decision, State};
use shared::domain::client::Client;
use shared::domain::client::Environment;
use shared::domain::client::Served;
use shared::domain::client::registration::Registration;
use shared::domain::client::secrets::{NewSecret, Regeneration};
use shared::domain::command::{AskedClient, AskedUpdate, ClientCommand, Command, PersonCommand};
use shared::domain::email::Email;
use shared::domain::privilege::Role;
use shared::domain::time::Expiry;

use shared::domain::event::{Action, Actor, Attribution, FieldChange, NewEvent, Target, Trail};
use shared::domain::grant::{Grant, Grants};
use shared::domain::id::{
    AdministratorId, ChangeRequestId, ClientId, ClientKey, InvitationId, OrganizationKey, RequestId, ResourceKey,
    SecretId, SessionId, Version,
};
use shared::domain::idempotency::{Outcome, Remembered};
use shared::domain::invitation::{Invitation, InvitationDigest, InvitationState, Invite, Purpose, ResetAdministrator};
use shared::domain::organization::{Organization, Settings};
use shared::domain::resource::{AccessLevel, Audience, Catalogue, Resource};
use shared::domain::scope::Scope;
use shared::domain::secret::{LastUsed, SealedSecret, Secret, SecretState, Verifier};
use shared::domain::session::{NewSession, Session, SessionDigest, UserAgent};
use shared::domain::text::{Label, Name, Notes, Remark};
use shared::domain::time::{Overlap, TokenLifetime};
use shared::store::attempts::{AttemptLimit, AttemptStore};
use shared::store::item::{self, Item};
use shared::store::revocations::RevocationStore;
use shared::store::schema::{self, Table};

use crate::support::app::App;

/// An item in DynamoDB's own JSON, its names in order.
pub fn shown(item: &Item) -> Value {
    item.iter().map(|(name, value)| (name.clone(), shown_value(value))).collect()
}

fn shown_value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(digits) => json!({ "N": digits }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(shown_value).collect::<Vec<_>>() }),
        AttributeValue::M(item) => json!({ "M": shown(item) }),
        other => panic!("no item of ours has an attribute such as {other:?}"),
    }
}

/// An item as text: a line for each attribute.
fn lines(item: &Item) -> String {
    let lines: Vec<String> = item.iter().map(|(name, value)| format!("{name}: {}", shown_value(value))).collect();
    lines.into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("\n")
}

fn at(text: &str) -> Timestamp {
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

fn client_id() -> ClientId {
    ClientId::parse("wallet-acme-billing").unwrap()
}

fn registration() -> Registration {
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

fn administrator() -> Administrator {
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

#[test]
fn a_client_is_stored_as_ever() {
    let registration = registration();
    let item = item::client::write(&registration);
    assert_eq!(item::client::read(&item).unwrap(), registration.client);
    insta::assert_snapshot!(lines(&item), @r#"
    client_id: {"S":"wallet-acme-billing"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    enabled: {"BOOL":true}
    environment: {"S":"production"}
    expires_at: {"S":"2027-03-01T12:00:00Z"}
    expiry_day: {"S":"2027-03-01"}
    grants: {"M":{"banking":{"M":{"audience":{"S":"https://banking.example"},"level":{"S":"change"},"scopes":{"L":[{"S":"banking/read"},{"S":"banking/write"}]}}}}}
    key: {"S":"billing"}
    listed_in: {"S":"acme"}
    name: {"S":"Billing"}
    notes: {"S":"Runs at night."}
    organization: {"S":"acme"}
    part: {"S":"client"}
    secrets: {"M":{"cs_AAAAAAAAAAAA":{"M":{"created_at":{"S":"2026-03-01T12:00:00Z"},"expires_at":{"S":"2026-08-28T12:00:00Z"},"not_before":{"S":"2026-03-02T00:00:00Z"},"state":{"S":"active"}}},"cs_BBBBBBBBBBBB":{"M":{"created_at":{"S":"2026-03-01T12:00:00Z"},"expires_at":{"S":"2026-08-28T12:00:00Z"},"not_before":{"S":"2026-03-02T00:00:00Z"},"state":{"S":"deactivated"},"state_at":{"S":"2026-03-05T08:30:00Z"}}}}}
    serves: {"M":{"reporting":{"M":{"audience":{"S":"https://reporting.example"}}}}}
    suspended: {"BOOL":true}
    token_lifetime_seconds: {"N":"600"}
    updated_at: {"S":"2026-03-05T08:30:00Z"}
    version: {"N":"3"}
    "#);
}

#[test]
fn a_deleted_client_is_stored_as_ever() {
    let mut registration = registration();
    registration.client.deleted_at = Some(at("2026-04-01T00:00:00Z"));
    let item = item::client::write(&registration);
    assert_eq!(item::client::read(&item).unwrap(), registration.client);
    insta::assert_snapshot!(lines(&item), @r#"
    client_id: {"S":"wallet-acme-billing"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    deleted_at: {"S":"2026-04-01T00:00:00Z"}
    enabled: {"BOOL":true}
    environment: {"S":"production"}
    expires_at: {"S":"2027-03-01T12:00:00Z"}
    grants: {"M":{"banking":{"M":{"audience":{"S":"https://banking.example"},"level":{"S":"change"},"scopes":{"L":[{"S":"banking/read"},{"S":"banking/write"}]}}}}}
    key: {"S":"billing"}
    name: {"S":"Billing"}
    notes: {"S":"Runs at night."}
    organization: {"S":"acme"}
    part: {"S":"client"}
    secrets: {"M":{}}
    serves: {"M":{"reporting":{"M":{"audience":{"S":"https://reporting.example"}}}}}
    suspended: {"BOOL":true}
    token_lifetime_seconds: {"N":"600"}
    updated_at: {"S":"2026-03-05T08:30:00Z"}
    version: {"N":"3"}
    "#);
}

#[test]
fn a_secret_is_stored_as_ever_in_each_state() {
    for secret in registration().secrets {
        let item = item::secret::write(&client_id(), &secret);
        assert_eq!(item::secret::read(&item).unwrap(), secret);
    }
    let [active, deactivated, deleted] = registration()
        .secrets
        .try_into()
        .map(|all: [Secret; 3]| all.map(|one| lines(&item::secret::write(&client_id(), &one))))
        .unwrap();
    insta::assert_snapshot!(active, @r#"
    client_id: {"S":"wallet-acme-billing"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    expires_at: {"S":"2026-08-28T12:00:00Z"}
    expiry_day: {"S":"2026-08-28"}
    label: {"S":"Production server"}
    not_before: {"S":"2026-03-02T00:00:00Z"}
    part: {"S":"secret#cs_AAAAAAAAAAAA"}
    sealed: {"S":"c2VhbGVk"}
    secret_id: {"S":"cs_AAAAAAAAAAAA"}
    state: {"S":"active"}
    verifier: {"S":"$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA"}
    "#);
    insta::assert_snapshot!(deactivated, @r#"
    client_id: {"S":"wallet-acme-billing"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    expires_at: {"S":"2026-08-28T12:00:00Z"}
    label: {"S":"Production server"}
    not_before: {"S":"2026-03-02T00:00:00Z"}
    part: {"S":"secret#cs_BBBBBBBBBBBB"}
    replaced_by: {"S":"cs_DDDDDDDDDDDD"}
    sealed: {"S":"c2VhbGVk"}
    secret_id: {"S":"cs_BBBBBBBBBBBB"}
    state: {"S":"deactivated"}
    state_at: {"S":"2026-03-05T08:30:00Z"}
    verifier: {"S":"$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA"}
    "#);
    insta::assert_snapshot!(deleted, @r#"
    client_id: {"S":"wallet-acme-billing"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    deactivated_at: {"S":"2026-03-05T08:30:00Z"}
    expires_at: {"S":"2026-08-28T12:00:00Z"}
    label: {"S":"Production server"}
    not_before: {"S":"2026-03-02T00:00:00Z"}
    part: {"S":"secret#cs_CCCCCCCCCCCC"}
    purge_at: {"N":"1775291400"}
    replaced_by: {"S":"cs_DDDDDDDDDDDD"}
    sealed: {"S":"c2VhbGVk"}
    secret_id: {"S":"cs_CCCCCCCCCCCC"}
    state: {"S":"deleted"}
    state_at: {"S":"2026-03-05T08:30:00Z"}
    verifier: {"S":"$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA"}
    "#);
}

#[tokio::test]
async fn the_last_use_of_a_secret_is_stored_as_ever() {
    let app = App::start().await;
    let client = app.demo_client();
    let used = LastUsed { at: at("2026-03-01T12:00:00Z"), network: "203.0.113.0/24".to_owned() };
    app.stack.clients.record_use(&client.client_id(), &client.secret_id(), &used).await.unwrap();
    let items = items_of(&app, &schema::CLIENTS).await;
    let mut items = items.iter().filter(|item| item.contains_key("last_used_at"));
    let (item, others) = (items.next().unwrap(), items.count());
    assert_eq!((others, item::secret::read(item).unwrap().last_used), (0, Some(used)));
    let mut item = item.clone();
    item.retain(|name, _| name.starts_with("last_used"));
    insta::assert_snapshot!(lines(&item), @r#"
    last_used_at: {"S":"2026-03-01T12:00:00Z"}
    last_used_network: {"S":"203.0.113.0/24"}
    "#);
}

#[test]
fn a_directory_of_clients_is_stored_as_ever() {
    let organization = OrganizationKey::parse("acme").unwrap();
    let place = item::client::directory_key(&organization, &client_id());
    assert_eq!(item::client::read_directory(&place).unwrap(), Some(client_id()));
    insta::assert_snapshot!(lines(&place), @r#"
    client_id: {"S":"@acme"}
    part: {"S":"wallet-acme-billing"}
    "#);
    let mark = item::client::suspension_key(&organization);
    assert_eq!(item::client::read_directory(&mark).unwrap(), None);
    insta::assert_snapshot!(lines(&mark), @r#"
    client_id: {"S":"@acme"}
    part: {"S":"@suspended"}
    "#);
}

#[test]
fn an_organization_is_stored_as_ever() {
    let organization = Organization {
        key: OrganizationKey::parse("acme").unwrap(),
        name: Name::parse("Acme").unwrap(),
        settings: Settings::default(),
        grantable: Some([ResourceKey::parse("banking").unwrap()].into()),
        suspended_at: Some(at("2026-04-01T12:00:00Z")),
        created_at: at("2026-03-01T12:00:00Z"),
        version: Version(1),
    };
    let item = item::organization::write(&organization);
    assert_eq!(item::organization::read(&item).unwrap(), organization);
    insta::assert_snapshot!(lines(&item), @r#"
    created_at: {"S":"2026-03-01T12:00:00Z"}
    grantable_resources: {"L":[{"S":"banking"}]}
    listed_in: {"S":"organizations"}
    name: {"S":"Acme"}
    organization: {"S":"acme"}
    part: {"S":"organization"}
    settings: {"S":"{\"clients_need_expiry\":false,\"custody\":\"once\",\"live_secrets\":5,\"multi_admin\":false,\"overlap_max_seconds\":2592000,\"overlap_seconds\":86400,\"reminder_days\":[0,1,7,14,30,60],\"secret_lifetime_days\":180,\"secret_lifetime_max_days\":365,\"secrets_may_never_expire\":false,\"team_address\":null,\"token_lifetime_seconds\":900}"}
    suspended_at: {"S":"2026-04-01T12:00:00Z"}
    version: {"N":"1"}
    "#);
}

#[test]
fn a_request_under_an_idempotency_key_is_stored_as_ever() {
    let mut remembered = Remembered::begin("digest".to_owned(), at("2026-03-01T12:00:00Z"));
    assert_eq!(item::idempotency::read(&item::idempotency::write("subject", &remembered)).unwrap(), remembered);
    let made =
        Outcome::SecretMade { client_id: "wallet-acme-billing".to_owned(), secret_id: "cs_AAAAAAAAAAAA".to_owned() };
    remembered.outcome = Some(made);
    let item = item::idempotency::write("subject", &remembered);
    assert_eq!(item::idempotency::read(&item).unwrap(), remembered);
    insta::assert_snapshot!(lines(&item), @r#"
    began_at: {"N":"1772366400"}
    digest: {"S":"digest"}
    idempotency_key: {"S":"subject"}
    outcome: {"S":"{\"client_id\":\"wallet-acme-billing\",\"kind\":\"secret_made\",\"secret_id\":\"cs_AAAAAAAAAAAA\"}"}
    purge_at: {"N":"1772452800"}
    "#);
}

#[test]
fn the_catalogue_is_stored_as_ever() {
    let resource = Resource {
        key: ResourceKey::parse("banking").unwrap(),
        name: Name::parse("Banking").unwrap(),
        audience: Audience::parse("https://banking.example").unwrap(),
        levels: BTreeMap::from([(AccessLevel::View, Scope::parse("READ:ACCOUNTS").unwrap())]),
        created_at: at("2026-03-01T12:00:00Z"),
    };
    let items = [item::organization::write_catalogue_head(Version(4)), item::organization::write_resource(&resource)];
    let resources = BTreeMap::from([(resource.key.clone(), resource)]);
    let catalogue = Catalogue { version: Version(4), resources };
    assert_eq!(item::organization::read_catalogue(&items).unwrap(), catalogue);
    insta::assert_snapshot!(lines(&items[0]), @r#"
    organization: {"S":"@catalogue"}
    part: {"S":"catalogue"}
    version: {"N":"4"}
    "#);
    insta::assert_snapshot!(lines(&items[1]), @r#"
    audience: {"S":"https://banking.example"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    levels: {"M":{"view":{"M":{"scope":{"S":"READ:ACCOUNTS"}}}}}
    name: {"S":"Banking"}
    organization: {"S":"@catalogue"}
    part: {"S":"resource#banking"}
    "#);
}

#[test]
fn an_administrator_and_the_address_are_stored_as_ever() {
    let administrator = administrator();
    let item = item::administrator::write(&administrator);
    assert_eq!(item::administrator::read(&item).unwrap(), administrator);
    insta::assert_snapshot!(lines(&item), @r#"
    created_at: {"S":"2026-03-01T12:00:00Z"}
    email: {"S":"viewer@acme.example"}
    id: {"S":"adm_AAAAAAAAAAAAAAAA"}
    last_signed_in_at: {"S":"2026-03-02T07:59:00Z"}
    last_totp_step: {"N":"59000000"}
    listed_in: {"S":"acme"}
    name: {"S":"Viewer"}
    organization: {"S":"acme"}
    password: {"S":"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"}
    pending_since: {"S":"2026-03-02T08:00:00Z"}
    pending_totp_key: {"S":"cGVuZGluZw"}
    privileges: {"L":[{"S":"clients:read"},{"S":"secrets:manage"}]}
    recovery_codes: {"L":[{"S":"$argon2id$v=19$m=1024,t=1,p=1$c2FsdA$aGFzaA"}]}
    session_epoch: {"N":"4"}
    totp_key: {"S":"c2VhbGVk"}
    version: {"N":"2"}
    "#);
    let address = item::administrator::write_email(&administrator);
    assert_eq!(item::administrator::read_owner(&address).unwrap(), administrator.id);
    insta::assert_snapshot!(lines(&address), @r#"
    administrator: {"S":"adm_AAAAAAAAAAAAAAAA"}
    id: {"S":"email#viewer@acme.example"}
    "#);
    let operator = Administrator { organization: None, ..administrator };
    let item = item::administrator::write(&operator);
    assert_eq!(item::administrator::read(&item).unwrap(), operator);
    assert!(lines(&item).contains(r#"listed_in: {"S":"@platform"}"#));
}

#[test]
fn a_session_is_stored_as_ever() {
    let digest = SessionDigest("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned());
    let new = NewSession {
        id: SessionId::parse("ses_AAAAAAAAAAAAAAAA").unwrap(),
        digest,
        source: Some("203.0.113.7".parse().unwrap()),
        user_agent: UserAgent::of("Mozilla/5.0"),
    };
    let mut session = Session::begin(new, administrator().id, 4, at("2026-03-01T12:00:00Z"));
    session.last_seen_at = at("2026-03-01T12:05:00Z");
    let item = item::session::write(&session);
    assert_eq!(item::session::read(&item).unwrap(), session);
    insta::assert_snapshot!(lines(&item), @r#"
    administrator: {"S":"adm_AAAAAAAAAAAAAAAA"}
    authenticated_at: {"S":"2026-03-01T12:00:00Z"}
    created_at: {"S":"2026-03-01T12:00:00Z"}
    epoch: {"N":"4"}
    id: {"S":"session#47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
    last_seen_at: {"S":"2026-03-01T12:05:00Z"}
    listed_in: {"S":"sessions#adm_AAAAAAAAAAAAAAAA"}
    purge_at: {"N":"1772409600"}
    session_id: {"S":"ses_AAAAAAAAAAAAAAAA"}
    source: {"S":"203.0.113.7"}
    user_agent: {"S":"Mozilla/5.0"}
    "#);
}

#[test]
fn an_invitation_is_stored_as_ever_in_each_state() {
    let invitation = Invitation {
        approved: false,
        id: InvitationId::parse("inv_AAAAAAAAAAAAAAAA").unwrap(),
        purpose: Purpose::Join,
        email: Email::parse("newcomer@acme.example").unwrap(),
        name: Name::parse("Newcomer").unwrap(),
        organization: Some(OrganizationKey::parse("acme").unwrap()),
        privileges: Role::CredentialManager.privileges(),
        invited_by: Actor::Administrator { id: administrator().id, email: administrator().email },
        created_at: at("2026-03-01T12:00:00Z"),
        expires_at: at("2026-03-08T12:00:00Z"),
        state: InvitationState::Pending,
        digest: InvitationDigest("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned()),
        totp_key: Some(SealedTotpKey("c2VhbGVk".to_owned())),
        version: Version(2),
    };
    let reset = Invitation {
        purpose: Purpose::Reset(administrator().id),
        organization: None,
        invited_by: Actor::System,
        state: InvitationState::Withdrawn { at: at("2026-03-02T12:00:00Z") },
        totp_key: None,
        ..invitation.clone()
    };
    let accepted =
        Invitation { state: InvitationState::Accepted { at: at("2026-03-02T12:00:00Z") }, ..invitation.clone() };
    for invitation in [&invitation, &reset, &accepted] {
        assert_eq!(item::invitation::read(&item::invitation::write(invitation)).unwrap(), *invitation);
    }
    insta::assert_snapshot!(lines(&item::invitation::write(&invitation)), @r#"
    created_at: {"S":"2026-03-01T12:00:00Z"}
    digest: {"S":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
    email: {"S":"newcomer@acme.example"}
    expires_at: {"S":"2026-03-08T12:00:00Z"}
    id: {"S":"invitation#inv_AAAAAAAAAAAAAAAA"}
    invited_by: {"S":"administrator#adm_AAAAAAAAAAAAAAAA"}
    invited_by_email: {"S":"viewer@acme.example"}
    listed_in: {"S":"invitations#acme"}
    name: {"S":"Newcomer"}
    organization: {"S":"acme"}
    privileges: {"L":[{"S":"clients:read"},{"S":"secrets:manage"}]}
    purge_at: {"N":"1775563200"}
    state: {"S":"pending"}
    totp_key: {"S":"c2VhbGVk"}
    version: {"N":"2"}
    "#);
    insta::assert_snapshot!(lines(&item::invitation::write(&reset)), @r#"
    created_at: {"S":"2026-03-01T12:00:00Z"}
    digest: {"S":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
    email: {"S":"newcomer@acme.example"}
    expires_at: {"S":"2026-03-08T12:00:00Z"}
    id: {"S":"invitation#inv_AAAAAAAAAAAAAAAA"}
    invited_by: {"S":"system"}
    listed_in: {"S":"invitations#@platform"}
    name: {"S":"Newcomer"}
    privileges: {"L":[{"S":"clients:read"},{"S":"secrets:manage"}]}
    purge_at: {"N":"1775044800"}
    resets: {"S":"adm_AAAAAAAAAAAAAAAA"}
    state: {"S":"withdrawn"}
    state_at: {"S":"2026-03-02T12:00:00Z"}
    version: {"N":"2"}
    "#);
}

#[test]
fn who_manages_administrators_is_stored_as_ever() {
    let managers = Managers {
        organization: Some(OrganizationKey::parse("acme").unwrap()),
        members: [administrator().id].into(),
        version: Version(3),
    };
    let item = item::administrator::write_managers(&managers);
    assert_eq!(item::administrator::read_managers(managers.organization.as_ref(), &item).unwrap(), managers);
    insta::assert_snapshot!(lines(&item), @r#"
    id: {"S":"managers#acme"}
    members: {"L":[{"S":"adm_AAAAAAAAAAAAAAAA"}]}
    version: {"N":"3"}
    "#);
}

fn change_request_id() -> ChangeRequestId {
    ChangeRequestId::parse("chg_000000000AAAAAAAAAAAA").unwrap()
}

fn change_request(command: Command) -> ChangeRequest {
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
        comments: vec![Comment { by: machine, at: at("2026-03-01T12:30:00Z"), text: Remark::parse("Why?").unwrap() }],
        version: Version(2),
    }
}

#[test]
fn a_change_request_is_stored_as_ever_in_each_state() {
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
fn every_command_is_stored_as_ever() {
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

#[test]
fn an_event_is_stored_as_ever() {
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

async fn items_of(app: &App, table: &Table) -> Vec<Item> {
    let scan = app.stack.aws.dynamodb().scan().table_name(table.name_in(TABLE_PREFIX)).consistent_read(true);
    scan.send().await.unwrap().items.unwrap_or_default()
}

#[tokio::test]
async fn a_revocation_is_stored_as_ever() {
    let app = App::start().await;
    let claims = Claims {
        iss: app.base.clone(),
        sub: client_id(),
        aud: BTreeSet::new(),
        exp: 1_772_367_300,
        iat: 1_772_366_400,
        nbf: 1_772_366_400,
        jti: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        client_id: client_id(),
        scope: "banking/read".to_owned(),
        org: OrganizationKey::parse("acme").unwrap(),
        env: Environment::Production,
    };
    let store = RevocationStore::new(app.stack.aws.dynamodb(), schema::REVOCATIONS.name_in(TABLE_PREFIX));
    assert!(!store.is_revoked(&claims).await.unwrap());
    store.revoke(&claims).await.unwrap();
    store.revoke(&claims).await.unwrap();
    assert!(store.is_revoked(&claims).await.unwrap());
    let items = items_of(&app, &schema::REVOCATIONS).await;
    assert_eq!(items.len(), 1);
    insta::assert_snapshot!(lines(&items[0]), @r#"
    client_id: {"S":"wallet-acme-billing"}
    purge_at: {"N":"1772367300"}
    token_id: {"S":"AAAAAAAAAAAAAAAAAAAAAA"}
    "#);
}

#[tokio::test]
async fn failed_attempts_are_stored_as_ever() {
    let app = App::start().await;
    let store = AttemptStore::new(app.stack.aws.dynamodb(), schema::ATTEMPTS.name_in(TABLE_PREFIX));
    let limit = AttemptLimit { failures: 20, window_seconds: 300 };
    for _ in 0..3 {
        store.record("client#wallet-acme-billing#203.0.113.7", limit, app.now()).await.unwrap().unwrap();
    }
    let items = items_of(&app, &schema::ATTEMPTS).await;
    assert_eq!(items.len(), 1);
    insta::assert_snapshot!(lines(&items[0]), @r#"
    failures: {"N":"3"}
    purge_at: {"N":"1772366700"}
    subject: {"S":"client#wallet-acme-billing#203.0.113.7#5907888"}
    "#);
}
