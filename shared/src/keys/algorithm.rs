//! Signature algorithms of access tokens.

use std::fmt;
use std::str::FromStr;

use jsonwebtoken::Algorithm;

/// A supported signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
#[serde(try_from = "String")]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256; the only one that API Gateway's JWT authorizer supports.
    #[default]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// The name of an algorithm that is not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing algorithm must be RS256, ES256 or EdDSA")]
pub struct UnknownAlgorithm;

impl SigningAlgorithm {
    /// The name of the algorithm in a JWS header, a JWK and the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SigningAlgorithm {
    type Err = UnknownAlgorithm;
    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        match text {
            "RS256" => Ok(Self::Rs256),
            "ES256" => Ok(Self::Es256),
            "EdDSA" => Ok(Self::EdDsa),
            _ => Err(UnknownAlgorithm),
        }
    }
}

impl TryFrom<String> for SigningAlgorithm {
    type Error = UnknownAlgorithm;
    fn try_from(text: String) -> Result<Self, UnknownAlgorithm> {
        text.parse()
    }
}

impl From<SigningAlgorithm> for Algorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Rs256 => Self::RS256,
            SigningAlgorithm::Es256 => Self::ES256,
            SigningAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}

impl TryFrom<Algorithm> for SigningAlgorithm {
    type Error = UnknownAlgorithm;
    fn try_from(algorithm: Algorithm) -> Result<Self, UnknownAlgorithm> {
        match algorithm {
            Algorithm::RS256 => Ok(Self::Rs256),
            Algorithm::ES256 => Ok(Self::Es256),
            Algorithm::EdDSA => Ok(Self::EdDsa),
            _ => Err(UnknownAlgorithm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_algorithm_reads_back_from_its_name_and_no_other_name_is_one() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
            assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
            assert_eq!(SigningAlgorithm::try_from(Algorithm::from(algorithm)), Ok(algorithm));
        }
        for other in ["", "none", "HS256", "rs256", "PS256"] {
            assert_eq!(other.parse::<SigningAlgorithm>(), Err(UnknownAlgorithm), "{other}");
        }
        assert!(SigningAlgorithm::try_from(Algorithm::HS256).is_err());
    }
}
