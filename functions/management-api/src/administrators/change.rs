//! Changes to an account: applied at once, or after approval by a second administrator.

use shared::domain::administrator::Administrator;
use shared::domain::administrator::change::{AdministratorChange, AdministratorError};
use shared::domain::administrator::managers::Managers;
use shared::domain::command::PersonCommand;
use shared::domain::id::AdministratorId;
use shared::store::administrators::committed;

use crate::app::Management;
use crate::app::administrators::{load, refused};
use crate::app::caller::Person;
use crate::app::commands::{PersonChange, Submitted, wait_for_approval};
use crate::app::error::ApiError;
use crate::app::precondition::IfMatch;
use crate::app::retry::retry_on_conflict;

/// Commits the change that `decide` returns for an account and its managers, and returns the account afterwards;
/// without a change, the account is returned as it is. If the change needs approval, `command` is stored in the change
/// request.
pub(super) async fn change(
    app: &Management,
    person: &Person,
    if_match: &IfMatch,
    (id, command): (&AdministratorId, &PersonCommand),
    decide: impl Fn(&Administrator, &Managers) -> Result<Option<AdministratorChange>, AdministratorError>,
) -> Result<Submitted<Administrator>, ApiError> {
    let caller = person.caller();
    retry_on_conflict!(async {
        let before = load(app, &caller, id).await?;
        if_match.check(before.version)?;
        let managers = app.administrators.managers(before.organization.as_ref()).await?;
        let change = match decide(&before, &managers) {
            Ok(Some(change)) => change,
            Ok(None) => return Ok(Submitted::Done(Box::new(before))),
            Err(error) => return Err(refused(app, &caller, error).await),
        };
        let submitted = PersonChange {
            organization: before.organization.as_ref(),
            email: &before.email,
            command: command.clone(),
            diff: &change.event.changes,
            version: Some(before.version),
            managers: change.managers.as_ref(),
        };
        if let Some(request) = wait_for_approval(app, &caller, submitted).await? {
            return Ok(Submitted::Waiting(Box::new(request)));
        }
        app.administrators.commit(&change, &app.trail, &caller.attribution()).await?;
        Ok(Submitted::Done(Box::new(committed(change))))
    })
}
