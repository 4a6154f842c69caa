//! Invitations: links by mail for creating an account, or for resetting one.

mod accept;
mod create;
mod list;
mod open;
pub(crate) mod operator;
mod presented;
mod representation;
mod resend;
mod withdraw;

pub(crate) use accept::accept;
pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use open::{OpenedJson, open};
pub(crate) use representation::{InvitationJson, made};
pub(crate) use resend::resend;
pub(crate) use withdraw::withdraw;
