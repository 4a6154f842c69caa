//! The failure of a command.

/// The reason why a command failed, printed to its caller.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
