//! The `countersign` binary: the local stack and the operator commands.

mod backup;
mod commands;
mod doctor;
mod serving;
mod stack;
