//! Rules that hold across the workspace.

mod atomicity;
mod boundaries;
mod directions;
pub mod documents;
pub mod properties;
mod secrecy;
pub mod stored_items;
pub mod telemetry;
