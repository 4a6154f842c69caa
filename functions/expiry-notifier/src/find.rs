//! What is due: found by the days of the expiry index, then read afresh, organization by organization.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::client::{Client, Registration};
use shared::domain::id::{ClientId, OrganizationKey};
use shared::domain::organization::{Organization, Settings};
use shared::domain::reminder::{Calendar, Expiring, Reminder, is_client_silent, is_secret_silent};
use shared::domain::secret::{LastUsed, Secret, SecretState};
use shared::domain::time::is_expired;
use shared::store::StoreError;

use crate::ExpiryNotifier;
use crate::run::Run;

/// What may be due in an organization, as the index says.
#[derive(Debug)]
pub struct Group {
    /// The organization.
    pub organization: OrganizationKey,
    /// What people call it.
    pub name: String,
    /// Its settings, which are the default ones where the organization cannot be found.
    pub settings: Settings,
    /// When the first of it ends.
    pub first: Timestamp,
    /// The clients that expire, or whose secrets do.
    pub clients: BTreeMap<ClientId, BTreeSet<Expiring>>,
}

/// One thing that a mail tells of.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Which reminder it is.
    pub reminder: Reminder,
    /// The client.
    pub client: Client,
    /// The secret, where it is one that expires.
    pub secret: Option<Secret>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How many days are left.
    pub days_left: i32,
    /// Its last use, where there was one.
    pub last_used: Option<LastUsed>,
    /// How many other secrets of the client still work then.
    pub other_secrets: usize,
}

impl ExpiryNotifier {
    /// The organizations that a run is for, by key: all of them, or the one asked for where there is such.
    pub(crate) async fn organizations(
        &self,
        only: Option<&OrganizationKey>,
    ) -> Result<BTreeMap<OrganizationKey, Organization>, StoreError> {
        if let Some(only) = only {
            let organization = self.organizations.get(only).await?;
            return Ok(organization.map(|found| (found.key.clone(), found)).into_iter().collect());
        }
        let all = self.organizations.all().await?.into_iter();
        // one that does not read is treated as one that is gone: its people are told by the default thresholds
        let readable = all.filter_map(|found| found.inspect_err(|error| tracing::error!(%error, "left out")).ok());
        Ok(readable.map(|found| (found.key.clone(), found)).collect())
    }
}

impl Run<'_> {
    /// What may be due, most urgent organization first. `only` says that no other organization matters.
    pub(crate) async fn find(
        &mut self,
        organizations: &BTreeMap<OrganizationKey, Organization>,
        only: Option<&OrganizationKey>,
    ) -> Result<Vec<Group>, StoreError> {
        let thresholds = organizations.values().flat_map(|found| found.settings.reminder_days.iter().copied());
        let thresholds = thresholds.chain(Settings::default().reminder_days).collect();
        // a client_id has its organization's key in the middle; which client is whose, only the client says
        let infix = only.map(|only| format!("-{only}-"));
        let mut ends = BTreeMap::new();
        for day in self.calendar.expiry_days(&thresholds) {
            if self.is_over() {
                break;
            }
            for found in self.notifier.clients.expiring(&self.calendar.instants(day)).await? {
                match found {
                    Ok((expiring, _)) if infix.as_ref().is_some_and(|i| !expiring.client_id.as_str().contains(i)) => {}
                    Ok((expiring, end)) => drop(ends.insert(expiring, end)),
                    Err(error) => self.fail(1, &error),
                }
            }
        }
        let clients: BTreeSet<&ClientId> = ends.keys().map(|expiring| &expiring.client_id).collect();
        let owners = self.notifier.clients.organizations_of(clients).await?;
        let mut groups: BTreeMap<OrganizationKey, Group> = BTreeMap::new();
        for (expiring, end) in ends {
            let Some(owner) = owners.get(&expiring.client_id) else {
                self.fail(1, &format_args!("the client {} cannot be read", expiring.client_id));
                continue;
            };
            let organization = organizations.get(owner);
            let settings = organization.map(|found| found.settings.clone()).unwrap_or_default();
            let elsewhere = only.is_some_and(|only| only != owner);
            if elsewhere || self.calendar.due(end, &settings.reminder_days).is_none() {
                continue;
            }
            let group = groups.entry(owner.clone()).or_insert_with(|| Group {
                organization: owner.clone(),
                name: organization.map_or_else(|| owner.to_string(), |found| found.name.to_string()),
                settings,
                first: end,
                clients: BTreeMap::new(),
            });
            group.first = group.first.min(end);
            group.clients.entry(expiring.client_id.clone()).or_default().insert(expiring);
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by(|a, b| (a.first, &a.organization).cmp(&(b.first, &b.organization)));
        Ok(groups)
    }

    /// What there is to tell of a group at `now`, most urgent first. Each client is read afresh, so that whatever was
    /// deleted, disabled or replaced a moment ago is silent.
    pub(crate) async fn notices(&mut self, group: &Group, now: Timestamp) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (client_id, expiring) in &group.clients {
            let registration = match self.notifier.clients.registration(client_id).await {
                Ok(Some(registration)) => registration,
                Ok(None) => continue,
                Err(error) => {
                    self.fail(expiring.len(), &error);
                    continue;
                }
            };
            if is_client_silent(&registration.client, &self.calendar, now) {
                continue;
            }
            notices.extend(expiring.iter().filter_map(|what| {
                let (secret, expires_at) = match &what.secret {
                    None => (None, registration.client.expires_at?),
                    Some(id) => {
                        let secret = registration.secret(id)?;
                        if is_secret_silent(&registration, secret, now) {
                            return None;
                        }
                        (Some(secret), secret.expires_at?)
                    }
                };
                let days_before = self.calendar.due(expires_at, &group.settings.reminder_days)?;
                let organization = group.organization.clone();
                let reminder = Reminder { organization, expiring: what.clone(), days_before };
                Some(notice(reminder, &registration, secret, expires_at, &self.calendar))
            }));
        }
        notices.sort_by(|a, b| (a.expires_at, &a.reminder).cmp(&(b.expires_at, &b.reminder)));
        notices
    }
}

fn notice(
    reminder: Reminder,
    registration: &Registration,
    secret: Option<&Secret>,
    expires_at: Timestamp,
    calendar: &Calendar,
) -> Notice {
    let works_then = |other: &&Secret| {
        matches!(other.state, SecretState::Active)
            && secret.is_some_and(|secret| secret.id != other.id)
            && other.not_before <= expires_at
            && !is_expired(other.expires_at, expires_at)
    };
    let last_used = match secret {
        Some(secret) => secret.last_used.as_ref(),
        None => registration.secrets.iter().filter_map(|s| s.last_used.as_ref()).max_by_key(|used| used.at),
    };
    Notice {
        days_left: calendar.days_left(expires_at),
        other_secrets: registration.secrets.iter().filter(works_then).count(),
        last_used: last_used.cloned(),
        client: registration.client.clone(),
        secret: secret.cloned(),
        reminder,
        expires_at,
    }
}
