//! Reminders: the right people are told, once, before a secret or a client expires.
//!
//! Read it in the order of a run: [`invocation`] reads what is asked for, [`run`] goes through the organizations,
//! [`find`] says what is due in each, [`letter`] says it in words and [`shared::mail`] sends it. [`feedback`] hears of mail
//! that did not arrive.

pub mod feedback;
pub mod find;
pub mod invocation;
pub mod lambda;
pub mod letter;
pub mod run;
pub mod settings;
pub mod summary;
mod waiting;
pub mod wording;

use jiff::tz::TimeZone;
use shared::clock::Clock;
use shared::domain::administrator::Email;
use shared::http::Issuer;
use shared::mail::Sender;
use shared::store::administrators::AdministratorStore;
use shared::store::change_requests::ChangeRequestStore;
use shared::store::clients::ClientStore;
use shared::store::organizations::OrganizationStore;
use shared::store::reminders::ReminderStore;

/// Everything that the notifier works with.
pub struct ExpiryNotifier {
    /// Under which the console lives.
    pub issuer: Issuer,
    /// Clients and their secrets.
    pub clients: ClientStore,
    /// Organizations and their settings.
    pub organizations: OrganizationStore,
    /// Administrators.
    pub administrators: AdministratorStore,
    /// Changes that wait for a second administrator.
    pub change_requests: ChangeRequestStore,
    /// What was sent to whom: all that the notifier writes.
    pub reminders: ReminderStore,
    /// What sends mail.
    pub sender: Sender,
    /// Who is told where nobody else can be.
    pub operator: Email,
    /// The zone whose days count, and whose time a mail tells.
    pub zone: TimeZone,
    /// What says which time it is.
    pub clock: Clock,
}
