//! Reminders by mail before a secret or a client expires, each sent once to each recipient.
//!
//! In the order of a run: [`invocation`] reads the payload, [`run`] goes through the organizations, [`find`] finds what
//! is due in each, [`deliver`] sends it, and [`reminder_mail`] writes the mail. [`feedback`] records bounces and complaints.

pub mod config;
pub mod deliver;
pub mod feedback;
pub mod find;
pub mod invocation;
pub mod lambda;
pub mod notice;
mod notifier;
mod progress;
pub mod reminder_mail;
pub mod run;
pub mod summary;
mod waiting;
pub mod wording;

pub use notifier::ExpiryNotifier;
