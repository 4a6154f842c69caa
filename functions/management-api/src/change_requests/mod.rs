//! Changes that wait for a second administrator: asking for one, deciding on it, collecting the secret that comes of it.

mod collect;
mod decide;
mod letter;
mod list;
mod load;
mod mail;
mod open;
mod problem;
mod remark;
mod representation;
mod rights;
mod show;

pub(crate) use collect::{CollectedJson, collect};
pub(crate) use decide::{approve, reject};
pub(crate) use list::{ChangeRequestsQuery, list};
pub(crate) use open::open;
pub(crate) use problem::problem;
pub(crate) use remark::{comment, withdraw};
pub(crate) use representation::ChangeRequestJson;
pub(crate) use show::show;
