//! The whole system in one process: the functions' own routers and the real AWS SDK, on embedded storage.

pub mod aws;
pub mod commands;
pub mod demo;
pub mod gateway;
pub mod mailbox;
pub mod options;
pub mod ready;
pub mod reminders;
pub mod rotation;
pub mod serve;
pub mod stack;
pub mod tables;
pub mod whoami;
