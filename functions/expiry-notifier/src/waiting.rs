//! Since when changes wait for a second administrator: told by the daily run, so that an alarm can watch it.

use std::collections::BTreeMap;

use shared::domain::id::OrganizationKey;
use shared::domain::organization::Organization;

use crate::ExpiryNotifier;

impl ExpiryNotifier {
    /// For how many seconds the oldest change request waits, of all organizations that have their changes approved.
    ///
    /// An organization that cannot be read is left out: reminders do not depend on it.
    pub(crate) async fn longest_wait(&self, organizations: &BTreeMap<OrganizationKey, Organization>) -> Option<i64> {
        let now = self.clock.now();
        let mut oldest = None;
        for key in organizations.values().filter(|found| found.settings.multi_admin).map(|found| &found.key) {
            match self.change_requests.waiting_since(key, now).await {
                Ok(since) => oldest = oldest.into_iter().chain(since).min(),
                Err(error) => tracing::error!(organization = %key, %error, "change requests left out"),
            }
        }
        oldest.map(|since| now.as_second().saturating_sub(since.as_second()))
    }
}
