//! Commands: the only way to change clients and their secrets, and the changes that need approval.

mod approval;
mod approvers;
mod effect;
mod person;
mod submit;
mod submitted;

pub(crate) use approval::Approval;
pub(crate) use approvers::{has_changes_approved, two_approvers};
pub(crate) use effect::{Collection, on_approval, on_collection};
pub(crate) use person::{PersonChange, wait_for_approval};
pub(crate) use submit::{Done, submit, submit_new};
pub(crate) use submitted::Submitted;
