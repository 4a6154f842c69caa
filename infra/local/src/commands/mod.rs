//! The operator's commands.
//!
//! Each has its own file with its options. A command on a deployment takes the options of [`deployment`]: a data folder of
//! this machine, or the tables of a deployment on AWS.

pub mod deployment;
mod doctor;
mod export;
mod failure;
mod import;
mod invite_operator;
mod keys;
mod notify;
mod probe;

use clap::{Parser, Subcommand};

pub use failure::Failure;

use crate::options::Options;

/// Countersign on one machine: an OAuth 2.0 authorization server for machines, and its management API. Without a command
/// it serves.
#[derive(Debug, Clone, Parser)]
#[command(name = "countersign", version, args_conflicts_with_subcommands = true)]
pub struct CommandLine {
    /// What to do instead of serving
    #[command(subcommand)]
    pub command: Option<Command>,

    /// How to serve
    #[command(flatten)]
    pub serve: Options,
}

/// A command.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Check a deployment: one line for each thing, with how to mend what is wrong
    Doctor(doctor::Doctor),
    /// Write an organization into a file: settings, clients with the hashes of their secrets, people where asked for
    Export(export::Export),
    /// Put an organization back from a file that `export` wrote
    Import(import::Import),
    /// Print a link with which somebody becomes an operator: it works once, for seven days
    InviteOperator(invite_operator::InviteOperator),
    /// List, rotate or drop the keys that sign access tokens
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Send the reminders that are due, now
    Notify(notify::Notify),
}

impl Command {
    /// Runs the command, and returns the text to print.
    ///
    /// # Errors
    /// The reason and what to do, as they are printed.
    pub async fn run(self) -> Result<String, Failure> {
        match self {
            Self::Doctor(command) => command.run().await,
            Self::Export(command) => command.run().await,
            Self::Import(command) => command.run().await,
            Self::InviteOperator(command) => command.run().await,
            Self::Keys(command) => command.run().await,
            Self::Notify(command) => command.run().await,
        }
    }
}
