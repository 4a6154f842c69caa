//! The harness: a deployment for each test, clients and browsers that talk to it, and ways to look behind it.

pub mod app;
pub mod aws_port;
pub mod lambda;
pub mod people;
pub mod process;
pub mod reminders;
pub mod rights;
pub mod rotation;
pub mod sources;
pub mod template;
pub mod wire;
