//! Filter for the events of a trail.

use jiff::Timestamp;
use schemars::JsonSchema;
use shared::domain::event::{Action, Actor, Event, Target};
use shared::domain::id::ClientId;
use shared::domain::time::plus_seconds;

use crate::http::query::Parameters;

/// Maximum delay between an event's `at` and its commit, in seconds: longer than any request takes.
const COMMIT_DELAY_SECONDS: i64 = 5 * 60;

/// A filter for events; all given conditions must match.
#[derive(Debug, Default, JsonSchema)]
pub(crate) struct EventFilter {
    /// The actor: the id or email address of an administrator, a client_id, or `system`.
    actor: Option<String>,
    /// Events of this client, its secrets and change requests, or with it as the actor.
    client_id: Option<ClientId>,
    /// The action.
    #[schemars(with = "Option<String>", extend("enum" = Action::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>()))]
    action: Option<Action>,
    /// The start of the period, inclusive.
    from: Option<Timestamp>,
    /// The end of the period, exclusive.
    to: Option<Timestamp>,
}

impl EventFilter {
    /// Reads `actor`, `client_id`, `action`, `from` and `to`.
    pub(crate) fn read(parameters: &mut Parameters<'_>) -> Self {
        let time = |text: &str| text.parse().map_err(|_| "must be an instant of RFC 3339, as 2026-03-01T12:00:00Z");
        let word = |text: &str| Action::from_word(text).ok_or("is no action of the trail");
        Self {
            actor: parameters.text("actor"),
            client_id: parameters.parsed("client_id", str::parse),
            action: parameters.parsed("action", word),
            from: parameters.parsed("from", time),
            to: parameters.parsed("to", time),
        }
    }

    /// Checks whether the event matches.
    pub(crate) fn takes(&self, event: &Event) -> bool {
        self.actor.as_ref().is_none_or(|named| is(&event.by.actor, named))
            && self.client_id.as_ref().is_none_or(|client_id| concerns(event, client_id))
            && self.action.is_none_or(|action| event.what.action == action)
            && self.from.is_none_or(|from| event.by.at >= from)
            && self.to.is_none_or(|to| event.by.at < to)
    }

    /// Checks whether every event before this one is too old. Positions in a trail are assigned at commit, but times
    /// when a request arrives, so neighbouring events can be slightly out of order.
    pub(crate) fn ends_at(&self, event: &Event) -> bool {
        self.from.is_some_and(|from| plus_seconds(event.by.at, COMMIT_DELAY_SECONDS) < from)
    }
}

fn is(actor: &Actor, named: &str) -> bool {
    actor.id() == named
        || matches!(actor, Actor::Administrator { email, .. } if email.as_str().eq_ignore_ascii_case(named))
}

/// Checks whether the event is about the client or its objects, or was caused by it.
fn concerns(event: &Event, client_id: &ClientId) -> bool {
    let target = match &event.what.target {
        Target::Client(id) | Target::Secret(id, _) => Some(id),
        Target::Organization(_)
        | Target::Resource(_)
        | Target::Administrator(_)
        | Target::SigningKey(_)
        | Target::Invitation(_)
        | Target::Route(_) => None,
        Target::ChangeRequest(_, about) => about.as_ref(),
    };
    target == Some(client_id) || matches!(&event.by.actor, Actor::Client(id) if id == client_id)
}
