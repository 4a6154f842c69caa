//! The actor of an event, a change request or an invitation, as the API shows it.

use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::event::Actor;

/// The person, machine or deployment that did something.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Actor")]
pub(crate) struct ActorJson {
    pub(crate) r#type: ActorType,
    /// The id of the administrator, or the client_id; null for the deployment itself.
    pub(crate) id: Option<String>,
    /// The administrator's email address at the time; null for clients and the deployment.
    pub(crate) email: Option<String>,
}

/// The kind of an actor.
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
    /// The type's word in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Client => "client",
            Self::System => "system",
        }
    }
}
