//! `GET /v1/clients/{client_id}/secrets`; with `deleted=true`, those that can be restored.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::id::ClientId;

use super::{DeletedJson, SecretJson};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::clients::load;
use crate::app::error::ApiError;
use crate::app::precondition::etag;
use crate::http::path::PathId;
use crate::http::query::{PageJson, Parameters, Query, ReadQuery};

/// The requested secrets.
#[derive(Debug, JsonSchema)]
pub(crate) struct SecretsQuery {
    /// Lists the restorable deleted secrets instead.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    deleted: bool,
}

/// A page of secrets, or of deleted secrets.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "SecretsPage")]
pub(crate) enum SecretsJson {
    Kept(PageJson<SecretJson>),
    Deleted(PageJson<DeletedJson>),
}

impl ReadQuery for SecretsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        let deleted = parameters.flag("deleted");
        Self { deleted }
    }
}

/// Lists all secrets of a client that are not deleted, or all deleted ones that can be restored, oldest first.
pub(crate) async fn list(
    State(app): State<Arc<Management>>,
    caller: Caller,
    PathId(client_id): PathId<ClientId>,
    Query(query): Query<SecretsQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let registration = load(&app, &caller, &client_id).await?;
    let now = caller.context.at;
    let headers = [(header::ETAG, etag(registration.client.version))];
    if query.deleted {
        let items = registration.restorable(now).filter_map(|secret| DeletedJson::of(secret, now)).collect();
        return Ok((headers, Json(SecretsJson::Deleted(PageJson { items, next_cursor: None }))));
    }
    let kept = registration.secrets.iter().filter(|secret| secret.kept_until().is_none());
    let items = kept.map(|secret| SecretJson::of(secret, now)).collect();
    Ok((headers, Json(SecretsJson::Kept(PageJson { items, next_cursor: None }))))
}
