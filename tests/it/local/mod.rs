//! The `countersign` binary: the local stack and the operator commands.

mod commands;
mod serving;
mod stack;
