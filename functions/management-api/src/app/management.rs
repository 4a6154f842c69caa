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
    /// What machines' access tokens are verified with.
    pub token_keys: Arc<PublishedKeys>,
    /// Changes that wait for a second administrator.
    pub change_requests: ChangeRequestStore,
    /// Requests that are carried out once.
    pub idempotency: IdempotencyStore,
    /// Counts of failed sign-ins.
    pub attempts: AttemptStore,
    /// Which reminders reached their recipients.
    pub reminders: ReminderStore,
    /// Where every change is committed with its event.
    pub trail: AuditTrail,
    /// Hashes secrets and verifies passwords.
    pub hasher: Hasher,
    /// Opens the sealed TOTP keys.
    pub data_key: Arc<DataKey>,
    /// Sends mail.
    pub mailer: Mailer,
    /// How much each caller has sent to this process.
    pub rate_limiter: Arc<RateLimiter>,
    /// Says which time it is.
    pub clock: Clock,
    /// Under which every URL lives.
    pub issuer: Issuer,
    /// The first part of every client_id.
    pub client_id_prefix: ClientIdPrefix,
    /// How new secrets are hashed.
    pub hash_parameters: HashParameters,
}

impl Management {
    /// Every resource that can be granted, the management API itself among them.
    pub(crate) async fn catalogue(&self) -> Result<Catalogue, StoreError> {
        Ok(self.organizations.catalogue().await?.with_built_in(self.issuer.as_str()))
    }
}
