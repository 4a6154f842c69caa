//! Events in the API.

use std::net::IpAddr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::event::{Action, Event, FieldChange, Target};
use shared::domain::id::{
    AdministratorId, ChangeRequestId, ClientId, InvitationId, OrganizationKey, RequestId, ResourceKey, SecretId,
};

use crate::actor::ActorJson;

/// An event in an audit trail.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(crate) struct EventJson {
    /// The position in the trail, counted from 1 without gaps.
    pub(crate) sequence: u64,
    pub(crate) at: Timestamp,
    /// The person, machine or deployment that acted.
    pub(crate) actor: ActorJson,
    /// The action.
    #[schemars(extend("enum" = Action::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>()))]
    pub(crate) action: &'static str,
    /// The object of the action.
    pub(crate) target: TargetJson,
    /// The IP address of the request; null if there was none.
    pub(crate) source: Option<IpAddr>,
    pub(crate) request_id: RequestId,
    /// The changed fields; never a secret.
    pub(crate) changes: Vec<FieldChange>,
    /// The SHA-256 of the rest of this event, in hexadecimal.
    pub(crate) hash: String,
    /// The hash of the previous event; 64 zeros for the first.
    pub(crate) previous_hash: String,
}

/// The object of an event.
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
    /// Returns the kind and name for a table; an object that belongs to another has both names.
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
