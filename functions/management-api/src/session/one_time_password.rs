//! One-time passwords (RFC 6238): SHA-1, six digits, 30 seconds, one step of tolerance in each direction.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use shared::domain::administrator::{Administrator, SealedTotpKey};
use totp_rs::{Algorithm, Builder};

use crate::app::Management;
use crate::app::error::ApiError;

const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
const SKEW_STEPS: u16 = 1;

/// Six digits, as an authenticator shows them.
#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[0-9]{3} ?[0-9]{3}$"))]
pub(crate) struct OneTimePassword(String);

impl TryFrom<String> for OneTimePassword {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // authenticators show a space in the middle, which is copied along
        let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let well_formed = digits.len() == usize::from(DIGITS) && digits.bytes().all(|b| b.is_ascii_digit());
        if well_formed { Ok(Self(digits)) } else { Err("must have six digits") }
    }
}

/// Returns the time step of the one-time password, unless it is wrong or used up.
pub(crate) fn accepted_step(
    app: &Management,
    administrator: &Administrator,
    presented: &OneTimePassword,
    now: Timestamp,
) -> Result<Option<u64>, ApiError> {
    let step = step_of(app, &administrator.totp_key, administrator.id.as_str(), presented, now)?;
    Ok(step.filter(|step| *step > administrator.last_totp_step))
}

/// Returns the time step of the one-time password for the authenticator with this key, unless it is wrong.
pub(crate) fn step_of(
    app: &Management,
    totp_key: &SealedTotpKey,
    bound_to: &str,
    presented: &OneTimePassword,
    now: Timestamp,
) -> Result<Option<u64>, ApiError> {
    let key = app.data_key.open(&totp_key.0, bound_to)?;
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    Ok(authenticator(key.as_slice()).build().map_err(|_| ApiError::UnusableTotpKey)?.check(&presented.0, seconds))
}

/// Returns the authenticator of a key.
pub(crate) fn authenticator(key: &[u8]) -> Builder {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_step_duration(STEP_SECONDS)
        .with_skew(SKEW_STEPS)
        .with_secret(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_taken_with_or_without_a_space() {
        let of = |text: &str| OneTimePassword::try_from(text.to_owned()).map(|password| password.0);
        assert_eq!(of("123 456"), Ok("123456".to_owned()));
        for bad in ["", "12345", "1234567", "12345x", "１２３４５６"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
