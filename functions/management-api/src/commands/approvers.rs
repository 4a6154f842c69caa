//! Whether an organization has enough people for changes to be approved.

use shared::domain::administrator::Privilege;
use shared::domain::id::{AdministratorId, OrganizationKey};
use shared::store::Write;

use crate::Management;
use crate::error::ApiError;

/// How many people have to be able to approve changes, so that none of them can make one alone.
const APPROVERS: usize = 2;

/// What holds only while two people of an organization manage its administrators, this one left out.
pub(crate) async fn two_approvers(
    app: &Management,
    organization: &OrganizationKey,
    without: Option<&AdministratorId>,
) -> Result<Vec<Write>, ApiError> {
    let people = app.administrators.all(organization).await?.into_iter().filter_map(Result::ok);
    let managers = people.filter(|person| person.privileges.contains(&Privilege::AdministratorsManage));
    let others = managers.filter(|manager| without != Some(&manager.id)).take(APPROVERS);
    let held: Vec<Write> = others.map(|manager| app.administrators.expect(&manager)).collect();
    if held.len() < APPROVERS { Err(ApiError::TooFewApprovers) } else { Ok(held) }
}
