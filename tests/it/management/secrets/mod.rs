//! Secrets of a client.

mod changes;
mod custody;
mod deletion;
mod regeneration;
