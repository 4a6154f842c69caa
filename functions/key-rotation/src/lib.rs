//! The rotation of the signing keys: `previous <- current <- next`, and a new next key.
//!
//! Read it in the order of a rotation: [`order`] reads which step Secrets Manager asks for, [`steps`] takes it, and
//! [`versions`] is the secret that all of it happens to. [`dropping`] is the way out when a key has leaked.
//!
//! A step can be repeated at any time, and a rotation begun again from its first step: what is there already is checked
//! and kept. Only the last step changes what anybody sees, in one call that names the version which it replaces.

pub mod dropping;
pub mod lambda;
pub mod order;
pub mod settings;
pub mod steps;
pub mod versions;

use shared::clock::Clock;
use shared::keys::algorithm::SigningAlgorithm;

use crate::versions::KeySetVersions;

/// Everything that a rotation works with.
pub struct KeyRotation {
    /// The secret that holds the key set.
    pub versions: KeySetVersions,
    /// What new keys sign with.
    pub algorithm: SigningAlgorithm,
    /// What says which time it is.
    pub clock: Clock,
}
