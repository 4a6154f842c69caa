//! Clients: the integrations of an organization.

mod create;
mod delete;
mod list;
mod representation;
mod show;
mod switch;
mod update;

pub(crate) use create::{CreatedJson, create};
pub(crate) use delete::delete;
pub(crate) use list::list;
pub(crate) use representation::ClientJson;
pub(crate) use show::show;
pub(crate) use switch::{disable, enable};
pub(crate) use update::update;
