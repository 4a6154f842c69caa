//! Checks whether an organization requires approval, and has enough approvers.

use shared::domain::administrator::managers::Managers;
use shared::domain::id::OrganizationKey;
use shared::store::Write;

use crate::app::Management;
use crate::app::error::ApiError;

/// Minimum number of people able to approve changes, so that none of them can make one alone.
const APPROVERS: usize = 2;

/// Checks whether changes to the people of an organization need approval. Operators have no organization.
pub(crate) async fn has_changes_approved(
    app: &Management,
    organization: Option<&OrganizationKey>,
) -> Result<bool, ApiError> {
    match organization {
        Some(key) => Ok(app.organizations.get(key).await?.is_some_and(|found| found.settings.multi_admin)),
        None => Ok(false),
    }
}

/// Checks that there are enough managers for changes to be approved.
pub(super) fn check_enough(managers: Option<&Managers>) -> Result<(), ApiError> {
    let enough = managers.is_none_or(|managers| managers.members.len() >= APPROVERS);
    if enough { Ok(()) } else { Err(ApiError::TooFewApprovers) }
}

/// Returns the write to commit when approval is switched on. It increments the version of the organization's managers,
/// so that a concurrent removal of a manager is retried and finds the setting on.
pub(crate) async fn two_approvers(app: &Management, organization: &OrganizationKey) -> Result<Write, ApiError> {
    let managers = app.administrators.managers(Some(organization)).await?;
    check_enough(Some(&managers))?;
    Ok(app.administrators.renew_managers(&managers))
}
