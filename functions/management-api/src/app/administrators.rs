//! Loading administrators, and refusing what is asked about them.

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

/// The account of this id, where it exists and the caller may know of it.
pub(crate) async fn load(app: &Management, caller: &Caller, id: &AdministratorId) -> Result<Administrator, ApiError> {
    let found = app.administrators.get(id).await?;
    found
        .filter(|found| caller.reaches_people_of(found.organization.as_ref()))
        .ok_or(ApiError::NotFound("administrator"))
}

/// Whose people a request is about: an organization's, or none for the operators, whom operators mean where they name
/// nobody.
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

/// The answer to a command about people that the domain refuses. Whoever grants what they lack is written into the
/// trail, as with any privilege that is missing.
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
