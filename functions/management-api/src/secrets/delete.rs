//! `DELETE /v1/clients/{client_id}/secrets/{secret_id}`: for 30 days so that it can be restored, with `purge=true` for
//! good.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::request::Parts;
use schemars::JsonSchema;
use shared::domain::command::ClientCommand;
use shared::domain::id::{ClientId, SecretId};

use crate::Management;
use crate::caller::Caller;
use crate::commands::submit;
use crate::error::ApiError;
use crate::path::At;
use crate::precondition::IfMatch;
use crate::query::Parameters;

/// How a secret is to be deleted.
#[derive(Debug, JsonSchema)]
pub(crate) struct DeletionQuery {
    /// For good, so that it cannot be restored.
    #[schemars(with = "Option<bool>", extend("default" = false))]
    purge: bool,
    /// Without this, the client's last secret stays.
    confirm: Option<Confirmation>,
}

#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Confirmation {
    Last,
}

impl<S: Sync> FromRequestParts<S> for DeletionQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut parameters = Parameters::of(parts.uri.query().unwrap_or_default());
        let purge = parameters.flag("purge");
        let confirm = parameters.parsed("confirm", |text| match text {
            "last" => Ok(Confirmation::Last),
            _ => Err("must be last"),
        });
        parameters.finish(Self { purge, confirm })
    }
}

/// Deletes a secret: the next token request with it fails.
pub(crate) async fn delete(
    State(app): State<Arc<Management>>,
    caller: Caller,
    if_match: IfMatch,
    At((client_id, secret_id)): At<(ClientId, SecretId)>,
    query: DeletionQuery,
) -> Result<Response, ApiError> {
    let even_the_last = query.confirm.is_some();
    let command = if query.purge {
        ClientCommand::PurgeSecret { secret_id, even_the_last }
    } else {
        ClientCommand::DeleteSecret { secret_id, even_the_last }
    };
    let submitted = submit(&app, &caller, &if_match, client_id, command).await?;
    submitted.answer(|_| Ok(StatusCode::NO_CONTENT.into_response()))
}
