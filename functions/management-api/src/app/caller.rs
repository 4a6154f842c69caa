//! The authenticated caller: a signed-in person, or a machine with an access token.

use std::collections::BTreeSet;
use std::sync::Arc;

use shared::domain::administrator::Administrator;
use shared::domain::change_request::{Party, Rights};
use shared::domain::event::{Action, Actor, Attribution, NewEvent, Target, Trail};
use shared::domain::id::{ClientId, OrganizationKey};
use shared::domain::machine::level_with;
use shared::domain::privilege::Privilege;
use shared::domain::session::Session;

use crate::app::Management;
use crate::app::access::Access;
use crate::app::context::RequestContext;
use crate::app::error::ApiError;
use crate::app::error::Denied;

/// The caller of a request, with the context of the request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) context: RequestContext,
}

/// Identity of a caller.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// A person, in a session.
    Person { administrator: Arc<Administrator>, session: Session },
    /// A machine, with an access token.
    Machine(Arc<Machine>),
}

/// A client that calls the management API itself.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) client_id: ClientId,
    pub(crate) organization: OrganizationKey,
    /// Privileges that both its token and its grants allow.
    pub(crate) privileges: BTreeSet<Privilege>,
}

/// A person as the caller, for handlers of routes that only people can use.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) administrator: Arc<Administrator>,
    pub(crate) session: Session,
    pub(crate) context: RequestContext,
}

impl Caller {
    /// Returns the actor of the caller's events in the audit trail.
    pub(crate) fn actor(&self) -> Actor {
        match &self.identity {
            Identity::Person { administrator, .. } => actor(administrator),
            Identity::Machine(machine) => Actor::Client(machine.client_id.clone()),
        }
    }

    /// Returns the caller's organization; `None` for operators, who act in every organization.
    pub(crate) fn organization(&self) -> Option<&OrganizationKey> {
        match &self.identity {
            Identity::Person { administrator, .. } => administrator.organization.as_ref(),
            Identity::Machine(machine) => Some(&machine.organization),
        }
    }

    /// Returns the caller's own client_id if it is a machine.
    pub(crate) fn client_id(&self) -> Option<&ClientId> {
        match &self.identity {
            Identity::Person { .. } => None,
            Identity::Machine(machine) => Some(&machine.client_id),
        }
    }

    /// Checks whether this organization and its contents are visible to the caller.
    pub(crate) fn reaches(&self, organization: &OrganizationKey) -> bool {
        match self.organization() {
            Some(own) => own == organization,
            None => self.is_operator(),
        }
    }

    /// Checks whether accounts of this organization, or of operators without one, are visible to the caller.
    pub(crate) fn reaches_people_of(&self, organization: Option<&OrganizationKey>) -> bool {
        organization.map_or_else(|| self.is_operator(), |key| self.reaches(key))
    }

    /// Checks whether the caller acts in every organization.
    pub(crate) fn is_operator(&self) -> bool {
        self.organization().is_none() && self.holds(Privilege::PlatformOperate)
    }

    /// Checks that the caller has the privilege; records a refusal in the caller's trail.
    pub(crate) async fn require(&self, app: &Management, privilege: Privilege) -> Result<(), ApiError> {
        if self.holds(privilege) {
            return Ok(());
        }
        self.record_refusal(app).await?;
        match (&self.identity, level_with(privilege)) {
            (Identity::Machine(_), Some(level)) => Err(Denied::InsufficientScope(privilege, level).into()),
            _ => Err(ApiError::MissingPrivilege(privilege)),
        }
    }

    /// Checks that the caller has all of the privileges; records a refusal in the caller's trail.
    pub(crate) async fn require_all<'p>(
        &self,
        app: &Management,
        privileges: impl IntoIterator<Item = &'p Privilege>,
    ) -> Result<(), ApiError> {
        match privileges.into_iter().find(|privilege| !self.holds(**privilege)) {
            Some(missing) => self.require(app, *missing).await,
            None => Ok(()),
        }
    }

    /// Checks whether the caller is a person who has just signed in with a recovery code.
    pub(crate) fn is_recovering(&self) -> bool {
        matches!(&self.identity, Identity::Person { session, .. } if session.is_recovering(self.context.at))
    }

    /// Refuses a person without a recent one-time password. A machine has no second factor: the table of routes defines
    /// what it can do without.
    pub(crate) fn require_step_up(&self) -> Result<(), ApiError> {
        match &self.identity {
            Identity::Person { session, .. } if !session.is_stepped_up(self.context.at) => {
                Err(ApiError::StepUpRequired)
            }
            Identity::Person { .. } | Identity::Machine(_) => Ok(()),
        }
    }

    /// Refuses callers of the other kind if a route is only for people or only for machines, and records it in the
    /// caller's trail.
    pub(crate) async fn require_kind(&self, app: &Management, access: Access) -> Result<(), ApiError> {
        let refusal = match &self.identity {
            Identity::Person { .. } if !access.is_for_people() => Denied::MachinesOnly,
            Identity::Machine(_) if !access.is_for_machines() => Denied::PeopleOnly,
            Identity::Person { .. } | Identity::Machine(_) => return Ok(()),
        };
        self.record_refusal(app).await?;
        Err(refusal.into())
    }

    /// Records in the caller's trail that they are not allowed to do this.
    pub(crate) async fn record_refusal(&self, app: &Management) -> Result<(), ApiError> {
        let taken = app.rate_limiter.take_refusal(&self.actor(), self.context.at);
        taken.map_err(|retry_after_seconds| Denied::TooManyRequests { retry_after_seconds })?;
        let refused = NewEvent {
            trail: Trail::of(self.organization()),
            action: Action::PrivilegeRefused,
            target: Target::Route(self.context.route.to_string()),
            changes: Vec::new(),
        };
        Ok(app.trail.commit(Vec::new(), &refused, &self.attribution()).await?)
    }

    /// Returns the actor, source and time for the caller's events.
    pub(crate) fn attribution(&self) -> Attribution {
        self.context.attributed_to(self.actor())
    }

    /// Returns the caller with its rights.
    pub(crate) fn party(&self) -> Party {
        let privileges = Privilege::ALL.into_iter().filter(|privilege| self.holds(*privilege)).collect();
        Party { actor: self.actor(), rights: Rights { organization: self.organization().cloned(), privileges } }
    }

    /// Checks whether the caller has the privilege.
    pub(crate) fn holds(&self, privilege: Privilege) -> bool {
        match &self.identity {
            Identity::Person { administrator, .. } => administrator.privileges.contains(&privilege),
            Identity::Machine(machine) => machine.privileges.contains(&privilege),
        }
    }
}

impl Person {
    /// Returns the person as a caller.
    pub(crate) fn caller(&self) -> Caller {
        let identity =
            Identity::Person { administrator: Arc::clone(&self.administrator), session: self.session.clone() };
        Caller { identity, context: self.context.clone() }
    }

    /// Returns the actor of the person's events in the audit trail.
    pub(crate) fn actor(&self) -> Actor {
        actor(&self.administrator)
    }

    /// Returns the actor, source and time for the person's events.
    pub(crate) fn attribution(&self) -> Attribution {
        self.context.attribution(&self.administrator)
    }
}

impl RequestContext {
    /// Attributes what happens in this request to `administrator`.
    pub(crate) fn attribution(&self, administrator: &Administrator) -> Attribution {
        self.attributed_to(actor(administrator))
    }

    /// Attributes what happens in this request to `actor`.
    pub(crate) fn attributed_to(&self, actor: Actor) -> Attribution {
        let source = self.source.map(|source| source.0);
        Attribution { actor, source, request_id: self.request_id.clone(), at: self.at }
    }
}

fn actor(administrator: &Administrator) -> Actor {
    Actor::Administrator { id: administrator.id.clone(), email: administrator.email.clone() }
}
