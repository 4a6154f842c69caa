//! Invitations: loading them, their links, and their mail.

mod letter;
mod link;
mod load;

pub(crate) use letter::{Mailed, mail};
pub(crate) use link::Link;
pub(crate) use load::{Destination, check_newcomer, committed, load, opened_by};
