//! The token of an invitation in a request body.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use shared::domain::invitation::InvitationToken;

/// A presented token; `None` if it is malformed, which is treated like any wrong token.
pub(crate) struct PresentedToken(pub(crate) Option<InvitationToken>);

impl<'de> Deserialize<'de> for PresentedToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(InvitationToken::parse(String::deserialize(deserializer)?)))
    }
}

impl JsonSchema for PresentedToken {
    fn schema_name() -> Cow<'static, str> {
        "InvitationToken".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": 512 })
    }
}
