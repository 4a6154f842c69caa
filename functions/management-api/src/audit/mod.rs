//! The audit trail: who did what to what, when and from where.

mod export;
mod filter;
mod list;
mod representation;
mod scan;
mod trail;
mod verify;

pub(crate) use export::export;
pub(crate) use list::list;
pub(crate) use representation::EventJson;
pub(crate) use verify::{VerificationJson, verify};
