//! The state of the token endpoint.

use shared::clock::Clock;
use shared::http::Issuer;
use shared::keys::cache::VerificationCache;
use shared::keys::hashing::{HashParameters, Hasher};
use shared::store::attempts::AttemptStore;
use shared::store::clients::ClientStore;
use shared::store::revocations::RevocationStore;

use crate::keys::CurrentKeys;

/// Stores, keys and settings that every request shares.
pub struct TokenEndpoint {
    /// The issuer of every token.
    pub issuer: Issuer,
    /// Clients and their secrets.
    pub clients: ClientStore,
    /// Access tokens revoked before they expired.
    pub revocations: RevocationStore,
    /// Counts of failed authentications.
    pub attempts: AttemptStore,
    /// The signing keys.
    pub keys: CurrentKeys,
    /// Verifies secrets with Argon2.
    pub hasher: Hasher,
    /// Secrets that this process has already verified.
    pub verified: VerificationCache,
    /// The present parameters: a secret that was hashed with others is hashed again.
    pub hash_parameters: HashParameters,
    /// Accepts the same credentials in header and body.
    pub tolerate_duplicate_credentials: bool,
    /// The current time.
    pub clock: Clock,
}
