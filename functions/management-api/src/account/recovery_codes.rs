//! `POST /v1/account/recovery-codes`: creates ten new ones.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::recovery_code::RecoveryCode;

use super::change_own;
use super::notice::{self, Notice};
use crate::app::Management;
use crate::app::caller::Person;
use crate::app::error::ApiError;
use crate::enrolment::new_recovery_codes;

/// New recovery codes. This response is the only one that contains them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecoveryCodes")]
pub(crate) struct RenewedJson {
    recovery_codes: Vec<String>,
}

/// Regenerates the recovery codes; the previous ones no longer work.
pub(crate) async fn regenerate_recovery_codes(
    State(app): State<Arc<Management>>,
    person: Person,
) -> Result<Json<RenewedJson>, ApiError> {
    let (codes, verifiers) = new_recovery_codes(&app).await?;
    let changed = change_own(&app, &person, |before| Ok(before.renew_recovery_codes(verifiers.clone()))).await?;
    notice::tell(&app, &changed, Notice::RecoveryCodesRenewed, &person.context).await;
    let recovery_codes = codes.iter().map(RecoveryCode::expose).map(str::to_owned).collect();
    Ok(Json(RenewedJson { recovery_codes }))
}
