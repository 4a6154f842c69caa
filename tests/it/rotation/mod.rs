//! Rotation of the signing keys.

mod dropping;
mod properties;
mod steps;
