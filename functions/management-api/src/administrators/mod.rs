//! The people of an organization, and the operators.

mod asked;
mod change;
mod list;
mod remove;
mod representation;
mod reset;
mod sessions;
mod show;
mod update;

pub(crate) use asked::AskedPrivileges;
pub(crate) use list::list;
pub(crate) use remove::remove;
pub(crate) use representation::AdministratorJson;
pub(crate) use reset::reset;
pub(crate) use sessions::end_sessions;
pub(crate) use show::show;
pub(crate) use update::update;
