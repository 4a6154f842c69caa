//! Changes that need approval by a second administrator: requesting and deciding them, and collecting the resulting
//! secret.

mod collect;
mod comment;
mod decide;
mod list;
mod representation;
mod show;

pub(crate) use collect::{CollectedJson, collect};
pub(crate) use comment::{comment, withdraw};
pub(crate) use decide::{approve, reject};
pub(crate) use list::list;
pub(crate) use representation::{ChangeRequestJson, accepted, answer};
pub(crate) use show::show;
