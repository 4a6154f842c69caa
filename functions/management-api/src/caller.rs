//! The signed-in administrator whose request it is.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use shared::domain::administrator::{Administrator, Privilege};
use shared::domain::event::{Action, Actor, Attribution, NewEvent, Target, Trail};
use shared::domain::id::OrganizationKey;
use shared::domain::session::Session;

use crate::Management;
use crate::arrival::Arrival;
use crate::error::ApiError;

/// Who sends a request, in which session and circumstances.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) administrator: Arc<Administrator>,
    pub(crate) session: Session,
    pub(crate) arrival: Arrival,
}

impl Caller {
    /// Whether the caller may know of this organization and what is in it.
    pub(crate) fn reaches(&self, organization: &OrganizationKey) -> bool {
        match &self.administrator.organization {
            Some(own) => own == organization,
            None => self.is_operator(),
        }
    }

    /// Whether the caller acts in every organization.
    pub(crate) fn is_operator(&self) -> bool {
        self.administrator.organization.is_none() && self.holds(Privilege::PlatformOperate)
    }

    /// Refuses, and writes the refusal into the caller's trail, where the privilege is missing.
    pub(crate) async fn require(&self, app: &Management, privilege: Privilege) -> Result<(), ApiError> {
        if self.holds(privilege) {
            return Ok(());
        }
        let refused = NewEvent {
            trail: Trail::of(self.administrator.organization.as_ref()),
            action: Action::PrivilegeRefused,
            target: Target::Route(self.arrival.route.to_string()),
            changes: Vec::new(),
        };
        app.trail.commit(Vec::new(), &refused, &self.attribution()).await?;
        Err(ApiError::MissingPrivilege(privilege))
    }

    /// Under whose name, from where and when the caller's changes are made.
    pub(crate) fn attribution(&self) -> Attribution {
        self.arrival.attribution(&self.administrator)
    }

    fn holds(&self, privilege: Privilege) -> bool {
        self.administrator.privileges.contains(&privilege)
    }
}

impl Arrival {
    /// Attributes what happens in this request to `administrator`.
    pub(crate) fn attribution(&self, administrator: &Administrator) -> Attribution {
        Attribution {
            actor: Actor::Administrator { id: administrator.id.clone(), email: administrator.email.clone() },
            source: self.source.map(|source| source.0),
            request_id: self.request_id.clone(),
            at: self.at,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or(ApiError::Ungated)
    }
}
