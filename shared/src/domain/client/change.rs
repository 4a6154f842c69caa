//! Changes of a client by an administrator.

use jiff::Timestamp;
use serde_json::json;

use super::error::ChangeError;
use super::registration::{Registration, RegistrationChange, event_of};
use super::secrets::NewSecret;
use super::{Client, Environment, Served};
use crate::domain::event::{Action, FieldChange};
use crate::domain::grant::Grants;
use crate::domain::id::{ClientId, ClientIdPrefix, ClientKey, OrganizationKey, Version};
use crate::domain::organization::settings::OrganizationSettings;
use crate::domain::secret::MintedSecret;
use crate::domain::text::{Name, Notes};
use crate::domain::time::{ClientLifetime, Expiry, TokenLifetime, whole_seconds};

/// A client as it is asked for.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// The part of the client_id that the organization chooses.
    pub key: ClientKey,
    /// Name shown to people.
    pub name: Name,
    /// Free text about the client.
    pub notes: Notes,
    /// Can get tokens from the start.
    pub enabled: bool,
    /// True if its organization is suspended.
    pub suspended: bool,
    /// What it is for.
    pub environment: Environment,
    /// Lifetime of its access tokens; the organization's default if `None`.
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
    /// Name shown to people.
    pub name: Option<Name>,
    /// Free text about the client.
    pub notes: Option<Notes>,
    /// Lifetime of its access tokens.
    pub token_lifetime: Option<TokenLifetime>,
    /// Everything it may do, as a whole.
    pub grants: Option<Grants>,
    /// All resources whose server it is, as a whole.
    pub serves: Option<Served>,
}

impl Registration {
    /// A new client with its first secret.
    ///
    /// # Errors
    /// If the `client_id` gets too long, or a value is not within the settings.
    pub fn create(
        new: NewClient,
        prefix: &ClientIdPrefix,
        organization: &OrganizationKey,
        settings: &OrganizationSettings,
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
    ///
    /// # Errors
    /// If the `client_id` gets too long, or a value is not within the settings.
    pub fn create_without_secret(
        new: NewClient,
        prefix: &ClientIdPrefix,
        organization: &OrganizationKey,
        settings: &OrganizationSettings,
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
    ///
    /// # Errors
    /// If the client is deleted.
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
    ///
    /// # Errors
    /// If the client is deleted.
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
    ///
    /// # Errors
    /// If the client is deleted already.
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
}

fn keys_json(served: &Served) -> serde_json::Value {
    served.keys().map(|key| json!(key)).collect::<Vec<_>>().into()
}

fn grants_json(grants: &Grants) -> serde_json::Value {
    grants.0.iter().map(|(key, grant)| (key.to_string(), json!(grant.level))).collect::<serde_json::Map<_, _>>().into()
}
