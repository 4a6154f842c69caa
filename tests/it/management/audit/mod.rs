//! The audit trail: its events, and reading them.

mod events;
mod reading;
