//! Loads organizations.

use shared::domain::id::OrganizationKey;
use shared::domain::organization::Organization;
use shared::domain::organization::settings::InvalidSettings;
use shared::http::problem::FieldError;

use super::Management;
use super::caller::Caller;
use super::error::ApiError;
use super::error::Denied;

/// Returns the organization with this key if it exists and is visible to the caller.
pub(crate) async fn load(app: &Management, caller: &Caller, key: &OrganizationKey) -> Result<Organization, ApiError> {
    let found = if caller.reaches(key) { app.organizations.get(key).await? } else { None };
    found.ok_or(ApiError::NotFound("organization"))
}

/// Refuses callers of a suspended organization.
pub(crate) async fn require_active(app: &Management, organization: Option<&OrganizationKey>) -> Result<(), ApiError> {
    let Some(key) = organization else { return Ok(()) };
    let found = app.organizations.get(key).await?;
    match found.and_then(|organization| organization.suspended_at) {
        Some(_) => Err(Denied::OrganizationSuspended.into()),
        None => Ok(()),
    }
}

/// Returns the organization that the request names, or else the caller's own.
pub(crate) async fn named_or_own(
    app: &Management,
    caller: &Caller,
    named: Option<OrganizationKey>,
) -> Result<Organization, ApiError> {
    match named.as_ref().or(caller.organization()) {
        Some(key) => load(app, caller, key).await,
        None => Err(ApiError::invalid("organization", "is required, since you act in every organization")),
    }
}

impl From<InvalidSettings> for ApiError {
    fn from(InvalidSettings(invalid): InvalidSettings) -> Self {
        let errors = invalid
            .into_iter()
            .map(|setting| FieldError { field: format!("settings.{}", setting.field), message: setting.message });
        Self::Invalid(errors.collect())
    }
}
