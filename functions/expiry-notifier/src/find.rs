//! Search: the expiry index says what may be due, then each client is read afresh, organization by organization.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::domain::id::{ClientId, OrganizationKey};
use shared::domain::organization::Organization;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::reminder::{Expiring, Reminder, is_client_silent, is_secret_silent};
use shared::store::StoreError;

use crate::notice::Notice;
use crate::notifier::ExpiryNotifier;
use crate::progress::Run;

/// Clients and secrets of one organization that may be due, as the index says.
#[derive(Debug)]
pub struct Candidates {
    /// The organization.
    pub organization: OrganizationKey,
    /// Its name.
    pub name: String,
    /// Its settings; the defaults where the organization cannot be read.
    pub settings: OrganizationSettings,
    /// The earliest expiry among them.
    pub earliest: Timestamp,
    /// Expiring clients and secrets, by client.
    pub clients: BTreeMap<ClientId, BTreeSet<Expiring>>,
}

impl ExpiryNotifier {
    /// The organizations of a run, by key: all of them, or the requested one if it exists.
    pub(crate) async fn organizations(
        &self,
        only: Option<&OrganizationKey>,
    ) -> Result<BTreeMap<OrganizationKey, Organization>, StoreError> {
        if let Some(only) = only {
            let organization = self.organizations.get(only).await?;
            return Ok(organization.map(|found| (found.key.clone(), found)).into_iter().collect());
        }
        let all = self.organizations.all().await?.into_iter();
        // one that cannot be read is treated as if it were gone: the default thresholds apply to its clients
        let readable = all.filter_map(|found| {
            found.inspect_err(|error| tracing::error!(%error, "an organization could not be read")).ok()
        });
        Ok(readable.map(|found| (found.key.clone(), found)).collect())
    }
}

impl Run<'_> {
    /// Finds what may be due, most urgent organization first; of `only` that organization where it is given.
    pub(crate) async fn find(
        &mut self,
        organizations: &BTreeMap<OrganizationKey, Organization>,
        only: Option<&OrganizationKey>,
    ) -> Result<Vec<Candidates>, StoreError> {
        let thresholds = organizations.values().flat_map(|found| found.settings.reminder_days.iter().copied());
        let thresholds = thresholds.chain(OrganizationSettings::default().reminder_days).collect();
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
        let mut found: BTreeMap<OrganizationKey, Candidates> = BTreeMap::new();
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
            let candidates = found.entry(owner.clone()).or_insert_with(|| Candidates {
                organization: owner.clone(),
                name: organization.map_or_else(|| owner.to_string(), |found| found.name.to_string()),
                settings,
                earliest: end,
                clients: BTreeMap::new(),
            });
            candidates.earliest = candidates.earliest.min(end);
            candidates.clients.entry(expiring.client_id.clone()).or_default().insert(expiring);
        }
        let mut found: Vec<Candidates> = found.into_values().collect();
        found.sort_by(|a, b| (a.earliest, &a.organization).cmp(&(b.earliest, &b.organization)));
        Ok(found)
    }

    /// Notices that are due at `now`, most urgent first. Each client is read afresh, so that nobody is reminded of what
    /// was deleted, disabled or replaced a moment ago.
    pub(crate) async fn notices(&mut self, candidates: &Candidates, now: Timestamp) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (client_id, expiring) in &candidates.clients {
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
                let days_before = self.calendar.due(expires_at, &candidates.settings.reminder_days)?;
                let organization = candidates.organization.clone();
                let reminder = Reminder { organization, expiring: what.clone(), days_before };
                Some(Notice::new(reminder, &registration, secret, expires_at, &self.calendar))
            }));
        }
        notices.sort_by(|a, b| (a.expires_at, &a.reminder).cmp(&(b.expires_at, &b.reminder)));
        notices
    }
}
