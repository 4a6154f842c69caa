//! The errors of the local Secrets Manager.

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretsError {
    #[error("Secrets Manager can't find the specified secret.")]
    NoSecret,
    #[error("Secrets Manager can't find the specified secret value for staging label: {0}")]
    NoStage(String),
    #[error("Secrets Manager can't find the specified secret value for VersionId: {0}")]
    NoVersion(String),
    #[error("a secret or version of this name exists already, with another content")]
    Exists,
    #[error("{0}")]
    InvalidParameter(String),
    #[error("{0}")]
    InvalidRequest(String),
    #[error("You provided a VersionStage that is not associated to the provided VersionId.")]
    StageOfOtherVersion,
    #[error("the request is not understood: {0}")]
    Malformed(String),
    #[error("the local Secrets Manager does not offer {0}")]
    UnknownOperation(String),
    #[error("the local Secrets Manager failed: {0}")]
    Internal(String),
}

impl SecretsError {
    /// The error code that AWS gives it.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoSecret | Self::NoStage(_) | Self::NoVersion(_) => "ResourceNotFoundException",
            Self::Exists => "ResourceExistsException",
            Self::InvalidParameter(_) => "InvalidParameterException",
            Self::InvalidRequest(_) | Self::StageOfOtherVersion => "InvalidRequestException",
            Self::Malformed(_) => "ValidationException",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Internal(_) => "InternalServiceError",
        }
    }
}
