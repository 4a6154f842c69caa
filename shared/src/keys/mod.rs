//! The keys of a deployment and their uses: signing and verifying access tokens, hashing secrets and passwords, sealing
//! secrets that may be revealed again, and the vault that stores all keys.

pub mod algorithm;
pub mod cache;
pub mod document;
pub mod hashing;
pub mod jwks;
mod key_pair;
pub mod key_set;
pub mod public_key;
pub mod published;
pub mod refresh;
pub mod ring;
pub mod rotation;
pub mod sealing;
pub mod signing;
pub mod vault;
pub mod verifying;

#[cfg(test)]
mod tests;
