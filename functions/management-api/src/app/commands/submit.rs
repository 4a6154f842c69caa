//! Commands to a client, and their results.

use shared::domain::client::registration::Registration;
use shared::domain::command::{AskedClient, ClientCommand, Command, Terms};
use shared::domain::id::ClientId;
use shared::domain::organization::Organization;
use shared::domain::resource::Catalogue;
use shared::domain::secret::{MintedSecret, SecretPlaintext};
use shared::store::{CommitError, Expectation};

use super::Submitted;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::change_requests;
use crate::app::clients::load;
use crate::app::error::ApiError;
use crate::app::generated::Generated;
use crate::app::organizations;
use crate::app::precondition::IfMatch;
use crate::app::retry::retry_on_conflict;

/// A client after a command, and the secret that the command created.
pub(crate) struct Done {
    pub(crate) after: Registration,
    pub(crate) plaintext: Option<SecretPlaintext>,
}

/// A command being submitted.
struct Submission<'a> {
    app: &'a Management,
    caller: &'a Caller,
    organization: Organization,
    catalogue: Option<Catalogue>,
    client_id: ClientId,
    command: ClientCommand,
}

/// Submits a command to an existing client.
pub(crate) async fn submit(
    app: &Management,
    caller: &Caller,
    if_match: &IfMatch,
    client_id: ClientId,
    command: ClientCommand,
) -> Result<Submitted<Done>, ApiError> {
    let before = load(app, caller, &client_id).await?;
    let organization = organizations::load(app, caller, &before.client.organization).await?;
    let submission = Submission::new(app, caller, organization, client_id, command).await?;
    caller.require_all(app, submission.command.privileges_over(&before.client)).await?;
    submission.send(Some(before), if_match).await
}

/// Submits the creation of a client.
pub(crate) async fn submit_new(
    app: &Management,
    caller: &Caller,
    organization: Organization,
    asked: AskedClient,
) -> Result<Submitted<Done>, ApiError> {
    let client_id = ClientId::assemble(&app.client_id_prefix, &organization.key, &asked.key);
    let command = ClientCommand::Create(asked);
    let submission = Submission::new(app, caller, organization, client_id, command).await?;
    submission.send(None, &IfMatch::any()).await
}

impl<'a> Submission<'a> {
    /// Checks every privilege that the command requires.
    async fn new(
        app: &'a Management,
        caller: &'a Caller,
        organization: Organization,
        client_id: ClientId,
        command: ClientCommand,
    ) -> Result<Self, ApiError> {
        caller.require_all(app, &command.privileges()).await?;
        let catalogue = needed_catalogue(app, &command).await?;
        Ok(Self { app, caller, organization, catalogue, client_id, command })
    }

    async fn send(self, before: Option<Registration>, if_match: &IfMatch) -> Result<Submitted<Done>, ApiError> {
        if self.organization.settings.multi_admin && !self.command.is_immediate() {
            self.wait(before, if_match).await
        } else {
            Ok(Submitted::done(self.carry_out(before, if_match).await?))
        }
    }

    /// Opens a change request. A command that would be refused is refused now, and one that would change nothing
    /// completes without approval.
    async fn wait(self, before: Option<Registration>, if_match: &IfMatch) -> Result<Submitted<Done>, ApiError> {
        let (app, now) = (self.app, self.caller.context.at);
        match &before {
            Some(before) => if_match.check(before.client.version)?,
            None if app.clients.client(&self.client_id).await?.is_some() => return Err(taken(&self.client_id)),
            None => {}
        }
        let Some(change) = self.command.without_secret(before.as_ref(), self.terms(), now)? else {
            let after = before.ok_or(ApiError::NotFound("client"))?;
            return Ok(Submitted::done(Done { after, plaintext: None }));
        };
        let Self { caller, organization, client_id, command, .. } = self;
        let command = command.spelled_out(&organization.settings);
        let diff = command.diff(before.as_ref(), change, now);
        let base_version = before.map(|before| before.client.version);
        let command = Command::Client { client_id, change: command };
        let request = change_requests::open(app, caller, organization.key, command, diff, base_version).await?;
        Ok(Submitted::waiting(request))
    }

    /// Commits the change. A retry reads the client again, which then no longer has the version named in `If-Match`.
    async fn carry_out(&self, before: Option<Registration>, if_match: &IfMatch) -> Result<Done, ApiError> {
        let Self { app, caller, client_id, .. } = self;
        let (minted, plaintext) = self.secret().await?;
        let exists = before.is_some();
        let mut read = before;
        let (after, changed) = retry_on_conflict!(async {
            let before = match read.take() {
                None if exists => Some(load(app, caller, client_id).await?),
                before => before,
            };
            if let Some(before) = &before {
                if_match.check(before.client.version)?;
            }
            let change = self.command.apply(before.as_ref(), self.terms(), minted.clone(), caller.context.at)?;
            let Some(change) = change else { return Ok((before.ok_or(ApiError::NotFound("client"))?, false)) };
            match app.clients.commit(&change, &app.trail, &caller.attribution()).await {
                Err(CommitError::Conflict(Expectation::ClientIdFree)) => Err(taken(client_id)),
                Err(error) => Err(error.into()),
                Ok(()) => Ok((change.committed(), true)),
            }
        })?;
        Ok(Done { after, plaintext: plaintext.filter(|_| changed) })
    }

    fn terms(&self) -> Terms<'_> {
        let Self { app, organization, catalogue, .. } = self;
        Terms { prefix: &app.client_id_prefix, organization, catalogue: catalogue.as_ref() }
    }

    /// Generates the secret of the command, or a placeholder if the command creates none.
    async fn secret(&self) -> Result<(MintedSecret, Option<SecretPlaintext>), ApiError> {
        if !self.command.makes_secret() {
            return Ok((MintedSecret::stand_in(), None));
        }
        let custody = self.organization.settings.custody;
        let Generated { plaintext, minted } = Generated::new(self.app, &self.client_id, custody).await?;
        Ok((minted, Some(plaintext)))
    }
}

/// Returns the catalogue if the command needs it.
pub(super) async fn needed_catalogue(app: &Management, command: &ClientCommand) -> Result<Option<Catalogue>, ApiError> {
    if command.assigns() { Ok(Some(app.catalogue().await?)) } else { Ok(None) }
}

/// Returns the error for a client_id that is or was in use.
pub(super) fn taken(client_id: &ClientId) -> ApiError {
    ApiError::AlreadyExists(format!(
        "The client_id {client_id} is taken. That of a deleted client is never given out again."
    ))
}
