//! Mail as text and as HTML, and the [`Mailer`] that sends it.
//!
//! Functions supply the text, and this module makes it safe. Names and notes are arbitrary text from people: in HTML
//! all of it is [`escaped`](crate::text::escaped), and a subject is a single line.

mod mailer;
mod markup;

pub use mailer::{Mailer, SEND_TIMEOUT, SendError};
pub use markup::{Page, button, fact, subject_line};

use crate::domain::email::Email;

/// A mail to one recipient.
#[derive(PartialEq, Eq)]
pub struct Mail {
    /// The recipient.
    pub to: Email,
    /// The list that a reader's filter sorts by.
    pub list: MailingList,
    /// The subject line.
    pub subject: String,
    /// The body as text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// The list that a mail belongs to (RFC 2919), such as `Countersign reminders <reminders.acme.example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailingList {
    /// The name that people read.
    pub title: &'static str,
    /// The first part of the list's id, such as `reminders`.
    pub kind: &'static str,
    /// The second part: an organization's key, or `operator`.
    pub organization: String,
}
