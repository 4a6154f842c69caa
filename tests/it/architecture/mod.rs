//! Rules that hold across the workspace.

pub mod documents;
pub mod invariants;
pub mod properties;
pub mod stored_items;
pub mod telemetry;
