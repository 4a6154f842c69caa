//! The configuration that each function reads from its environment.

use expiry_notifier::settings::Settings as NotifierSettings;
use key_rotation::settings::Settings as RotationSettings;
use management_api::settings::Settings as ManagementSettings;
use shared::env::{Environment, EnvironmentError};
use token_endpoint::settings::Settings as TokenSettings;

/// What a function reads its settings with; they themselves are not looked at.
type Reader = fn(Environment<'_>) -> Result<(), EnvironmentError>;

pub const READERS: [(&str, Reader); 4] = [
    ("token-endpoint", |environment| TokenSettings::read(environment).map(drop)),
    ("management-api", |environment| ManagementSettings::read(environment).map(drop)),
    ("expiry-notifier", |environment| NotifierSettings::read(environment).map(drop)),
    ("key-rotation", |environment| RotationSettings::read(environment).map(drop)),
];

/// The names of the settings that a function does not start without.
pub fn required(function: &str) -> Vec<String> {
    let reader = READERS.iter().find(|(name, _)| *name == function).unwrap().1;
    let error = reader(Environment::from_fn(|_| None)).unwrap_err();
    let missing = |line: &String| line.strip_suffix(" is missing").unwrap_or_else(|| panic!("{line}")).to_owned();
    error.0.iter().map(missing).collect()
}
