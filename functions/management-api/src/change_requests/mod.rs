//! Changes that wait for a second administrator: asking for one, deciding on it, collecting the secret that comes of it.

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
