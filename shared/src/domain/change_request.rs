//! A change that waits for a second administrator: who may do what with it, and what it becomes.
//!
//! Time ends a request by itself: its [`ChangeRequestStatus`] is told from its state and the clock, so that nothing has to run at
//! the right moment.

use jiff::Timestamp;
use serde_json::json;

use super::command::Command;
use super::event::{Action, Actor, FieldChange, NewEvent, Target, Trail};
use super::id::{ChangeRequestId, OrganizationKey, SecretId, Version};
use super::privilege::Privilege;
use super::text::CommentText;
use super::time::{DAY_SECONDS, plus_seconds, whole_seconds};

mod rights;
mod status;

pub use rights::{Party, Rights};
pub use status::ChangeRequestStatus;

/// A change that was asked for, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    /// Names it.
    pub id: ChangeRequestId,
    /// Whose change it is.
    pub organization: OrganizationKey,
    /// What is to be done.
    pub command: Command,
    /// What it would change, as it was when it was asked for.
    pub diff: Vec<FieldChange>,
    /// The version of what it changes, when it was asked for; none where it makes something new.
    pub base_version: Option<Version>,
    /// The requester.
    pub requested_by: Actor,
    /// Whether that is an operator.
    pub by_operator: bool,
    /// When.
    pub requested_at: Timestamp,
    /// The first approval of a request that takes two.
    pub first_approval: Option<Decision>,
    /// What became of it.
    pub state: State,
    /// Its comments, oldest first.
    pub comments: Vec<Comment>,
    /// Version for optimistic locking.
    pub version: Version,
}

/// The decider and the time of the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What became of a change request; time does the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nobody has decided.
    Pending,
    /// It was approved, and made in the same instant.
    Approved(Decision),
    /// It was approved, and whoever asked for it can collect the secret that comes of it.
    Collectable(Decision),
    /// Its secret was made and shown.
    Collected {
        /// The approval.
        approved: Decision,
        /// When the secret was made.
        at: Timestamp,
    },
    /// It was rejected.
    Rejected(Decision),
    /// Whoever asked for it took it back.
    Withdrawn(Decision),
}

/// Something that somebody said of a change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: CommentText,
}

/// Why something is not done with a change request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It does not wait for a decision any more.
    #[error("the change request is {}", .0.as_str())]
    NotPending(ChangeRequestStatus),
    /// Nobody decides on their own request, whatever their privileges.
    #[error("nobody decides on their own change request")]
    OwnRequest,
    /// Operators make each other, so that what one asks for is the organization's own people's to decide.
    #[error("no operator decides on an operator's change request")]
    OperatorsRequest,
    /// It takes two approvals by different people.
    #[error("somebody else has to approve the change request as well")]
    SecondApproval,
    /// Only whoever asked for the change may do this.
    #[error("only whoever asked for the change may do this")]
    NotRequester,
    /// Whoever decides or collects may not do what the change does.
    #[error("the privilege {0} is missing")]
    Missing(Privilege),
    /// Whoever asked for the change may not make it any more, or has gone.
    #[error("whoever asked for the change may not make it any more")]
    RequesterLacks,
    /// There is no secret to collect.
    #[error("the change request is {}", .0.as_str())]
    NotCollectable(ChangeRequestStatus),
    /// As much was said of it as is kept.
    #[error("a change request has at most {max} comments", max = ChangeRequest::COMMENTS_MAX)]
    TooManyComments,
}

/// A change request that is new or changed, which must be committed together with its event, or not at all.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The request after it; the version is the one before it.
    pub after: ChangeRequest,
    /// Event for the audit trail.
    pub event: NewEvent,
}

impl Transition {
    /// The request as it is once the transition is committed.
    #[must_use]
    pub fn committed(self) -> ChangeRequest {
        ChangeRequest { version: self.after.version.next(), ..self.after }
    }
}

impl ChangeRequest {
    /// A request that nobody decided on ends this many seconds after it was made.
    pub const DECIDED_WITHIN_SECONDS: i64 = 14 * DAY_SECONDS;
    /// A secret is collected at most this many seconds after the approval.
    pub const COLLECTED_WITHIN_SECONDS: i64 = 7 * DAY_SECONDS;
    /// How many comments are kept beside those of the decision.
    pub const COMMENTS_MAX: usize = 50;

    /// The event of a change that this request made, with the request's id in it.
    #[must_use]
    pub fn mark(&self, event: NewEvent) -> NewEvent {
        event.with(FieldChange::between("change_request", json!(null), json!(self.id)))
    }

    /// A new request.
    #[must_use]
    pub fn make(
        id: ChangeRequestId,
        organization: OrganizationKey,
        command: Command,
        diff: Vec<FieldChange>,
        base_version: Option<Version>,
        by: &Party,
        now: Timestamp,
    ) -> Transition {
        let request = Self {
            id,
            organization,
            command,
            diff,
            base_version,
            requested_by: by.actor.clone(),
            by_operator: by.rights.organization.is_none(),
            requested_at: whole_seconds(now),
            first_approval: None,
            state: State::Pending,
            comments: Vec::new(),
            version: Version::NEW,
        };
        let action = FieldChange::between("action", json!(null), json!(request.command.action()));
        let mut event = request.event(Action::ChangeRequested).with(action);
        event.changes.extend(request.diff.iter().cloned());
        Transition { after: request, event }
    }

    /// What it is at `now`.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> ChangeRequestStatus {
        match &self.state {
            State::Pending if now >= self.expires_at() => ChangeRequestStatus::Expired,
            State::Pending => ChangeRequestStatus::Pending,
            State::Approved(_) => ChangeRequestStatus::Approved,
            State::Collectable(approved) if now >= collect_until(approved) => ChangeRequestStatus::Lapsed,
            State::Collectable(_) => ChangeRequestStatus::Collectable,
            State::Collected { .. } => ChangeRequestStatus::Collected,
            State::Rejected(_) => ChangeRequestStatus::Rejected,
            State::Withdrawn(_) => ChangeRequestStatus::Withdrawn,
        }
    }

    /// From when on nobody can decide any more.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        plus_seconds(self.requested_at, Self::DECIDED_WITHIN_SECONDS)
    }

    /// From when on its secret cannot be collected any more, where one comes of it and it was approved.
    #[must_use]
    pub fn collect_until(&self) -> Option<Timestamp> {
        match &self.state {
            State::Collectable(approved) | State::Collected { approved, .. } => Some(collect_until(approved)),
            State::Pending | State::Approved(_) | State::Rejected(_) | State::Withdrawn(_) => None,
        }
    }

    /// The decider and the time of the decision.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        match &self.state {
            State::Pending => None,
            State::Approved(decision)
            | State::Collectable(decision)
            | State::Collected { approved: decision, .. }
            | State::Rejected(decision)
            | State::Withdrawn(decision) => Some(decision),
        }
    }

    /// When its secret was collected.
    #[must_use]
    pub fn collected_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Collected { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// The privileges that whoever decides has to hold: what only operators may do, and one asks for, the organization's
    /// people countersign without being operators.
    fn taken(&self) -> impl Iterator<Item = Privilege> {
        let asked_by_operator = self.by_operator;
        let all = self.command.privileges().into_iter();
        all.filter(move |privilege| !asked_by_operator || *privilege != Privilege::PlatformOperate)
    }

    /// How many different people have to approve it. Whoever has a secret of a machine can ask in its name, so that
    /// what a machine asks for takes two.
    #[must_use]
    pub fn approvals_needed(&self) -> u8 {
        if matches!(self.requested_by, Actor::Client(_)) { 2 } else { 1 }
    }

    /// Checks that this account can approve or reject it.
    ///
    /// A person other than the requester, who could make the change themselves at this moment. A machine's account is
    /// shared by whoever runs it, so it never decides; and operators make each other, so that none decides on what
    /// another asks for.
    ///
    /// # Errors
    /// If it no longer waits, or this account may not decide on it.
    pub fn check_decider(&self, by: &Party, now: Timestamp) -> Result<(), RequestError> {
        if by.actor.is(&self.requested_by) {
            return Err(RequestError::OwnRequest);
        }
        if self.by_operator && by.rights.organization.is_none() {
            return Err(RequestError::OperatorsRequest);
        }
        if self.first_approval.as_ref().is_some_and(|first| by.actor.is(&first.by)) {
            return Err(RequestError::SecondApproval);
        }
        let missing = match &by.actor {
            Actor::Administrator { .. } => by.rights.missing_of(self.taken(), &self.organization),
            Actor::Client(_) | Actor::System => self.command.privileges().into_iter().next(),
        };
        missing.map_or(Ok(()), |privilege| Err(RequestError::Missing(privilege)))?;
        self.pending(now)
    }

    /// Whether it waits for this account: to decide on it, or to collect its secret.
    #[must_use]
    pub fn waits_for(&self, party: &Party, now: Timestamp) -> bool {
        self.check_decider(party, now).is_ok() || self.check_collector(party, now).is_ok()
    }

    /// Approves it. What it does is committed with it, unless it takes a second approval: then it waits on. A secret
    /// that comes of it is made when it is collected.
    ///
    /// `requester` is what whoever asked for it may do now, nothing where they have gone.
    ///
    /// # Errors
    /// If it no longer waits, this account may not decide on it, or the requester may no longer make the change.
    pub fn approve(
        &self,
        by: &Party,
        requester: Option<&Rights>,
        comment: Option<CommentText>,
        now: Timestamp,
    ) -> Result<Transition, RequestError> {
        self.check_decider(by, now)?;
        let missing = requester.map(|rights| rights.missing(&self.command, &self.organization));
        if missing != Some(None) {
            return Err(RequestError::RequesterLacks);
        }
        let decision = Decision { by: by.actor.clone(), at: whole_seconds(now) };
        if self.approvals_needed() > 1 && self.first_approval.is_none() {
            let count = FieldChange::between("approvals", json!(0), json!(1));
            let mut first = self.becoming(State::Pending, Action::ChangeRequestApproved, &by.actor, comment, now);
            first.after.first_approval = Some(decision);
            return Ok(Transition { event: first.event.with(count), ..first });
        }
        let state = if self.command.makes_secret() { State::Collectable(decision) } else { State::Approved(decision) };
        Ok(self.becoming(state, Action::ChangeRequestApproved, &by.actor, comment, now))
    }

    /// Rejects it.
    ///
    /// # Errors
    /// If it no longer waits, or this account may not decide on it.
    pub fn reject(&self, by: &Party, comment: CommentText, now: Timestamp) -> Result<Transition, RequestError> {
        self.check_decider(by, now)?;
        let state = State::Rejected(Decision { by: by.actor.clone(), at: whole_seconds(now) });
        Ok(self.becoming(state, Action::ChangeRequestRejected, &by.actor, Some(comment), now))
    }

    /// Takes it back, which only whoever asked for it does.
    ///
    /// # Errors
    /// If it no longer waits, or somebody else asked for it.
    pub fn withdraw(
        &self,
        by: &Actor,
        comment: Option<CommentText>,
        now: Timestamp,
    ) -> Result<Transition, RequestError> {
        self.check_requester(by)?;
        self.pending(now)?;
        let state = State::Withdrawn(Decision { by: by.clone(), at: whole_seconds(now) });
        Ok(self.becoming(state, Action::ChangeRequestWithdrawn, by, comment, now))
    }

    /// Says something of it while it waits.
    ///
    /// # Errors
    /// If it no longer waits, or has as many comments as are kept.
    pub fn comment(&self, by: &Actor, text: CommentText, now: Timestamp) -> Result<Transition, RequestError> {
        self.pending(now)?;
        if self.comments.len() >= Self::COMMENTS_MAX {
            return Err(RequestError::TooManyComments);
        }
        Ok(self.becoming(self.state.clone(), Action::ChangeRequestCommented, by, Some(text), now))
    }

    /// Whether this account may collect the secret that comes of it: whoever asked for it, while they may still make it.
    ///
    /// # Errors
    /// If there is no secret to collect, or this account may not collect it.
    pub fn check_collector(&self, by: &Party, now: Timestamp) -> Result<&Decision, RequestError> {
        self.check_requester(&by.actor)?;
        if let Some(privilege) = by.rights.missing(&self.command, &self.organization) {
            return Err(RequestError::Missing(privilege));
        }
        match (&self.state, self.status(now)) {
            (State::Collectable(approved), ChangeRequestStatus::Collectable) => Ok(approved),
            (_, status) => Err(RequestError::NotCollectable(status)),
        }
    }

    /// Collects the secret that comes of it, which is committed with it.
    ///
    /// # Errors
    /// If there is no secret to collect, or this account may not collect it.
    pub fn collect(&self, by: &Party, made: &SecretId, now: Timestamp) -> Result<Transition, RequestError> {
        let approved = self.check_collector(by, now)?.clone();
        let state = State::Collected { approved, at: whole_seconds(now) };
        let mut transition = self.becoming(state, Action::ChangeRequestCollected, &by.actor, None, now);
        transition.event = transition.event.with(FieldChange::between("secret_id", json!(null), json!(made)));
        Ok(transition)
    }

    fn check_requester(&self, by: &Actor) -> Result<(), RequestError> {
        if by.is(&self.requested_by) { Ok(()) } else { Err(RequestError::NotRequester) }
    }

    fn pending(&self, now: Timestamp) -> Result<(), RequestError> {
        match self.status(now) {
            ChangeRequestStatus::Pending => Ok(()),
            other => Err(RequestError::NotPending(other)),
        }
    }

    fn becoming(
        &self,
        state: State,
        action: Action,
        by: &Actor,
        comment: Option<CommentText>,
        now: Timestamp,
    ) -> Transition {
        let said = comment.as_ref().and_then(|text| FieldChange::between("comment", json!(null), json!(text)));
        let mut after = Self { state, ..self.clone() };
        let comment = comment.map(|text| Comment { by: by.clone(), at: whole_seconds(now), text });
        after.comments.extend(comment);
        Transition { event: after.event(action).with(said), after }
    }

    fn event(&self, action: Action) -> NewEvent {
        NewEvent {
            trail: Trail::Organization(self.organization.clone()),
            action,
            target: Target::ChangeRequest(self.id.clone(), self.command.client_id().cloned()),
            changes: Vec::new(),
        }
    }
}

fn collect_until(approved: &Decision) -> Timestamp {
    plus_seconds(approved.at, ChangeRequest::COLLECTED_WITHIN_SECONDS)
}
