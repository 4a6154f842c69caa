//! The supported grant types.

/// A grant type of the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantType {
    /// Client credentials (RFC 6749 section 4.4).
    ClientCredentials,
}

impl GrantType {
    /// Every supported grant type.
    pub const ALL: [Self; 1] = [Self::ClientCredentials];

    /// Parses the parameter `grant_type`; none for a type that is not supported.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant_type| grant_type.as_str() == text)
    }

    /// The value of the parameter `grant_type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
        }
    }
}
