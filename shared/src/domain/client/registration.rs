//! A client together with its secrets, and a change of these.

use jiff::Timestamp;

use super::Client;
use super::error::ChangeError;
use crate::domain::event::{Action, FieldChange, NewEvent, Target, Trail};
use crate::domain::id::SecretId;
use crate::domain::secret::Secret;
use crate::domain::time::whole_seconds;

/// A client together with all of its secrets: what changes as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The client.
    pub client: Client,
    /// Its secrets, the deleted that are still kept among them, oldest first.
    pub secrets: Vec<Secret>,
}

/// A change that must be committed, together with its event, or not at all.
#[derive(Debug, Clone)]
pub struct RegistrationChange {
    /// Client and secrets as they are after the change; the version is the one before it.
    pub after: Registration,
    /// The secrets that are new or changed.
    pub changed: Vec<SecretId>,
    /// The secrets whose rows go.
    pub forgotten: Vec<SecretId>,
    /// Event for the audit trail.
    pub event: NewEvent,
}

impl RegistrationChange {
    /// The client as it is once the change is committed.
    #[must_use]
    pub fn committed(self) -> Registration {
        let mut after = self.after;
        after.client.version = after.client.version.next();
        after
    }

    pub(super) fn set(&mut self, secret: Secret) {
        self.changed.push(secret.id.clone());
        self.after.secrets.retain(|other| other.id != secret.id);
        self.after.secrets.push(secret);
    }
}

impl Registration {
    pub(super) fn existing(&self) -> Result<(), ChangeError> {
        if self.client.deleted_at.is_some() { Err(ChangeError::NotFound("client")) } else { Ok(()) }
    }

    pub(super) fn with_client(
        &self,
        client: Client,
        action: Action,
        changes: Vec<FieldChange>,
        now: Timestamp,
    ) -> RegistrationChange {
        let client = Client { updated_at: whole_seconds(now), ..client };
        RegistrationChange {
            event: event_of(&client, action, changes),
            after: Self { client, secrets: self.secrets.clone() },
            changed: Vec::new(),
            forgotten: Vec::new(),
        }
    }
}

pub(super) fn event_of(client: &Client, action: Action, changes: Vec<FieldChange>) -> NewEvent {
    NewEvent {
        trail: Trail::Organization(client.organization.clone()),
        action,
        target: Target::Client(client.client_id.clone()),
        changes,
    }
}
