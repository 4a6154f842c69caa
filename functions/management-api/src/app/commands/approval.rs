//! An approval and everything that it is decided by.

use jiff::Timestamp;
use shared::domain::change_request::{ChangeRequest, Rights};

use crate::app::Management;
use crate::app::caller::Caller;

/// The approval of a change request.
#[derive(Clone, Copy)]
pub(crate) struct Approval<'a> {
    pub(crate) app: &'a Management,
    /// The administrator who approves.
    pub(crate) approver: &'a Caller,
    pub(crate) request: &'a ChangeRequest,
    /// The rights of the requester at this moment.
    pub(crate) requester: &'a Rights,
    pub(crate) now: Timestamp,
}
