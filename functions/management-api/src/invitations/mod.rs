//! Invitations: a link by mail with which somebody makes an account, or signs in anew after a reset.

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
