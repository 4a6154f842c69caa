//! Stored organizations and the catalogue of resources.

use std::collections::BTreeMap;

use shared::domain::id::{OrganizationKey, ResourceKey, Version};
use shared::domain::organization::Organization;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::resource::{AccessLevel, Audience, Catalogue, Resource};
use shared::domain::scope::Scope;
use shared::domain::text::Name;
use shared::store::item;

use crate::architecture::stored_items::samples::{at, lines};

#[test]
fn an_organization_is_stored_unchanged() {
    let organization = Organization {
        key: OrganizationKey::parse("acme").unwrap(),
        name: Name::parse("Acme").unwrap(),
        settings: OrganizationSettings::default(),
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
fn the_catalogue_is_stored_unchanged() {
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
