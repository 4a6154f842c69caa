//! The effect of an approved command, under the rules as they are at that moment.

use jiff::Timestamp;
use shared::domain::change_request::{ChangeRequest, RequestError};
use shared::domain::client::registration::{Registration, RegistrationChange};
use shared::domain::command::{ClientCommand, Command, Terms};
use shared::domain::id::{ClientId, SecretId};
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::organization::{Organization, OrganizationUpdate};
use shared::domain::secret::{MintedSecret, SecretPlaintext};
use shared::domain::text::Name;
use shared::store::change_requests::Effect;

use super::Done;
use super::approval::Approval;
use super::person::{Posted, on_person};
use super::submit::{needed_catalogue, taken};
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::app::generated::Generated;

/// Returns the writes and events that commit together with an approval, and the mail that follows. A resulting secret
/// is not created yet.
pub(crate) async fn on_approval(approval: Approval<'_>) -> Result<(Effect, Option<Posted>), ApiError> {
    let effect = match &approval.request.command {
        Command::Client { client_id, change } => on_client(approval, client_id, change).await?,
        Command::Organization { name, settings } => on_organization(approval, name, settings).await?,
        Command::Administrator { change, .. } => return on_person(approval, change).await,
    };
    Ok((effect, None))
}

async fn on_client(approval: Approval<'_>, client_id: &ClientId, command: &ClientCommand) -> Result<Effect, ApiError> {
    let Approval { app, approver, request, requester, now } = approval;
    let before = existing(app, client_id).await?;
    let brought = before.as_ref().map_or(&[][..], |before| command.privileges_over(&before.client));
    approver.require_all(app, brought).await?;
    if brought.iter().any(|privilege| !requester.privileges.contains(privilege)) {
        return Err(RequestError::RequesterLacks.into());
    }
    let version = before.as_ref().map(|before| before.client.version);
    match (version, request.base_version) {
        (Some(_), None) => return Err(taken(client_id)),
        (found, expected) if found != expected => return Err(ApiError::BaseMoved),
        _ => {}
    }
    let organization = organization(app, request).await?;
    let catalogue = needed_catalogue(app, command).await?;
    let terms = Terms { prefix: &app.client_id_prefix, organization: &organization, catalogue: catalogue.as_ref() };
    let change = command.without_secret(before.as_ref(), terms, now)?;
    Ok(match (change, version) {
        (Some(change), _) if !command.awaits_collection() => effect(app, request, &change),
        (_, Some(version)) => Effect { writes: vec![app.clients.expect(client_id, version)], events: Vec::new() },
        (_, None) => Effect::default(),
    })
}

async fn on_organization(
    Approval { app, request, .. }: Approval<'_>,
    name: &Name,
    settings: &OrganizationSettings,
) -> Result<Effect, ApiError> {
    let before = organization(app, request).await?;
    if request.base_version != Some(before.version) {
        return Err(ApiError::BaseMoved);
    }
    let (name, settings) = (Some(name.clone()), Some(settings.clone()));
    let change = before.update(OrganizationUpdate { name, settings, grantable: None })?.ok_or(ApiError::BaseMoved)?;
    Ok(Effect { writes: vec![app.organizations.write(&change.after)], events: vec![request.mark(change.event)] })
}

/// The secret of an approved request, not committed yet.
pub(crate) struct Collection {
    minted: MintedSecret,
    plaintext: SecretPlaintext,
}

impl Collection {
    /// Generates the secret.
    pub(crate) async fn begin(app: &Management, request: &ChangeRequest) -> Result<Self, ApiError> {
        let client_id = request.command.client_id().ok_or(ApiError::NotFound("secret"))?;
        let custody = organization(app, request).await?.settings.custody;
        let Generated { plaintext, minted } = Generated::new(app, client_id, custody).await?;
        Ok(Self { minted, plaintext })
    }

    /// The id of the secret.
    pub(crate) fn secret_id(&self) -> &SecretId {
        self.plaintext.id()
    }

    /// Returns the secret with its client after the commit.
    pub(crate) fn done(self, after: Registration) -> Done {
        Done { after, plaintext: Some(self.plaintext) }
    }
}

/// Returns the writes and events that commit together with the collection of a secret, and the client afterwards.
pub(crate) async fn on_collection(
    app: &Management,
    caller: &Caller,
    request: &ChangeRequest,
    collection: &Collection,
    now: Timestamp,
) -> Result<(Effect, Registration), ApiError> {
    let Command::Client { client_id, change } = &request.command else { return Err(ApiError::NotFound("secret")) };
    let command = change.collection().ok_or(ApiError::NotFound("secret"))?;
    let before = existing(app, client_id).await?.ok_or(ApiError::NotFound("client"))?;
    caller.require_all(app, command.privileges_over(&before.client)).await?;
    let organization = organization(app, request).await?;
    let terms = Terms { prefix: &app.client_id_prefix, organization: &organization, catalogue: None };
    let change = command.apply(Some(&before), terms, collection.minted.clone(), now)?;
    let change = change.ok_or(ApiError::NotFound("secret"))?;
    Ok((effect(app, request, &change), change.committed()))
}

fn effect(app: &Management, request: &ChangeRequest, change: &RegistrationChange) -> Effect {
    Effect { writes: app.clients.writes(change), events: vec![request.mark(change.event.clone())] }
}

async fn existing(app: &Management, client_id: &ClientId) -> Result<Option<Registration>, ApiError> {
    let found = app.clients.registration(client_id).await?;
    Ok(found.filter(|found| found.client.deleted_at.is_none()))
}

async fn organization(app: &Management, request: &ChangeRequest) -> Result<Organization, ApiError> {
    app.organizations.get(&request.organization).await?.ok_or(ApiError::NotFound("organization"))
}
