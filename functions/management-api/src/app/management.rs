//! The state that every handler and command shares.

use std::sync::Arc;

use shared::clock::Clock;
use shared::domain::id::ClientIdPrefix;
use shared::domain::resource::Catalogue;
use shared::http::Issuer;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::keys::published::PublishedKeys;
use shared::keys::sealing::DataKey;
use shared::mail::Mailer;
use shared::store::StoreError;
use shared::store::administrators::AdministratorStore;
use shared::store::attempts::AttemptStore;
use shared::store::audit::AuditTrail;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::idempotency::IdempotencyStore;
use shared::store::organizations::OrganizationStore;
use shared::store::reminders::ReminderStore;
use shared::store::revocations::RevocationStore;

use super::rate::RateLimiter;

/// The stores, keys and services that the management API works with.
#[derive(Debug, Clone)]
pub struct Management {
    /// Clients with their secrets.
    pub clients: ClientStore,
    /// Organizations and the resource catalogue.
    pub organizations: OrganizationStore,
    /// Administrators and their sessions.
    pub administrators: AdministratorStore,
    /// Access tokens revoked before their end.
    pub revocations: RevocationStore,
    /// Public keys for verifying the access tokens of machines.
    pub token_keys: Arc<PublishedKeys>,
    /// Changes that wait for a second administrator.
    pub change_requests: ChangeRequestStore,
    /// Outcomes of requests with an idempotency key, each of which is carried out once.
    pub idempotency: IdempotencyStore,
    /// Counts of failed sign-ins.
    pub attempts: AttemptStore,
    /// Delivery results of reminders.
    pub reminders: ReminderStore,
    /// Audit trail, through which every change is committed with its event.
    pub trail: AuditTrail,
    /// Hashes secrets and verifies passwords.
    pub hasher: Hasher,
    /// Opens the sealed TOTP keys.
    pub data_key: Arc<DataKey>,
    /// Sends mail.
    pub mailer: Mailer,
    /// Request rate of each caller in this process.
    pub rate_limiter: Arc<RateLimiter>,
    /// Source of the current time.
    pub clock: Clock,
    /// Base of every URL.
    pub issuer: Issuer,
    /// The first part of every client_id.
    pub client_id_prefix: ClientIdPrefix,
    /// Hash parameters for new secrets.
    pub hash_parameters: HashParameters,
}

impl Management {
    /// Returns all resources that can be granted, including the management API itself.
    pub(crate) async fn catalogue(&self) -> Result<Catalogue, StoreError> {
        Ok(self.organizations.catalogue().await?.with_built_in(self.issuer.as_str()))
    }
}
