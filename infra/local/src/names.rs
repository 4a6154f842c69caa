//! The names in the local deployment.

/// The prefix of every table name.
pub const TABLE_PREFIX: &str = "countersign";
/// The name of the key set in Secrets Manager.
pub const KEY_SET_SECRET: &str = "countersign/key-set";
/// The name of the public keys in Secrets Manager.
pub const JWKS_SECRET: &str = "countersign/jwks";
/// The name of the pepper in Secrets Manager.
pub const PEPPER_SECRET: &str = "countersign/pepper";
/// The name of the data key in Secrets Manager.
pub const DATA_KEY_SECRET: &str = "countersign/data-key";
/// The first part of every `client_id`.
pub const CLIENT_ID_PREFIX: &str = "wallet";
/// The sender of mail.
pub const SENDER_ADDRESS: &str = "no-reply@countersign.example";
/// The recipient of reminders that nobody of an organization can get: the demo's operator.
pub const OPERATOR_ADDRESS: &str = "operator@platform.example";
