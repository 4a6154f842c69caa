//! Operations on the caller's own account.

mod authenticator;
pub(crate) mod notice;
mod password;
mod recovery_codes;
mod sessions;

pub(crate) use authenticator::{confirm_authenticator, set_up_authenticator};
pub(crate) use password::change_password;
pub(crate) use recovery_codes::{RenewedJson, regenerate_recovery_codes};
pub(crate) use sessions::{SessionsJson, end_other_sessions, end_session, list_sessions};

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::administrator::Administrator;
use shared::domain::administrator::change::AdministratorChange;
use shared::domain::event::Action;
use shared::store::administrators::committed;

use crate::administrators::AdministratorJson;
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::app::retry::retry_on_conflict;

/// `GET /v1/account`: the caller's own account.
pub(crate) async fn show(State(app): State<Arc<Management>>, person: Person) -> Result<impl IntoResponse, ApiError> {
    Ok(AdministratorJson::of(&app, Administrator::clone(&person.administrator)).await?.answer())
}

/// Commits the change that `decide` returns for the caller's own account, and returns the account afterwards. After a
/// conflict, `decide` runs again on a fresh read.
async fn change_own(
    app: &Management,
    person: &Person,
    decide: impl Fn(&Administrator) -> Result<AdministratorChange, ApiError>,
) -> Result<Administrator, ApiError> {
    retry_on_conflict!(async {
        let before = app.administrators.get(&person.administrator.id).await?.ok_or(ApiError::SessionEnded)?;
        if !person.session.is_alive_for(&before, person.context.at) {
            return Err(ApiError::SessionEnded);
        }
        let change = decide(&before)?;
        app.administrators.commit(&change, &app.trail, &person.attribution()).await?;
        Ok(committed(change))
    })
}

/// Records in the trail a refused operation on the caller's own account.
async fn record_refusal(app: &Management, person: &Person, refused: Action) -> Result<(), ApiError> {
    let by = person.attribution();
    Ok(app.administrators.record_refusal(&person.administrator, refused, &app.trail, &by).await?)
}
