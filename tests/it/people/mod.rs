//! Administrators and their accounts: invitations, sign-in, account settings, lockout and removal.

mod account;
mod administrators;
mod invitations;
mod operators;
mod races;
mod reset;
mod sessions;
