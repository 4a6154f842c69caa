//! The supported methods of client authentication.

use serde::Serialize;

/// A method of client authentication, by its name in the metadata (RFC 8414 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationMethod {
    /// The secret in a Basic `Authorization` header (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// The secret in the form (RFC 6749 section 2.3.1).
    ClientSecretPost,
}

impl AuthenticationMethod {
    /// Every supported method.
    pub const ALL: [Self; 2] = [Self::ClientSecretBasic, Self::ClientSecretPost];
}
