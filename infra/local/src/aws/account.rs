//! The account of the local services: its Region, its number and its clock.

use std::sync::Arc;

use jiff::Timestamp;

pub(super) const REGION: &str = "us-east-1";
pub(super) const ACCOUNT: &str = "000000000000";

/// Tells the time to the local Secrets Manager and to the mailbox; a test may advance it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;
