//! The configuration that each function reads from its environment.

use expiry_notifier::config::Config as NotifierConfig;
use key_rotation::config::Config as RotationConfig;
use management_api::config::Config as ManagementConfig;
use shared::env::{Environment, EnvironmentError};
use token_endpoint::config::Config as TokenConfig;

/// Reads the configuration of a function and drops it.
type Reader = fn(Environment<'_>) -> Result<(), EnvironmentError>;

pub const READERS: [(&str, Reader); 4] = [
    ("token-endpoint", |environment| TokenConfig::read(environment).map(drop)),
    ("management-api", |environment| ManagementConfig::read(environment).map(drop)),
    ("expiry-notifier", |environment| NotifierConfig::read(environment).map(drop)),
    ("key-rotation", |environment| RotationConfig::read(environment).map(drop)),
];

/// The names of the variables that a function does not start without.
pub fn required(function: &str) -> Vec<String> {
    let reader = READERS.iter().find(|(name, _)| *name == function).unwrap().1;
    let error = reader(Environment::from_fn(|_| None)).unwrap_err();
    let missing = |line: &String| line.strip_suffix(" is missing").unwrap_or_else(|| panic!("{line}")).to_owned();
    error.0.iter().map(missing).collect()
}
