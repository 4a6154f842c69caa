//! `POST /v1/clients`: a client with its first secret.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::domain::client::{Environment, NewClient, Registration};
use shared::domain::id::{ClientId, ClientKey, OrganizationKey};
use shared::domain::text::{Name, Notes};
use shared::domain::time::TokenLifetime;
use shared::store::CommitError;

use super::assignment::{Levels, Serves, resolve};
use super::{ClientJson, committed};
use crate::Management;
use crate::body::{AskedExpiry, JsonBody, present};
use crate::caller::Caller;
use crate::error::ApiError;
use crate::organizations;
use crate::precondition::etag;
use crate::secrets::{Generated, RevealedJson, TOKEN_PATH};

/// A client as it is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreateClient {
    /// An operator names it; for everybody else it is their own.
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
    /// Null is never, nothing is a year from now.
    #[serde(default)]
    expires_at: AskedExpiry,
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "TokenLifetime")]
    token_lifetime_seconds: Option<TokenLifetime>,
    #[serde(default)]
    grants: Levels,
    #[serde(default)]
    serves: Serves,
}

fn production() -> Environment {
    Environment::Production
}

fn enabled() -> bool {
    true
}

/// A client as its creation answers, the only time that its first secret is shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CreatedClient")]
pub(crate) struct CreatedJson<'a> {
    #[serde(flatten)]
    client: ClientJson,
    secret: RevealedJson<'a>,
    token_endpoint: String,
}

/// Makes a client.
pub(crate) async fn create(
    State(app): State<Arc<Management>>,
    caller: Caller,
    JsonBody(asked): JsonBody<CreateClient>,
) -> Result<impl IntoResponse, ApiError> {
    let organization = organizations::named_or_own(&app, &caller, asked.organization).await?;
    let levels = (!asked.grants.is_empty()).then_some(&asked.grants);
    let serves = (!asked.serves.is_empty()).then_some(&asked.serves);
    let (grants, serves) = resolve(&app, &caller, levels, serves).await?;
    let new = NewClient {
        key: asked.key,
        name: asked.name,
        notes: asked.notes,
        enabled: asked.enabled,
        environment: asked.environment,
        token_lifetime: asked.token_lifetime_seconds,
        expiry: asked.expires_at.0,
        grants: grants.unwrap_or_default(),
        serves: serves.unwrap_or_default(),
    };
    let (prefix, now) = (&app.client_id_prefix, caller.arrival.at);
    let client_id = ClientId::assemble(prefix, &organization.key, &new.key);
    let Generated { plaintext, minted } = Generated::new(&app, &client_id, organization.settings.custody).await?;
    let change = Registration::create(new, prefix, &organization.key, &organization.settings, minted, now)?;
    app.clients.commit(&change, &app.trail, &caller.attribution()).await.map_err(|error| match error {
        CommitError::Conflict { .. } => ApiError::AlreadyExists(format!(
            "The client_id {} is taken. That of a deleted client is never given out again.",
            change.after.client.client_id
        )),
        other => other.into(),
    })?;
    let registration = committed(change);
    let client = &registration.client;
    let location = app.issuer.url(&format!("/v1/clients/{}", client.client_id));
    let headers = [(header::LOCATION, location), (header::ETAG, etag(client.version))];
    let created = CreatedJson {
        client: ClientJson::of(&registration, now),
        secret: RevealedJson::of(&registration, &plaintext, now)?,
        token_endpoint: app.issuer.url(TOKEN_PATH),
    };
    Ok((StatusCode::CREATED, headers, Json(created)).into_response())
}
