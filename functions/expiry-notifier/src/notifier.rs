//! The state that every run shares.

use jiff::tz::TimeZone;
use shared::clock::Clock;
use shared::domain::email::Email;
use shared::http::Issuer;
use shared::mail::Mailer;
use shared::store::administrators::AdministratorStore;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::organizations::OrganizationStore;
use shared::store::reminders::ReminderStore;

/// Stores, mailer and settings that every run shares.
pub struct ExpiryNotifier {
    /// The issuer, under which the console lives.
    pub issuer: Issuer,
    /// Clients and their secrets.
    pub clients: ClientStore,
    /// Organizations and their settings.
    pub organizations: OrganizationStore,
    /// Administrators.
    pub administrators: AdministratorStore,
    /// Changes that wait for a second administrator.
    pub change_requests: ChangeRequestStore,
    /// The ledger of sent reminders: the only table that the notifier writes.
    pub reminders: ReminderStore,
    /// Sends mail.
    pub mailer: Mailer,
    /// Gets the reminders of an organization without a recipient.
    pub operator: Email,
    /// The time zone of days and of the times in a mail.
    pub zone: TimeZone,
    /// The current time.
    pub clock: Clock,
}
