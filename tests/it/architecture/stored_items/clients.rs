//! Stored clients and secrets.

use shared::domain::id::OrganizationKey;
use shared::domain::secret::{LastUsed, Secret};
use shared::store::{item, schema};

use crate::architecture::stored_items::samples::{at, client_id, lines, registration};
use crate::support::app::App;
use crate::support::storage::items_of;

#[test]
fn a_client_is_stored_unchanged() {
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
fn a_deleted_client_is_stored_unchanged() {
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
fn a_secret_is_stored_unchanged_in_each_state() {
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
async fn the_last_use_of_a_secret_is_stored_unchanged() {
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
fn a_directory_of_clients_is_stored_unchanged() {
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
