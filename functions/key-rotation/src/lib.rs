//! The rotation of the signing keys: `previous <- current <- next`, and a new next key.
//!
//! In the order of a rotation: [`event`] says which step is to be taken, [`steps`] takes it, and [`versions`] reads and
//! writes the secret that holds the keys. [`drop_keys`] removes leaked keys.
//!
//! Each step can be repeated, and a rotation restarted from its first step: what exists already is checked and kept. The
//! second step publishes the public keys, so that verifiers know a key before it signs. Only the last step changes which
//! key signs, in one call that names the version it replaces.

pub mod config;
pub mod drop_keys;
pub mod event;
pub mod lambda;
mod rotation;
pub mod steps;
pub mod versions;

pub use rotation::KeyRotation;
