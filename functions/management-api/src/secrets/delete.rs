//! `DELETE /v1/clients/{client_id}/secrets/{secret_id}`: restorable for 30 days, or permanent with `purge=true`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use schemars::JsonSchema;
use shared::domain::command::ClientCommand;
use shared::domain::id::{ClientId, SecretId};

use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::commands::submit;
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::change_requests::answer;
use crate::http::path::PathId;
use crate::http::query::{Parameters, Query, ReadQuery};

/// Options of a deletion.
#[derive(Debug, JsonSchema)]
pub(crate) struct DeletionQuery {
    /// Deletes permanently, so that the secret cannot be restored.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    purge: bool,
    /// Required for deleting the client's last secret.
    confirm: Option<Confirmation>,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Confirmation {
    Last,
}

impl ReadQuery for DeletionQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        let purge = parameters.flag("purge");
        let confirm = parameters.parsed("confirm", |text| match text {
            "last" => Ok(Confirmation::Last),
            _ => Err("must be last"),
        });
        Self { purge, confirm }
    }
}

/// Deletes a secret: the next token request with it fails.
pub(crate) async fn delete(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    PathId((client_id, secret_id)): PathId<(ClientId, SecretId)>,
    Query(query): Query<DeletionQuery>,
) -> Result<Response, ApiError> {
    let even_the_last = query.confirm.is_some();
    let command = if query.purge {
        ClientCommand::PurgeSecret { secret_id, even_the_last }
    } else {
        ClientCommand::DeleteSecret { secret_id, even_the_last }
    };
    let submitted = submit(&app, &caller, &if_match, client_id, command).await?;
    answer(&app, &caller, submitted, |_| Ok(StatusCode::NO_CONTENT.into_response()))
}
