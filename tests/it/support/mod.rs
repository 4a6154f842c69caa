//! The harness: a deployment for each test, clients and browsers that talk to it, and ways to look behind it.

pub mod answer;
pub mod app;
pub mod audit;
pub mod aws_port;
pub mod browser;
pub mod change_requests;
pub mod clients;
pub mod commands;
pub mod encoding;
pub mod functions;
pub mod imports;
pub mod invitations;
pub mod lambda;
pub mod mailbox;
pub mod oauth_errors;
pub mod people;
pub mod process;
pub mod reminders;
pub mod rights;
pub mod rotation;
pub mod secrets;
pub mod sources;
pub mod storage;
pub mod template;
pub mod wire;
