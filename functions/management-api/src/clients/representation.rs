//! Clients in the API.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::header;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::client::Environment;
use shared::domain::client::registration::Registration;
use shared::domain::client::{Client, ClientStatus};
use shared::domain::id::{ClientId, ClientKey, OrganizationKey, ResourceKey, SecretId, Version};
use shared::domain::resource::AccessLevel;
use shared::domain::secret::{SecretState, SecretStatus};
use shared::store::item::client::Listed;
use shared::store::item::secret::Summary;

use crate::app::precondition::etag;
use crate::secrets::hint;

/// A client, with a summary of its secrets.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Client")]
pub(crate) struct ClientJson {
    client_id: ClientId,
    organization: OrganizationKey,
    key: ClientKey,
    name: String,
    notes: String,
    /// False if an administrator has disabled the client.
    enabled: bool,
    environment: Environment,
    /// The current status.
    #[schemars(extend("enum" = ClientStatus::ALL.map(ClientStatus::as_str)))]
    status: &'static str,
    token_lifetime_seconds: i64,
    /// The access level for each granted resource.
    grants: BTreeMap<ResourceKey, AccessLevel>,
    /// The scopes of the grants.
    scopes: Vec<String>,
    /// The resources whose tokens it may introspect.
    serves: Vec<ResourceKey>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The expiry; null if it never expires.
    expires_at: Option<Timestamp>,
    /// The last time one of its secrets got a token, exact to an hour; null if never.
    last_used_at: Option<Timestamp>,
    secrets: Vec<SummaryJson>,
    version: Version,
}

/// A secret in a list of clients.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SecretSummary")]
struct SummaryJson {
    id: SecretId,
    hint: String,
    #[schemars(extend("enum" = SecretStatus::ALL.map(SecretStatus::as_str)))]
    status: &'static str,
    created_at: Timestamp,
    not_before: Timestamp,
    expires_at: Option<Timestamp>,
}

impl ClientJson {
    /// Builds the representation of a client with its secrets at `now`.
    pub(crate) fn of(registration: &Registration, now: Timestamp) -> Self {
        let kept = registration.secrets.iter().filter(|secret| !matches!(secret.state, SecretState::Deleted { .. }));
        let used = kept.clone().filter_map(|secret| secret.last_used.as_ref()).map(|used| used.at).max();
        Self::new(registration.client.clone(), kept.map(Summary::from), used, now)
    }

    /// Builds the representation of a listed client at `now`, with its last use.
    pub(crate) fn listed(listed: Listed, last_used_at: Option<Timestamp>, now: Timestamp) -> Self {
        Self::new(listed.client, listed.secrets, last_used_at, now)
    }

    fn new(
        client: Client,
        secrets: impl IntoIterator<Item = Summary>,
        last_used_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        Self {
            last_used_at,
            status: client.status(now).as_str(),
            scopes: client.grants.scopes().iter().map(ToString::to_string).collect(),
            grants: client.grants.0.into_iter().map(|(resource, grant)| (resource, grant.level)).collect(),
            serves: client.serves.into_keys().collect(),
            client_id: client.client_id,
            organization: client.organization,
            key: client.key,
            name: client.name.into(),
            notes: client.notes.into(),
            enabled: client.enabled,
            environment: client.environment,
            token_lifetime_seconds: client.token_lifetime.seconds(),
            created_at: client.created_at,
            updated_at: client.updated_at,
            expires_at: client.expires_at,
            secrets: secrets.into_iter().map(|secret| SummaryJson::of(secret, now)).collect(),
            version: client.version,
        }
    }

    /// Returns the response with this client.
    pub(crate) fn answer(self) -> Response {
        ([(header::ETAG, etag(self.version))], Json(self)).into_response()
    }
}

impl SummaryJson {
    fn of(secret: Summary, now: Timestamp) -> Self {
        Self {
            hint: hint(&secret.id),
            status: secret.status(now).as_str(),
            id: secret.id,
            created_at: secret.created_at,
            not_before: secret.not_before,
            expires_at: secret.expires_at,
        }
    }
}
