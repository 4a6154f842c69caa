//! Events as they are answered.

use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::event::{Action, Actor, Event, FieldChange, Target};
use shared::domain::id::{
    AdministratorId, ChangeRequestId, ClientId, InvitationId, OrganizationKey, RequestId, ResourceKey, SecretId,
};

/// One entry of a trail.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventJson {
    /// Its place: entries count up from 1 without a gap.
    pub(crate) sequence: u64,
    pub(crate) at: Timestamp,
    pub(crate) actor: ActorJson,
    #[schemars(extend("enum" = Action::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>()))]
    pub(crate) action: &'static str,
    pub(crate) target: TargetJson,
    /// The network address that the request came from; null where there was none.
    pub(crate) source: Option<IpAddr>,
    pub(crate) request_id: RequestId,
    /// The fields that changed; never a secret.
    pub(crate) changes: Vec<FieldChange>,
    /// The SHA-256 of everything else in this entry, in hexadecimal.
    pub(crate) hash: String,
    /// The hash of the entry before it; of the first, 64 zeros.
    pub(crate) previous_hash: String,
}

/// Who did it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Actor")]
pub(crate) struct ActorJson {
    pub(crate) r#type: ActorType,
    /// The id of the administrator, or the client_id; null for the deployment itself.
    pub(crate) id: Option<String>,
    /// The administrator's address at the time.
    pub(crate) email: Option<String>,
}

/// What kind of actor it is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorType {
    /// A signed-in person.
    Administrator,
    /// A machine, with its own access token.
    Client,
    /// The deployment itself.
    System,
}

/// What it was done to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "Target")]
pub(crate) enum TargetJson {
    Client { client_id: ClientId },
    Secret { client_id: ClientId, secret_id: SecretId },
    Organization { organization: OrganizationKey },
    Resource { resource: ResourceKey },
    Administrator { administrator_id: AdministratorId },
    SigningKey { kid: String },
    ChangeRequest { change_request_id: ChangeRequestId, client_id: Option<ClientId> },
    Invitation { invitation_id: InvitationId },
    Route { route: String },
}

impl From<Event> for EventJson {
    fn from(event: Event) -> Self {
        Self {
            sequence: event.sequence,
            at: event.by.at,
            actor: event.by.actor.into(),
            action: event.what.action.as_str(),
            target: event.what.target.into(),
            source: event.by.source,
            request_id: event.by.request_id,
            changes: event.what.changes,
            hash: event.hash,
            previous_hash: event.previous_hash,
        }
    }
}

impl From<Actor> for ActorJson {
    fn from(actor: Actor) -> Self {
        let (r#type, id, email) = match actor {
            Actor::Administrator { id, email } => (ActorType::Administrator, Some(id.into()), Some(email.into())),
            Actor::Client(client_id) => (ActorType::Client, Some(client_id.into()), None),
            Actor::System => (ActorType::System, None, None),
        };
        Self { r#type, id, email }
    }
}

impl ActorType {
    /// The word of this kind.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Client => "client",
            Self::System => "system",
        }
    }
}

impl From<Target> for TargetJson {
    fn from(target: Target) -> Self {
        match target {
            Target::Client(client_id) => Self::Client { client_id },
            Target::Secret(client_id, secret_id) => Self::Secret { client_id, secret_id },
            Target::Organization(organization) => Self::Organization { organization },
            Target::Resource(resource) => Self::Resource { resource },
            Target::Administrator(administrator_id) => Self::Administrator { administrator_id },
            Target::SigningKey(kid) => Self::SigningKey { kid },
            Target::ChangeRequest(change_request_id, client_id) => Self::ChangeRequest { change_request_id, client_id },
            Target::Invitation(invitation_id) => Self::Invitation { invitation_id },
            Target::Route(route) => Self::Route { route },
        }
    }
}

impl TargetJson {
    /// The word of its kind and its name, for a table: of what belongs to something else, the names of both.
    pub(crate) fn cells(&self) -> (&'static str, String) {
        match self {
            Self::Client { client_id } => ("client", client_id.to_string()),
            Self::Secret { client_id, secret_id } => ("secret", format!("{client_id} {secret_id}")),
            Self::Organization { organization } => ("organization", organization.to_string()),
            Self::Resource { resource } => ("resource", resource.to_string()),
            Self::Administrator { administrator_id } => ("administrator", administrator_id.to_string()),
            Self::SigningKey { kid } => ("signing_key", kid.clone()),
            Self::ChangeRequest { change_request_id, client_id: None } => {
                ("change_request", change_request_id.to_string())
            }
            Self::ChangeRequest { change_request_id, client_id: Some(client_id) } => {
                ("change_request", format!("{change_request_id} {client_id}"))
            }
            Self::Invitation { invitation_id } => ("invitation", invitation_id.to_string()),
            Self::Route { route } => ("route", route.clone()),
        }
    }
}
