//! Stored items that expire: revocations, failed attempts and idempotency keys.

use std::collections::BTreeSet;

use countersign::names::TABLE_PREFIX;
use shared::domain::access_token::Claims;
use shared::domain::client::Environment;
use shared::domain::id::OrganizationKey;
use shared::domain::idempotency::{Outcome, Remembered};
use shared::store::attempts::{AttemptLimit, AttemptStore};
use shared::store::revocations::RevocationStore;
use shared::store::{item, schema};

use crate::architecture::stored_items::samples::{at, client_id, lines};
use crate::support::app::App;
use crate::support::storage::items_of;

#[test]
fn a_request_under_an_idempotency_key_is_stored_unchanged() {
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

#[tokio::test]
async fn a_revocation_is_stored_unchanged() {
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
    let store = RevocationStore::new(app.stack.aws.dynamodb(), &shared::store::Tables::of_deployment(TABLE_PREFIX));
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
async fn failed_attempts_are_stored_unchanged() {
    let app = App::start().await;
    let store = AttemptStore::new(app.stack.aws.dynamodb(), &shared::store::Tables::of_deployment(TABLE_PREFIX));
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
