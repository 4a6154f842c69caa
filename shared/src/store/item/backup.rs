//! Aggregates as lines of a backup: their items as they are stored, in DynamoDB's own JSON.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

use super::{Item, Writer, administrator, client, organization, secret};
use crate::domain::id::{AdministratorId, ClientId, OrganizationKey, ResourceKey, Version};
use crate::domain::resource::Resource;
use crate::store::schema::{CLIENT_ID, ID, ORGANIZATION, PART};

/// What kind of aggregate a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A resource of the catalogue.
    Resource,
    /// An organization with its settings.
    Organization,
    /// A client with its secrets, or what is left of a deleted one.
    Client,
    /// An administrator's account.
    Administrator,
}

impl Kind {
    /// All of them, in the order in which they are restored.
    pub const ALL: [Self; 4] = [Self::Resource, Self::Organization, Self::Client, Self::Administrator];

    /// The word of this kind in a line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Organization => "organization",
            Self::Client => "client",
            Self::Administrator => "administrator",
        }
    }
}

/// Whose a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// A resource.
    Resource(Box<Resource>),
    /// An organization.
    Organization(OrganizationKey),
    /// A client of an organization.
    Client(ClientId, OrganizationKey),
    /// An account; its organization is none for operators.
    Administrator(AdministratorId, Option<OrganizationKey>),
}

/// One aggregate, as it is stored. It holds hashes, and so has no `Debug`.
pub struct Record {
    pub(in crate::store) name: Name,
    pub(in crate::store) items: Vec<Item>,
}

/// A line that is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a record of a backup: {0}")]
pub struct InvalidRecord(String);

fn invalid(reason: impl std::fmt::Display) -> InvalidRecord {
    InvalidRecord(reason.to_string())
}

impl Record {
    /// Takes the items of one aggregate, its head first, and checks that they read as what they should be.
    pub fn of(kind: Kind, items: Vec<Item>) -> Result<Self, InvalidRecord> {
        let head = items.first().ok_or_else(|| invalid("it has no items"))?;
        let name = match kind {
            Kind::Resource => {
                let catalogue = organization::read_catalogue(&items).map_err(invalid)?;
                let resource = catalogue.resources.into_values().next().ok_or_else(|| invalid("no resource"))?;
                Name::Resource(Box::new(resource))
            }
            Kind::Organization => Name::Organization(organization::read(head).map_err(invalid)?.key),
            Kind::Client => {
                let registration = client::read_partition(&items).map_err(invalid)?;
                let client = registration.ok_or_else(|| invalid("no client"))?.client;
                if items.iter().any(|item| item.get(CLIENT_ID) != head.get(CLIENT_ID)) {
                    return Err(invalid("a secret of another client"));
                }
                Name::Client(client.client_id, client.organization)
            }
            Kind::Administrator => {
                let account = administrator::read(head).map_err(invalid)?;
                let address = administrator::write_email(&account);
                if items.iter().skip(1).any(|item| item != &address) || items.len() > 2 {
                    return Err(invalid("beside an account stands something else than its address"));
                }
                Name::Administrator(account.id, account.organization)
            }
        };
        Ok(Self { name, items })
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.name {
            Name::Resource(_) => Kind::Resource,
            Name::Organization(_) => Kind::Organization,
            Name::Client(..) => Kind::Client,
            Name::Administrator(..) => Kind::Administrator,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The resources that a client of this record may use, or is the server of.
    #[must_use]
    pub fn resources(&self) -> Vec<ResourceKey> {
        let read = (self.kind() == Kind::Client).then(|| client::read_partition(&self.items).ok().flatten()).flatten();
        let registration = read.map(|registration| registration.client);
        registration
            .into_iter()
            .flat_map(|client| client.grants.0.into_keys().chain(client.serves.into_keys()))
            .collect()
    }

    /// The record as a line holds it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "kind": self.kind().as_str(), "items": self.items.iter().map(item_json).collect::<Vec<_>>() })
    }

    /// Reads what a line holds.
    pub fn from_json(line: &Value) -> Result<Self, InvalidRecord> {
        let word = line.get("kind").and_then(Value::as_str).ok_or_else(|| invalid("it has no kind"))?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
        let items = line.get("items").and_then(Value::as_array).ok_or_else(|| invalid("it has no items"))?;
        let items = items.iter().map(read_item).collect::<Option<Vec<_>>>();
        Self::of(
            kind.ok_or_else(|| invalid(format_args!("its kind is {word}")))?,
            items.ok_or_else(|| invalid("an item is not in DynamoDB's JSON"))?,
        )
    }

    /// Whether both say the same, apart from what changes by mere use.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let by_use = [secret::LAST_USED_AT, secret::LAST_USED_NETWORK, client::VERSION, administrator::LAST_TOTP_STEP];
        let lasting = |record: &Self| -> Vec<BTreeMap<String, AttributeValue>> {
            let mut items: Vec<BTreeMap<_, _>> = record
                .items
                .iter()
                .map(|item| item.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
                .collect();
            for item in &mut items {
                item.retain(|name: &String, _| !by_use.contains(&name.as_str()));
            }
            items.sort_by_key(|item| item.get(PART).and_then(|part| part.as_s().ok()).cloned());
            items
        };
        lasting(self) == lasting(other)
    }

    /// The keys of its items in their table.
    pub(in crate::store) fn keys(&self) -> Vec<Item> {
        let of_key = [ORGANIZATION, CLIENT_ID, PART, ID];
        let kind = self.kind();
        self.items
            .iter()
            .map(|item| {
                let key = item.iter().filter(|(name, _)| of_key.contains(&name.as_str()));
                // an account or a client also says whose it is
                key.filter(|(name, _)| name.as_str() != ORGANIZATION || kind <= Kind::Organization)
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            })
            .collect()
    }

    /// The version of its head.
    pub(in crate::store) fn version(&self) -> Version {
        let number = self.items.first().and_then(|head| head.get(client::VERSION)?.as_n().ok()?.parse().ok());
        number.map_or(Version::NEW, Version)
    }

    /// Gives its head a version.
    pub(in crate::store) fn set_version(&mut self, version: Version) {
        if let Some(head) = self.items.first_mut() {
            head.extend(Writer::default().number(client::VERSION, version).finish());
        }
    }
}

fn item_json(item: &Item) -> Value {
    let sorted: BTreeMap<&String, Value> = item.iter().map(|(name, value)| (name, value_json(value))).collect();
    json!(sorted)
}

fn value_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::L(values) => json!({ "L": values.iter().map(value_json).collect::<Vec<_>>() }),
        AttributeValue::M(members) => json!({ "M": item_json(members) }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        // no item of ours holds anything else
        _ => json!({ "NULL": true }),
    }
}

fn read_item(json: &Value) -> Option<Item> {
    json.as_object()?.iter().map(|(name, value)| Some((name.clone(), read_value(value)?))).collect()
}

fn read_value(json: &Value) -> Option<AttributeValue> {
    let members: &Map<String, Value> = json.as_object()?;
    let (kind, value) = members.iter().next().filter(|_| members.len() == 1)?;
    let texts = || value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    Some(match kind.as_str() {
        "S" => AttributeValue::S(value.as_str()?.to_owned()),
        "N" => AttributeValue::N(value.as_str()?.to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool()?),
        "L" => AttributeValue::L(value.as_array()?.iter().map(read_value).collect::<Option<_>>()?),
        "M" => AttributeValue::M(read_item(value)?),
        "SS" => AttributeValue::Ss(texts()?),
        "NS" => AttributeValue::Ns(texts()?),
        "NULL" => AttributeValue::Null(true),
        _ => return None,
    })
}
