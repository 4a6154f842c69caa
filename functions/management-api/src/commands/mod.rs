//! Commands: the one way in which clients and their secrets change.

mod submit;

pub(crate) use submit::{Done, submit, submit_new};
