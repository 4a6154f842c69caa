//! Loads administrators, and maps refused commands about them to errors.

use shared::domain::administrator::Administrator;
use shared::domain::administrator::change::AdministratorError;
use shared::domain::id::{AdministratorId, OrganizationKey};
use shared::domain::organization::Organization;
use shared::domain::privilege::GrantError;

use super::Management;
use super::caller::Caller;
use super::error::ApiError;
use super::error::PeopleError;
use super::organizations;

/// Returns the account with this id if it exists and is visible to the caller.
pub(crate) async fn load(app: &Management, caller: &Caller, id: &AdministratorId) -> Result<Administrator, ApiError> {
    let found = app.administrators.get(id).await?;
    found
        .filter(|found| caller.reaches_people_of(found.organization.as_ref()))
        .ok_or(ApiError::NotFound("administrator"))
}

/// Returns the organization whose administrators a request is about; `None` means the operators, and is the default for
/// operators.
pub(crate) async fn people_of(
    app: &Management,
    caller: &Caller,
    named: Option<OrganizationKey>,
) -> Result<Option<Organization>, ApiError> {
    if named.is_none() && caller.is_operator() {
        return Ok(None);
    }
    organizations::named_or_own(app, caller, named).await.map(Some)
}

/// Returns the error for a command about people that the domain refuses. An attempt to grant a privilege that the
/// caller lacks is recorded in the trail, like any missing privilege.
pub(crate) async fn refused(app: &Management, caller: &Caller, error: impl Into<AdministratorError>) -> ApiError {
    match error.into() {
        AdministratorError::Grant(GrantError::NotYours(privilege)) => match caller.require(app, privilege).await {
            Err(refusal) => refusal,
            Ok(()) => ApiError::MissingPrivilege(privilege),
        },
        AdministratorError::LastManager(_) => ApiError::People(PeopleError::LastAdministrator),
        AdministratorError::Grant(error) => ApiError::invalid("privileges", error.to_string()),
    }
}
