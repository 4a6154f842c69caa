//! Change requests: opening, loading and changing them, and notifying people.

mod letter;
mod load;
mod mail;
mod open;
mod rights;

pub(crate) use load::{change, has_moved, is_visible, load};
pub(crate) use mail::tell_requester;
pub(crate) use open::open;
pub(crate) use rights::{refusal, rights_of};
