//! The expiry notifier.

mod ledger;
mod mail;
mod recipients;
mod scale;
