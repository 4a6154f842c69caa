//! Configuration from the environment, read once at start. Everything missing or wrong is named together.

use std::str::FromStr;

/// Everything that is missing or wrong, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment is incomplete:\n  {}", .0.join("\n  "))]
pub struct EnvironmentError(pub Vec<String>);

type Read<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Reads variables and notes what is missing or wrong.
pub struct Environment<'a> {
    read: Box<Read<'a>>,
    wrong: Vec<String>,
}

impl Environment<'_> {
    /// The process's environment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self::from_fn(|name| std::env::var(name).ok())
    }
}

impl<'a> Environment<'a> {
    /// An environment that `read` answers for.
    pub fn from_fn(read: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self { read: Box::new(read), wrong: Vec::new() }
    }

    /// Reads a variable that must be set. Returns none and notes the name where it is not.
    pub fn required<T: FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let noted = self.wrong.len();
        let value = self.optional(name);
        if value.is_none() && self.wrong.len() == noted {
            self.wrong.push(format!("{name} is missing"));
        }
        value
    }

    /// Reads a variable that may be absent or empty. Returns none and notes the reason where it does not parse.
    pub fn optional<T: FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let text = (self.read)(name).filter(|text| !text.is_empty())?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(reason) => {
                self.wrong.push(format!("{name} is not usable: {reason}"));
                None
            }
        }
    }

    /// Builds the configuration from what was read; `build` returns none where something required is missing.
    ///
    /// # Errors
    ///
    /// Everything that was missing or did not parse.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, EnvironmentError> {
        match build() {
            Some(config) if self.wrong.is_empty() => Ok(config),
            _ => Err(EnvironmentError(self.wrong)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_missing_or_wrong_is_named_together() {
        let mut environment = Environment::from_fn(|name| (name == "PORT").then(|| "many".to_owned()));
        let port: Option<u16> = environment.required("PORT");
        let name: Option<String> = environment.required("NAME");
        let error = environment.finish(|| port.zip(name)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the environment is incomplete:\n  PORT is not usable: invalid digit found in string\n  NAME is missing"
        );
    }
}
