//! Aggregates as lines of a backup, in DynamoDB's own JSON.
//!
//! A record holds the content of its items and not the items themselves: restored items are written by the code, so
//! that derived attributes, such as those of an index, cannot come from a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

use super::{Item, administrator, client, organization, secret};
use crate::domain::administrator::Administrator;
use crate::domain::client::registration::Registration;
use crate::domain::id::{OrganizationKey, ResourceKey, Version};
use crate::domain::organization::Organization;
use crate::domain::resource::Resource;
use crate::store::schema::{CLIENT_ID, ID, ORGANIZATION, PART};

/// Kind of aggregate in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A resource of the catalogue.
    Resource,
    /// An organization with its settings.
    Organization,
    /// A client with its secrets, or the tombstone of a deleted one.
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

    /// The attributes of a key in the table of this kind.
    fn key(self) -> &'static [&'static str] {
        match self {
            Self::Resource | Self::Organization => &[ORGANIZATION, PART],
            Self::Client => &[CLIENT_ID, PART],
            Self::Administrator => &[ID],
        }
    }

    fn key_of(self, item: &Item) -> Vec<String> {
        self.key().iter().filter_map(|name| item.get(*name)?.as_s().ok().cloned()).collect()
    }

    /// The key of an item in the table of this kind.
    pub(in crate::store) fn key_in(self, item: &Item) -> Item {
        let key = self.key().iter().filter_map(|name| item.get_key_value(*name));
        key.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// One aggregate. It holds hashes, and so has no `Debug`.
pub enum Record {
    /// A resource of the catalogue.
    Resource(Resource),
    /// An organization.
    Organization(Organization),
    /// A client with its secrets.
    Client(Box<Registration>),
    /// An account, with the address that leads to it.
    Administrator(Box<Administrator>),
}

/// A line that is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a record of a backup: {0}")]
pub struct InvalidRecord(String);

fn invalid(reason: impl fmt::Display) -> InvalidRecord {
    InvalidRecord(reason.to_string())
}

/// The record by a name that people know it by.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(resource) => write!(f, "the resource {}", resource.key),
            Self::Organization(organization) => write!(f, "the organization {}", organization.key),
            Self::Client(registration) => write!(f, "the client {}", registration.client.client_id),
            Self::Administrator(account) => write!(f, "the administrator {} ({})", account.email, account.id),
        }
    }
}

impl Record {
    /// Reads the items of one aggregate, which have to be all that it consists of and nothing else. An attribute that
    /// this version does not write is refused, since it would be lost.
    ///
    /// # Errors
    /// If an attribute is missing, unknown, or does not parse.
    pub fn of(kind: Kind, items: &[Item]) -> Result<Self, InvalidRecord> {
        let head = items.first().ok_or_else(|| invalid("it has no items"))?;
        let record = match kind {
            Kind::Resource => {
                let catalogue = organization::read_catalogue(items).map_err(invalid)?;
                Self::Resource(catalogue.resources.into_values().next().ok_or_else(|| invalid("no resource"))?)
            }
            Kind::Organization => Self::Organization(organization::read(head).map_err(invalid)?),
            Kind::Client => {
                let registration = client::read_partition(items).map_err(invalid)?;
                Self::Client(Box::new(registration.ok_or_else(|| invalid("no client"))?))
            }
            Kind::Administrator => Self::Administrator(Box::new(administrator::read(head).map_err(invalid)?)),
        };
        let written = record.items();
        let keys = |items: &[Item]| -> BTreeSet<Vec<String>> { items.iter().map(|item| kind.key_of(item)).collect() };
        let (given, expected) = (keys(items), keys(&written));
        // a missing address of an account is created again
        let without_address = kind == Kind::Administrator && given.len() == 1 && given.is_subset(&expected);
        if given.len() < items.len() || (given != expected && !without_address) {
            return Err(invalid(format_args!("beside {record} stands something else")));
        }
        let known: BTreeSet<&String> = written.iter().flat_map(Item::keys).collect();
        if let Some(unknown) = items.iter().flat_map(Item::keys).find(|name| !known.contains(name)) {
            return Err(invalid(format_args!("{record} has the attribute {unknown}, which does not belong there")));
        }
        Ok(record)
    }

    /// Its items, its head first, as they are stored.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        match self {
            Self::Resource(resource) => vec![organization::write_resource(resource)],
            Self::Organization(organization) => vec![organization::write(organization)],
            Self::Client(registration) => {
                let id = &registration.client.client_id;
                let secrets = registration.secrets.iter().map(|secret| secret::write_with_use(id, secret));
                [client::write(registration)].into_iter().chain(secrets).collect()
            }
            Self::Administrator(account) => vec![administrator::write(account), administrator::write_email(account)],
        }
    }

    /// Returns the kind of the record.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Resource(_) => Kind::Resource,
            Self::Organization(_) => Kind::Organization,
            Self::Client(_) => Kind::Client,
            Self::Administrator(_) => Kind::Administrator,
        }
    }

    /// Returns the organization of the record; `None` for resources and operators, which belong to the deployment.
    #[must_use]
    pub fn organization(&self) -> Option<&OrganizationKey> {
        match self {
            Self::Resource(_) => None,
            Self::Organization(organization) => Some(&organization.key),
            Self::Client(registration) => Some(&registration.client.organization),
            Self::Administrator(account) => account.organization.as_ref(),
        }
    }

    /// The resources that a client of this record may use, or is the server of.
    #[must_use]
    pub fn resources(&self) -> BTreeSet<ResourceKey> {
        let Self::Client(registration) = self else { return BTreeSet::new() };
        let client = &registration.client;
        client.grants.0.keys().chain(client.serves.keys()).cloned().collect()
    }

    /// The record as a line holds it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let items: Vec<Value> = self.items().iter().map(item_json).collect();
        json!({ "kind": self.kind().as_str(), "items": items })
    }

    /// Reads what a line holds.
    ///
    /// # Errors
    /// If an attribute is missing, unknown, or does not parse.
    pub fn from_json(line: &Value) -> Result<Self, InvalidRecord> {
        let word = line.get("kind").and_then(Value::as_str).ok_or_else(|| invalid("it has no kind"))?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
        let items = line.get("items").and_then(Value::as_array).ok_or_else(|| invalid("it has no items"))?;
        let items = items.iter().map(read_item).collect::<Option<Vec<_>>>();
        Self::of(
            kind.ok_or_else(|| invalid(format_args!("its kind is {word}")))?,
            &items.ok_or_else(|| invalid("an item is not in DynamoDB's JSON"))?,
        )
    }

    /// Checks that both records are equal, apart from attributes that change by mere use; of a resource, only the
    /// permanent attributes that grants refer to are compared.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Resource(one), Self::Resource(other)) => {
                (&one.key, &one.audience, &one.levels) == (&other.key, &other.audience, &other.levels)
            }
            (Self::Organization(one), Self::Organization(other)) => {
                *one == Organization { version: one.version, ..other.clone() }
            }
            (Self::Client(one), Self::Client(other)) => lasting(one) == lasting(other),
            (Self::Administrator(one), Self::Administrator(other)) => {
                **one
                    == Administrator {
                        version: one.version,
                        last_totp_step: one.last_totp_step,
                        last_signed_in_at: one.last_signed_in_at,
                        ..(**other).clone()
                    }
            }
            _ => false,
        }
    }

    /// The version of its head; resources have none of their own.
    #[must_use]
    pub fn version(&self) -> Version {
        match self {
            Self::Resource(_) => Version::NEW,
            Self::Organization(organization) => organization.version,
            Self::Client(registration) => registration.client.version,
            Self::Administrator(account) => account.version,
        }
    }

    /// Gives its head a version.
    pub(in crate::store) fn set_version(&mut self, version: Version) {
        match self {
            Self::Resource(_) => {}
            Self::Organization(organization) => organization.version = version,
            Self::Client(registration) => registration.client.version = version,
            Self::Administrator(account) => account.version = version,
        }
    }

    /// The keys of its items in their table.
    pub(in crate::store) fn keys(&self) -> Vec<Item> {
        self.items().iter().map(|item| self.kind().key_in(item)).collect()
    }

    /// The words of those keys, by which two records that would be written to the same place are told.
    #[must_use]
    pub fn places(&self) -> Vec<Vec<String>> {
        self.items().iter().map(|item| self.kind().key_of(item)).collect()
    }
}

/// A client without what its mere use changes.
fn lasting(registration: &Registration) -> Registration {
    let mut lasting = registration.clone();
    lasting.client.version = Version::NEW;
    for secret in &mut lasting.secrets {
        secret.last_used = None;
    }
    lasting
}

/// An item as a line holds it.
#[must_use]
pub fn item_json(item: &Item) -> Value {
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
