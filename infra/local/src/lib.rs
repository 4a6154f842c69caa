//! The whole system in one process: the functions' own routers and the real AWS SDK, on embedded storage.

pub mod aws;
pub mod commands;
pub mod configuration;
pub mod demo;
pub mod error;
pub mod functions;
pub mod gateway;
pub mod mailbox;
pub mod names;
pub mod options;
pub mod ready;
pub mod reminders;
pub mod rotation;
pub mod serve;
pub mod stack;
pub mod tables;
pub mod whoami;
