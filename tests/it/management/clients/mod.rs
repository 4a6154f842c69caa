//! Clients: creation, changes, access and the list.

mod access;
mod changes;
mod list;
