//! Clients and what an administrator does to them. Each change is a function from values to values:
//! it returns what must be committed and performs nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::administrator::Privilege;
use super::event::{Action, FieldChange, NewEvent, Target, Trail};
use super::grant::Grants;
use super::id::{ClientId, ClientIdPrefix, ClientKey, OrganizationKey, ResourceKey, SecretId, Version};
use super::machine::privileges_of;
use super::organization::Settings;
use super::resource::Audience;
use super::secret::{MintedSecret, Secret};
use super::text::{Name, Notes};
use super::time::{ClientLifetime, TokenLifetime, is_expired, whole_seconds};

mod secrets;

pub use secrets::{NewSecret, NotRegenerable, NotRevealable, Regeneration};

/// A permanent mark of a client: what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real data.
    Production,
    /// Trying things out.
    Sandbox,
}

impl Environment {
    /// The word of this environment in JSON, items and claims.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }

    /// The environment that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Production, Self::Sandbox].into_iter().find(|environment| environment.as_str() == word)
    }
}

/// Resources whose server a client is, each with its audience.
pub type Served = BTreeMap<ResourceKey, Audience>;

/// One integration of an organization: RFC 6749's client, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its permanent identifier.
    pub client_id: ClientId,
    /// Whose it is.
    pub organization: OrganizationKey,
    /// The part of the client_id that the organization chose.
    pub key: ClientKey,
    /// What people call it.
    pub name: Name,
    /// What people want to remember of it.
    pub notes: Notes,
    /// Whether it may get tokens.
    pub enabled: bool,
    /// Whether its organization is suspended, as the client's own partition says it.
    pub suspended: bool,
    /// What it is for.
    pub environment: Environment,
    /// How long its access tokens live.
    pub token_lifetime: TokenLifetime,
    /// What it may do.
    pub grants: Grants,
    /// The resources whose server it is, by audience: it may introspect their tokens (RFC 7662 section 4).
    pub serves: Served,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From when on it gets no more tokens; fixed at creation, none is never.
    pub expires_at: Option<Timestamp>,
    /// Since when it is deleted. What is left then is a tombstone: its client_id is never given out again.
    pub deleted_at: Option<Timestamp>,
    /// The optimistic version of the client together with its secrets.
    pub version: Version,
}

/// What a client is good for at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientStanding {
    /// It gets tokens.
    Active,
    /// Its organization is suspended.
    Suspended,
    /// An administrator switched it off.
    Disabled,
    /// Its `expires_at` has come.
    Expired,
    /// It is gone but for its client_id.
    Deleted,
}

impl ClientStanding {
    /// The word of this standing in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Deleted => "deleted",
        }
    }
}

impl Client {
    /// The privileges at the management API that come with this client, for whoever has a secret of it.
    #[must_use]
    pub fn privileges_brought(&self) -> &'static [Privilege] {
        let level = self.grants.0.get(&ResourceKey::built_in()).map(|grant| grant.level);
        level.map_or(&[], privileges_of)
    }

    /// What it is good for at `now`. What an administrator did outweighs what time did.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> ClientStanding {
        if self.deleted_at.is_some() {
            ClientStanding::Deleted
        } else if self.suspended {
            ClientStanding::Suspended
        } else if !self.enabled {
            ClientStanding::Disabled
        } else if is_expired(self.expires_at, now) {
            ClientStanding::Expired
        } else {
            ClientStanding::Active
        }
    }
}

/// A client together with all of its secrets: what changes as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The client.
    pub client: Client,
    /// Its secrets, the deleted that are still kept among them, oldest first.
    pub secrets: Vec<Secret>,
}

/// When something is asked to expire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// As the policy has it.
    #[default]
    Default,
    /// Never.
    Never,
    /// At this instant.
    At(Timestamp),
}

/// A client as it is asked for.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// The part of the client_id that the organization chooses.
    pub key: ClientKey,
    /// What people call it.
    pub name: Name,
    /// What people want to remember of it.
    pub notes: Notes,
    /// Whether it may get tokens from the start.
    pub enabled: bool,
    /// Whether its organization is suspended.
    pub suspended: bool,
    /// What it is for.
    pub environment: Environment,
    /// How long its access tokens live; the organization's default where none is given.
    pub token_lifetime: Option<TokenLifetime>,
    /// When it expires; one year from now by default.
    pub expiry: Expiry,
    /// What it may do.
    pub grants: Grants,
    /// The resources whose server it is.
    pub serves: Served,
}

/// A change to a client's fields; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ClientUpdate {
    /// What people call it.
    pub name: Option<Name>,
    /// What people want to remember of it.
    pub notes: Option<Notes>,
    /// How long its access tokens live.
    pub token_lifetime: Option<TokenLifetime>,
    /// Everything it may do, as a whole.
    pub grants: Option<Grants>,
    /// All resources whose server it is, as a whole.
    pub serves: Option<Served>,
}

/// Why a change to a client or its secrets is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The client, or the secret, does not exist or is deleted.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// An expiry that is not in the future.
    #[error("{0} must be in the future")]
    NotInFuture(&'static str),
    /// A lifetime over what the policy allows, in days.
    #[error("expires_at must be within {0} days from now")]
    TooLong(i64),
    /// The policy wants an expiry.
    #[error("expires_at is required: the organization's settings allow no {0} that never expires")]
    ExpiryRequired(&'static str),
    /// A not-before at or after the expiry.
    #[error("not_before must be before expires_at")]
    EmptyValidity,
    /// The client has as many live secrets as it may.
    #[error("the client has {0} live secrets, as many as it may have: delete one first")]
    TooManySecrets(usize),
    /// Without this secret the client could get no token, and nobody said that this is meant.
    #[error("no other secret of the client works: it could get no more tokens")]
    LastSecret,
    /// A secret that has no successor to get: only one in use has.
    #[error("{0}")]
    NotRegenerable(NotRegenerable),
    /// A deleted secret whose `expires_at` has come meanwhile.
    #[error("the secret has expired: it would not work again")]
    NotRestorable,
    /// A secret of which no copy may be shown.
    #[error("{0}")]
    NotRevealable(NotRevealable),
    /// An overlap over what the organization's settings allow, in seconds.
    #[error("must be at most {0}, as the organization's settings have it")]
    OverlapTooLong(i64),
    /// The assembled client_id is too long.
    #[error("the client_id would have more than 128 characters")]
    ClientIdTooLong,
}

/// A change that must be committed, together with its event, or not at all.
#[derive(Debug, Clone)]
pub struct RegistrationChange {
    /// Client and secrets as they are after the change; the version is the one before it.
    pub after: Registration,
    /// The secrets that are new or changed.
    pub changed: Vec<SecretId>,
    /// The secrets whose rows go.
    pub forgotten: Vec<SecretId>,
    /// What the audit trail says.
    pub event: NewEvent,
}

impl RegistrationChange {
    /// The client as it is once the change is committed.
    #[must_use]
    pub fn committed(self) -> Registration {
        let mut after = self.after;
        after.client.version = after.client.version.next();
        after
    }
}

impl Registration {
    /// A new client with its first secret.
    pub fn create(
        new: NewClient,
        prefix: &ClientIdPrefix,
        organization: &OrganizationKey,
        settings: &Settings,
        secret: impl Into<MintedSecret>,
        now: Timestamp,
    ) -> Result<RegistrationChange, ChangeError> {
        let mut change = Self::create_without_secret(new, prefix, organization, settings, now)?;
        let secret = NewSecret::default().make(secret.into(), settings, whole_seconds(now))?;
        change.event.changes.extend(FieldChange::between("secret_id", json!(null), json!(secret.id)));
        change.set(secret);
        Ok(change)
    }

    /// A new client that has no secret yet.
    pub fn create_without_secret(
        new: NewClient,
        prefix: &ClientIdPrefix,
        organization: &OrganizationKey,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<RegistrationChange, ChangeError> {
        let now = whole_seconds(now);
        let expires_at = match new.expiry {
            Expiry::Default => Some(ClientLifetime::default().after(now)),
            Expiry::Never if settings.clients_need_expiry => {
                return Err(ChangeError::ExpiryRequired("client"));
            }
            Expiry::Never => None,
            Expiry::At(at) => Some(whole_seconds(at)),
        };
        let longest = ClientLifetime::RANGE.1;
        let latest = ClientLifetime::new(longest).unwrap_or_default().after(now);
        match expires_at {
            Some(at) if at <= now => return Err(ChangeError::NotInFuture("expires_at")),
            Some(at) if at > latest => return Err(ChangeError::TooLong(longest)),
            _ => {}
        }
        let client_id = ClientId::assemble(prefix, organization, &new.key);
        if ClientId::parse(client_id.as_str()).is_err() {
            return Err(ChangeError::ClientIdTooLong);
        }
        let client = Client {
            client_id,
            organization: organization.clone(),
            key: new.key,
            name: new.name,
            notes: new.notes,
            enabled: new.enabled,
            suspended: new.suspended,
            environment: new.environment,
            token_lifetime: new.token_lifetime.unwrap_or(settings.token_lifetime_seconds),
            grants: new.grants,
            serves: new.serves,
            created_at: now,
            updated_at: now,
            expires_at,
            deleted_at: None,
            version: Version::NEW,
        };
        let changes = [
            FieldChange::between("name", json!(null), json!(client.name)),
            FieldChange::between("notes", json!(""), json!(client.notes)),
            FieldChange::between("enabled", json!(null), json!(client.enabled)),
            FieldChange::between("environment", json!(null), json!(client.environment)),
            FieldChange::between("expires_at", json!(null), json!(client.expires_at)),
            FieldChange::between("token_lifetime_seconds", json!(null), json!(client.token_lifetime)),
            FieldChange::between("grants", json!(null), grants_json(&client.grants)),
            FieldChange::between("serves", json!([]), keys_json(&client.serves)),
        ];
        Ok(RegistrationChange {
            event: event_of(&client, Action::ClientCreated, changes.into_iter().flatten().collect()),
            after: Self { client, secrets: Vec::new() },
            changed: Vec::new(),
            forgotten: Vec::new(),
        })
    }

    /// Changes name, notes, token lifetime or grants. Nothing different is no change: `None`.
    pub fn update(&self, update: ClientUpdate, now: Timestamp) -> Result<Option<RegistrationChange>, ChangeError> {
        self.existing()?;
        let mut client = self.client.clone();
        client.name = update.name.unwrap_or(client.name);
        client.notes = update.notes.unwrap_or(client.notes);
        client.token_lifetime = update.token_lifetime.unwrap_or(client.token_lifetime);
        client.grants = update.grants.unwrap_or(client.grants);
        client.serves = update.serves.unwrap_or(client.serves);
        let before = &self.client;
        let changes: Vec<_> = [
            FieldChange::between("name", json!(before.name), json!(client.name)),
            FieldChange::between("notes", json!(before.notes), json!(client.notes)),
            FieldChange::between("token_lifetime_seconds", json!(before.token_lifetime), json!(client.token_lifetime)),
            FieldChange::between("grants", grants_json(&before.grants), grants_json(&client.grants)),
            FieldChange::between("serves", keys_json(&before.serves), keys_json(&client.serves)),
        ]
        .into_iter()
        .flatten()
        .collect();
        Ok((!changes.is_empty()).then(|| self.with_client(client, Action::ClientUpdated, changes, now)))
    }

    /// Lets the client get tokens, or no more. What it is already is no change: `None`.
    pub fn set_enabled(&self, enabled: bool, now: Timestamp) -> Result<Option<RegistrationChange>, ChangeError> {
        self.existing()?;
        if self.client.enabled == enabled {
            return Ok(None);
        }
        let client = Client { enabled, ..self.client.clone() };
        let action = if enabled { Action::ClientEnabled } else { Action::ClientDisabled };
        let changes = FieldChange::between("enabled", json!(!enabled), json!(enabled)).into_iter().collect();
        Ok(Some(self.with_client(client, action, changes, now)))
    }

    /// Deletes the client for good: its secrets are forgotten, its client_id stays taken.
    pub fn delete(&self, now: Timestamp) -> Result<RegistrationChange, ChangeError> {
        self.existing()?;
        let client = Client {
            deleted_at: Some(whole_seconds(now)),
            enabled: false,
            grants: Grants::default(),
            serves: Served::new(),
            ..self.client.clone()
        };
        let mut change = self.with_client(client, Action::ClientDeleted, Vec::new(), now);
        change.forgotten = change.after.secrets.drain(..).map(|secret| secret.id).collect();
        Ok(change)
    }

    fn existing(&self) -> Result<(), ChangeError> {
        if self.client.deleted_at.is_some() { Err(ChangeError::NotFound("client")) } else { Ok(()) }
    }

    fn with_client(
        &self,
        client: Client,
        action: Action,
        changes: Vec<FieldChange>,
        now: Timestamp,
    ) -> RegistrationChange {
        let client = Client { updated_at: whole_seconds(now), ..client };
        RegistrationChange {
            event: event_of(&client, action, changes),
            after: Self { client, secrets: self.secrets.clone() },
            changed: Vec::new(),
            forgotten: Vec::new(),
        }
    }
}

fn event_of(client: &Client, action: Action, changes: Vec<FieldChange>) -> NewEvent {
    NewEvent {
        trail: Trail::Organization(client.organization.clone()),
        action,
        target: Target::Client(client.client_id.clone()),
        changes,
    }
}

fn keys_json(served: &Served) -> serde_json::Value {
    served.keys().map(|key| json!(key)).collect::<Vec<_>>().into()
}

fn grants_json(grants: &Grants) -> serde_json::Value {
    grants.0.iter().map(|(key, grant)| (key.to_string(), json!(grant.level))).collect::<serde_json::Map<_, _>>().into()
}
