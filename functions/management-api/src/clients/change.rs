//! Loading a client and committing what the domain makes of it.

use shared::domain::client::{ChangeError, Registration, RegistrationChange};
use shared::domain::id::ClientId;
use shared::store::CommitError;

use crate::Management;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::precondition::{IfMatch, TRIES};

/// The client of this id with its secrets, where it exists and the caller may know of it.
pub(crate) async fn load(app: &Management, caller: &Caller, client_id: &ClientId) -> Result<Registration, ApiError> {
    let found = app.clients.registration(client_id).await?;
    found
        .filter(|found| found.client.deleted_at.is_none() && caller.reaches(&found.client.organization))
        .ok_or(ApiError::NotFound("client"))
}

/// Commits what `decide` makes of a client, and answers with the client as it is then.
///
/// Where somebody else was quicker, `decide` is asked again about a fresh read, which no longer has the version that
/// an `If-Match` names.
pub(crate) async fn change(
    app: &Management,
    caller: &Caller,
    client_id: &ClientId,
    if_match: &IfMatch,
    decide: impl Fn(&Registration) -> Result<Option<RegistrationChange>, ChangeError>,
) -> Result<Registration, ApiError> {
    for _ in 0..TRIES {
        let before = load(app, caller, client_id).await?;
        if_match.check(before.client.version)?;
        let Some(change) = decide(&before)? else { return Ok(before) };
        match app.clients.commit(&change, &app.trail, &caller.attribution()).await {
            Ok(()) => return Ok(committed(change)),
            Err(CommitError::Conflict { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Err(ApiError::Conflict)
}

/// The client as it is after a change was committed.
pub(crate) fn committed(change: RegistrationChange) -> Registration {
    let mut after = change.after;
    after.client.version = after.client.version.next();
    after
}
