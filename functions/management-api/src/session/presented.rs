//! Passwords and recovery codes in request bodies.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use shared::domain::password::PasswordPlaintext;
use shared::domain::recovery_code::RecoveryCode;

/// A password, to sign in with or to choose.
pub(crate) struct PresentedPassword(pub(crate) PasswordPlaintext);

/// A recovery code, to sign in with.
pub(crate) struct PresentedRecoveryCode(pub(crate) RecoveryCode);

impl<'de> Deserialize<'de> for PresentedPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let password = PasswordPlaintext::new(String::deserialize(deserializer)?);
        if password.expose().len() > PasswordPlaintext::MAX_BYTES {
            return Err(D::Error::custom(format!("must have at most {} bytes", PasswordPlaintext::MAX_BYTES)));
        }
        Ok(Self(password))
    }
}

impl<'de> Deserialize<'de> for PresentedRecoveryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RecoveryCode::parse(String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

impl JsonSchema for PresentedPassword {
    fn schema_name() -> Cow<'static, str> {
        "Password".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": PasswordPlaintext::MAX_BYTES })
    }
}

impl JsonSchema for PresentedRecoveryCode {
    fn schema_name() -> Cow<'static, str> {
        "RecoveryCode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-km-np-zA-KM-NP-Z02-9]{4}(-?[a-km-np-zA-KM-NP-Z02-9]{4}){3}$" })
    }
}
