//! `POST /v1/clients`: creates a client with its first secret.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::client::Environment;
use shared::domain::command::{AskedClient, Levels, ServedKeys};
use shared::domain::id::{ClientKey, OrganizationKey};
use shared::domain::text::{Name, Notes};
use shared::domain::time::TokenLifetime;

use super::ClientJson;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit_new;
use crate::app::error::ApiError;
use crate::app::organizations;
use crate::change_requests::answer;
use crate::http::body::{JsonBody, RequestedExpiry, present, unique};
use crate::secrets::{RevealedJson, TOKEN_PATH, created};

/// A new client.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateClient {
    /// The organization. Operators must set it; for others it is their own.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OrganizationKey")]
    organization: Option<OrganizationKey>,
    key: ClientKey,
    name: Name,
    #[serde(default)]
    notes: Notes,
    #[serde(default = "production")]
    environment: Environment,
    #[serde(default = "enabled")]
    enabled: bool,
    /// The expiry: null for never; by default in one year.
    #[serde(default)]
    expires_at: RequestedExpiry,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "TokenLifetime")]
    token_lifetime_seconds: Option<TokenLifetime>,
    #[serde(default, deserialize_with = "unique")]
    grants: Levels,
    #[serde(default)]
    serves: ServedKeys,
}

fn production() -> Environment {
    Environment::Production
}

fn enabled() -> bool {
    true
}

/// A new client with its first secret. This response is the only one that contains the secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedClient")]
pub(crate) struct CreatedJson<'a> {
    #[serde(flatten)]
    client: ClientJson,
    secret: RevealedJson<'a>,
    token_endpoint: String,
}

/// Creates a client.
pub(crate) async fn create(
    State(app): State<Arc<Management>>,
    caller: Caller,
    JsonBody(asked): JsonBody<CreateClient>,
) -> Result<Response, ApiError> {
    let organization = organizations::named_or_own(&app, &caller, asked.organization).await?;
    let asked = AskedClient {
        key: asked.key,
        name: asked.name,
        notes: asked.notes,
        enabled: asked.enabled,
        environment: asked.environment,
        token_lifetime: asked.token_lifetime_seconds,
        expiry: asked.expires_at.0,
        grants: asked.grants,
        serves: asked.serves,
    };
    let submitted = submit_new(&app, &caller, organization, asked).await?;
    answer(&app, &caller, submitted, |done| {
        let (client, now) = (&done.after.client, caller.context.at);
        let location = app.issuer.url(&format!("/v1/clients/{}", client.client_id));
        let (client, token_endpoint) = (ClientJson::of(&done.after, now), app.issuer.url(TOKEN_PATH));
        created(&done, location, now, |secret| CreatedJson { client, secret, token_endpoint })
    })
}
