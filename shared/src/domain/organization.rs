//! Organizations: the tenants, and what an operator or owner does to them.

pub mod settings;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use self::settings::{InvalidSettings, OrganizationSettings};
use super::event::{Action, FieldChange, NewEvent, Target, Trail};
use super::id::{ClientId, OrganizationKey, ResourceKey, Version};
use super::text::Name;
use super::time::whole_seconds;

/// A tenant: it owns clients and has administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its permanent key.
    pub key: OrganizationKey,
    /// Name shown to people.
    pub name: Name,
    /// Its policy.
    pub settings: OrganizationSettings,
    /// The resources that its clients may be granted; none is every resource.
    pub grantable: Option<BTreeSet<ResourceKey>>,
    /// Since when it is suspended, where it is: its people are refused, and its clients get no tokens.
    pub suspended_at: Option<Timestamp>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Version for optimistic locking.
    pub version: Version,
}

/// A change of an organization, to be committed with its event.
#[derive(Debug, Clone, PartialEq)]
pub struct OrganizationChange {
    /// The organization after the change, with the version before it.
    pub after: Organization,
    /// The entry in the audit trail.
    pub event: NewEvent,
}

/// An update of an organization; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct OrganizationUpdate {
    /// The new name.
    pub name: Option<Name>,
    /// All settings.
    pub settings: Option<OrganizationSettings>,
    /// The resources that its clients may be granted; `Some(None)` is every resource.
    pub grantable: Option<Option<BTreeSet<ResourceKey>>>,
}

/// The reason why an organization is not created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreateOrganizationError {
    /// Its settings are not allowed.
    #[error(transparent)]
    Settings(#[from] InvalidSettings),
    /// Its settings ask for approvals, but it has no administrators yet who could give them.
    #[error("settings.multi_admin needs two administrators, and a new organization has none")]
    NoApprovers,
}

impl OrganizationChange {
    /// The organization once the change is committed.
    #[must_use]
    pub fn committed(self) -> Organization {
        Organization { version: self.after.version.next(), ..self.after }
    }
}

impl Organization {
    /// Creates an organization. Its clients may be granted every resource.
    ///
    /// # Errors
    ///
    /// [`CreateOrganizationError`], where the settings are not allowed.
    pub fn create(
        key: OrganizationKey,
        name: Name,
        settings: OrganizationSettings,
        now: Timestamp,
    ) -> Result<OrganizationChange, CreateOrganizationError> {
        settings.check()?;
        if settings.multi_admin {
            return Err(CreateOrganizationError::NoApprovers);
        }
        let named = FieldChange::between("name", json!(null), json!(name));
        let changes = named.into_iter().chain(OrganizationSettings::default().differences(&settings)).collect();
        let after = Self {
            key,
            name,
            settings,
            grantable: None,
            suspended_at: None,
            created_at: whole_seconds(now),
            version: Version::NEW,
        };
        Ok(after.changed(Action::OrganizationCreated, changes))
    }

    /// Updates name, settings and grantable resources. Nothing different is no change: `None`.
    ///
    /// # Errors
    ///
    /// [`InvalidSettings`], where the settings after the update are not allowed.
    pub fn update(&self, update: OrganizationUpdate) -> Result<Option<OrganizationChange>, InvalidSettings> {
        let OrganizationUpdate { name, settings, grantable } = update;
        let after = Self {
            name: name.unwrap_or_else(|| self.name.clone()),
            settings: settings.unwrap_or_else(|| self.settings.clone()),
            grantable: grantable.unwrap_or_else(|| self.grantable.clone()),
            ..self.clone()
        };
        after.settings.check()?;
        let changes = [
            FieldChange::between("name", json!(self.name), json!(after.name)),
            FieldChange::between("grantable_resources", json!(self.grantable), json!(after.grantable)),
        ];
        let changes: Vec<_> = changes.into_iter().flatten().chain(self.settings.differences(&after.settings)).collect();
        Ok((!changes.is_empty()).then(|| after.changed(Action::OrganizationUpdated, changes)))
    }

    /// Suspends or resumes it. What it is already is no change: `None`.
    #[must_use]
    pub fn set_suspended(&self, suspended: bool, now: Timestamp) -> Option<OrganizationChange> {
        if self.suspended_at.is_some() == suspended {
            return None;
        }
        let suspended_at = suspended.then(|| whole_seconds(now));
        let change = FieldChange::between("suspended_at", json!(self.suspended_at), json!(suspended_at));
        let action = if suspended { Action::OrganizationSuspended } else { Action::OrganizationResumed };
        Some(Self { suspended_at, ..self.clone() }.changed(action, change.into_iter().collect()))
    }

    /// The event of clients that follow the suspension of their organization, or its end.
    #[must_use]
    pub fn clients_follow(key: &OrganizationKey, suspended: bool, clients: &[ClientId]) -> NewEvent {
        let action = if suspended { Action::ClientsSuspended } else { Action::ClientsResumed };
        let changes = FieldChange::between("clients", json!(null), json!(clients)).into_iter().collect();
        event(key, action, changes)
    }

    fn changed(self, action: Action, changes: Vec<FieldChange>) -> OrganizationChange {
        OrganizationChange { event: event(&self.key, action, changes), after: self }
    }

    /// True if its clients can be granted this resource.
    #[must_use]
    pub fn may_grant(&self, resource: &ResourceKey) -> bool {
        self.grantable.as_ref().is_none_or(|keys| keys.contains(resource))
    }
}

fn event(key: &OrganizationKey, action: Action, changes: Vec<FieldChange>) -> NewEvent {
    let trail = Trail::Organization(key.clone());
    NewEvent { trail, action, target: Target::Organization(key.clone()), changes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Overlap;

    fn acme(settings: OrganizationSettings) -> Result<OrganizationChange, CreateOrganizationError> {
        let name = Name::parse("Acme").unwrap();
        Organization::create(OrganizationKey::parse("acme").unwrap(), name, settings, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_new_organization_needs_settings_that_agree_and_no_approvals() {
        let made = acme(OrganizationSettings::default()).unwrap();
        assert_eq!((made.event.action, made.event.changes.len()), (Action::OrganizationCreated, 1));
        assert_eq!(made.committed().version, Version(1));
        let approved = OrganizationSettings { multi_admin: true, ..OrganizationSettings::default() };
        assert_eq!(acme(approved), Err(CreateOrganizationError::NoApprovers));
        let overlap_max_seconds = Overlap::new(60).unwrap();
        let wrong = OrganizationSettings { overlap_max_seconds, ..OrganizationSettings::default() };
        assert!(matches!(acme(wrong), Err(CreateOrganizationError::Settings(_))));
    }

    #[test]
    fn an_update_names_what_it_changes_and_refuses_settings_that_contradict_each_other() {
        let before = acme(OrganizationSettings::default()).unwrap().committed();
        assert_eq!(before.update(OrganizationUpdate::default()), Ok(None));
        let settings = OrganizationSettings { multi_admin: true, ..before.settings.clone() };
        let update = OrganizationUpdate {
            name: Name::parse("Acme Bank").ok(),
            settings: Some(settings),
            grantable: Some(Some(BTreeSet::new())),
        };
        let change = before.update(update).unwrap().unwrap();
        let fields: Vec<_> = change.event.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["name", "grantable_resources", "settings.multi_admin"]);
        let wrong = OrganizationSettings { reminder_days: [366].into(), ..before.settings.clone() };
        let update = OrganizationUpdate { settings: Some(wrong), ..OrganizationUpdate::default() };
        assert!(before.update(update).is_err());
    }

    #[test]
    fn a_suspension_begins_and_ends_once() {
        let active = acme(OrganizationSettings::default()).unwrap().committed();
        assert_eq!(active.set_suspended(false, Timestamp::UNIX_EPOCH), None);
        let suspended = active.set_suspended(true, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(suspended.event.action, Action::OrganizationSuspended);
        let suspended = suspended.committed();
        assert_eq!(suspended.set_suspended(true, Timestamp::UNIX_EPOCH), None);
        let resumed = suspended.set_suspended(false, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!((resumed.event.action, resumed.after.suspended_at), (Action::OrganizationResumed, None));
    }
}
