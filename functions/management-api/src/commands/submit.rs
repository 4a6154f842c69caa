//! What a caller asks to be done to a client, and what comes of it.

use axum::response::Response;
use shared::backoff;
use shared::domain::client::Registration;
use shared::domain::command::{AskedClient, ClientCommand, Terms};
use shared::domain::id::ClientId;
use shared::domain::organization::Organization;
use shared::domain::resource::Catalogue;
use shared::domain::secret::{MintedSecret, SecretPlaintext};
use shared::store::CommitError;

use crate::Management;
use crate::caller::Caller;
use crate::clients::load;
use crate::error::ApiError;
use crate::organizations;
use crate::precondition::{IfMatch, TRIES};
use crate::secrets::Generated;

/// What came of a command.
pub(crate) enum Submitted {
    /// It is done.
    Done(Done),
}

/// A client as it is after a command, and the secret that came of it.
pub(crate) struct Done {
    pub(crate) after: Registration,
    pub(crate) plaintext: Option<SecretPlaintext>,
}

impl Submitted {
    /// The answer: `render` says what it is where the command is done.
    pub(crate) fn answer(self, render: impl FnOnce(Done) -> Result<Response, ApiError>) -> Result<Response, ApiError> {
        match self {
            Self::Done(done) => render(done),
        }
    }
}

/// A command on its way.
struct Submission<'a> {
    app: &'a Management,
    caller: &'a Caller,
    organization: Organization,
    catalogue: Option<Catalogue>,
    client_id: ClientId,
    command: ClientCommand,
}

/// Asks for something to be done to a client that exists.
pub(crate) async fn submit(
    app: &Management,
    caller: &Caller,
    if_match: &IfMatch,
    client_id: ClientId,
    command: ClientCommand,
) -> Result<Submitted, ApiError> {
    let before = load(app, caller, &client_id).await?;
    let organization = organizations::load(app, caller, &before.client.organization).await?;
    let submission = Submission::new(app, caller, organization, client_id, command).await?;
    submission.carry_out(Some(before), if_match).await.map(Submitted::Done)
}

/// Asks for a new client.
pub(crate) async fn submit_new(
    app: &Management,
    caller: &Caller,
    organization: Organization,
    asked: AskedClient,
) -> Result<Submitted, ApiError> {
    let client_id = ClientId::assemble(&app.client_id_prefix, &organization.key, &asked.key);
    let command = ClientCommand::Create(asked);
    let submission = Submission::new(app, caller, organization, client_id, command).await?;
    submission.carry_out(None, &IfMatch::any()).await.map(Submitted::Done)
}

impl<'a> Submission<'a> {
    /// Checks every privilege that the command takes.
    async fn new(
        app: &'a Management,
        caller: &'a Caller,
        organization: Organization,
        client_id: ClientId,
        command: ClientCommand,
    ) -> Result<Self, ApiError> {
        for privilege in command.privileges() {
            caller.require(app, privilege).await?;
        }
        let catalogue = if command.assigns() { Some(app.catalogue().await?) } else { None };
        Ok(Self { app, caller, organization, catalogue, client_id, command })
    }

    /// Does it. Where somebody else was quicker, it is tried again from a fresh read, which no longer has the version
    /// that an `If-Match` names.
    async fn carry_out(&self, mut before: Option<Registration>, if_match: &IfMatch) -> Result<Done, ApiError> {
        let Self { app, caller, .. } = self;
        let (minted, plaintext) = self.secret().await?;
        for tried in 1..=TRIES {
            if let Some(before) = &before {
                if_match.check(before.client.version)?;
            }
            let change = self.command.apply(before.as_ref(), self.terms(), minted.clone(), caller.arrival.at)?;
            let Some(change) = change else {
                let after = before.ok_or(ApiError::NotFound("client"))?;
                return Ok(Done { after, plaintext: None });
            };
            match app.clients.commit(&change, &app.trail, &caller.attribution()).await {
                Ok(()) => return Ok(Done { after: change.committed(), plaintext }),
                Err(CommitError::Conflict { write: 0 }) if before.is_none() => return Err(self.taken()),
                // the organization was suspended or resumed since it was read
                Err(CommitError::Conflict { .. }) if before.is_none() => return Err(ApiError::Conflict),
                Err(CommitError::Conflict { .. }) => {}
                Err(other) => return Err(other.into()),
            }
            backoff::pause(tried).await;
            before = Some(load(app, caller, &self.client_id).await?);
        }
        Err(ApiError::Conflict)
    }

    fn terms(&self) -> Terms<'_> {
        let Self { app, organization, catalogue, .. } = self;
        Terms { prefix: &app.client_id_prefix, organization, catalogue: catalogue.as_ref() }
    }

    /// The secret that is to come of the command, or what stands in its place where none is.
    async fn secret(&self) -> Result<(MintedSecret, Option<SecretPlaintext>), ApiError> {
        if !self.command.makes_secret() {
            return Ok((MintedSecret::stand_in(), None));
        }
        let custody = self.organization.settings.custody;
        let Generated { plaintext, minted } = Generated::new(self.app, &self.client_id, custody).await?;
        Ok((minted, Some(plaintext)))
    }

    fn taken(&self) -> ApiError {
        let client_id = &self.client_id;
        ApiError::AlreadyExists(format!(
            "The client_id {client_id} is taken. That of a deleted client is never given out again."
        ))
    }
}
