//! The longest wait for a second administrator: reported by the daily run, so that an alarm can watch it.

use std::collections::BTreeMap;

use shared::domain::id::OrganizationKey;
use shared::domain::organization::Organization;

use crate::notifier::ExpiryNotifier;

impl ExpiryNotifier {
    /// Seconds that the oldest change request has waited, over all organizations that require approval.
    ///
    /// An organization whose requests cannot be read is skipped: reminders do not depend on it.
    pub(crate) async fn longest_wait(&self, organizations: &BTreeMap<OrganizationKey, Organization>) -> Option<i64> {
        let now = self.clock.now();
        let mut oldest = None;
        for key in organizations.values().filter(|found| found.settings.multi_admin).map(|found| &found.key) {
            match self.change_requests.waiting_since(key, now).await {
                Ok(since) => oldest = oldest.into_iter().chain(since).min(),
                Err(error) => tracing::error!(organization = %key, %error, "change requests could not be read"),
            }
        }
        oldest.map(|since| now.as_second().saturating_sub(since.as_second()))
    }
}
