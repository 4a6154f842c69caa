//! The application: the caller, access to data, and the commands that change it. Independent of HTTP.

pub(crate) mod access;
pub(crate) mod administrators;
pub(crate) mod caller;
pub(crate) mod change_requests;
pub(crate) mod clients;
pub(crate) mod commands;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod generated;
pub(crate) mod invitations;
mod management;
pub(crate) mod organizations;
pub(crate) mod precondition;
pub mod rate;
pub(crate) mod retry;
pub(crate) mod throttle;

pub use management::Management;
