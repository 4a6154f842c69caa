//! Mail: what a function says, as text and as HTML, on its way through SES.
//!
//! A function brings the words; here is what makes them safe. Names and notes are whatever people wrote: in HTML all
//! of it is [`escaped`](crate::text::escaped), and in a subject no line can end.

mod markup;
mod sender;

pub use markup::{Page, button, fact, subject_line};
pub use sender::{SEND_TIMEOUT, SendError, Sender, patient_client};

use crate::domain::email::Email;

/// A mail as it is sent.
#[derive(PartialEq, Eq)]
pub struct Mail {
    /// Who gets it.
    pub to: Email,
    /// What a reader's filter sorts by.
    pub list: MailingList,
    /// The subject line.
    pub subject: String,
    /// The body as text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// What a mail is one of (RFC 2919): `Countersign reminders <reminders.acme.example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailingList {
    /// What it is called, in plain words.
    pub title: &'static str,
    /// The first part of its id, such as `reminders`.
    pub kind: &'static str,
    /// Whose mail it is: an organization's key, or the operator's.
    pub organization: String,
}
