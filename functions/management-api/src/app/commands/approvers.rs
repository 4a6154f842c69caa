//! Whether an organization has its changes approved, and enough people for that.

use shared::domain::administrator::managers::Managers;
use shared::domain::id::OrganizationKey;
use shared::store::Write;

use crate::app::Management;
use crate::app::error::ApiError;

/// How many people have to be able to approve changes, so that none of them can make one alone.
const APPROVERS: usize = 2;

/// Whether what is done to the people of an organization waits for a second administrator. Operators belong to none.
pub(crate) async fn has_changes_approved(
    app: &Management,
    organization: Option<&OrganizationKey>,
) -> Result<bool, ApiError> {
    match organization {
        Some(key) => Ok(app.organizations.get(key).await?.is_some_and(|found| found.settings.multi_admin)),
        None => Ok(false),
    }
}

/// Refuses where these are too few for changes to be approved.
pub(super) fn check_enough(managers: Option<&Managers>) -> Result<(), ApiError> {
    let enough = managers.is_none_or(|managers| managers.members.len() >= APPROVERS);
    if enough { Ok(()) } else { Err(ApiError::TooFewApprovers) }
}

/// What goes with having changes approved from now on. It counts the version of the organization's managers up, so that
/// whoever removes one of them at the same moment tries again, and finds the setting on.
pub(crate) async fn two_approvers(app: &Management, organization: &OrganizationKey) -> Result<Write, ApiError> {
    let managers = app.administrators.managers(Some(organization)).await?;
    check_enough(Some(&managers))?;
    Ok(app.administrators.renew_managers(&managers))
}
