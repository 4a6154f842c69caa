//! The mail to one recipient: every notice of an organization, most urgent first, as text and as HTML.
//!
//! Names and notes are untrusted. In HTML all of it is escaped; in text the lines of notes are indented, so that they
//! cannot pass for lines of the mail.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::domain::email::Email;
use shared::domain::id::OrganizationKey;
use shared::http::Issuer;
use shared::mail::{Mail, MailingList, Page, button, fact, subject_line};
use shared::text::escaped;

use crate::notice::Notice;
use crate::wording::{self, Section};

/// The start of the card of a section, up to its title.
const CARD: &str = "<div style=\"background:#ffffff;border:1px solid #d8dce2;border-left:4px solid #c77700;\
                    border-radius:8px;padding:14px 18px;margin:16px 0\">\n\
                    <h2 style=\"font-size:17px;line-height:1.35;margin:2px 0 12px\">";

/// The readers of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    /// The administrators of the organization who manage its secrets, and its team address.
    Organization,
    /// The operator, since none of these can be reached.
    Operator,
}

/// The contents of a mail.
#[derive(Debug, Clone, Copy)]
pub struct ReminderMail<'a> {
    /// The recipient.
    pub to: &'a Email,
    /// Kind of recipient: one of the organization, or the operator.
    pub addressee: Addressee,
    /// The organization.
    pub organization: &'a OrganizationKey,
    /// The name of the organization.
    pub organization_name: &'a str,
    /// The notices, most urgent first.
    pub notices: &'a [&'a Notice],
    /// The issuer, under which the console lives.
    pub issuer: &'a Issuer,
    /// The time zone of the times in the mail.
    pub zone: &'a TimeZone,
    /// When the mail is written.
    pub now: Timestamp,
}

impl ReminderMail<'_> {
    /// The subject: the most urgent notice, and the number of others.
    #[must_use]
    pub fn subject(&self) -> String {
        let mut subject = match self.addressee {
            Addressee::Organization => String::new(),
            Addressee::Operator => format!("No recipient in {}: ", self.organization_name),
        };
        if let Some(first) = self.notices.first() {
            subject.push_str(&wording::title(first, self.now));
        }
        if let more @ 1.. = self.notices.len().saturating_sub(1) {
            let _ = write!(subject, ", and {more} more");
        }
        subject_line(&subject)
    }

    /// Writes the mail.
    #[must_use]
    pub fn compose(&self) -> Mail {
        let section = |notice: &&Notice| Section::new(notice, self.issuer, self.zone, self.now);
        let sections: Vec<Section> = self.notices.iter().map(section).collect();
        Mail {
            to: self.to.clone(),
            list: MailingList {
                title: "Countersign reminders",
                kind: "reminders",
                organization: self.organization.to_string(),
            },
            subject: self.subject(),
            text: self.text(&sections),
            html: self.html(&sections),
        }
    }

    fn opening(&self) -> String {
        let name = self.organization_name;
        let opening = format!("These secrets and clients of {name} are about to expire, most urgent first.");
        match self.addressee {
            Addressee::Organization => opening,
            Addressee::Operator => format!(
                "{opening} None of its administrators who manage secrets can be reached by mail, and it has no team \
                 address that can. Please make sure that somebody there knows."
            ),
        }
    }

    fn closing(&self) -> String {
        let name = self.organization_name;
        match self.addressee {
            Addressee::Organization => format!(
                "This mail is sent to the administrators of {name} who manage secrets, and to its team address. The \
                 organization's settings say when reminders are sent. Replies are not read."
            ),
            Addressee::Operator => {
                "This mail is sent to the operator of this deployment. Replies are not read.".to_owned()
            }
        }
    }

    fn text(&self, sections: &[Section]) -> String {
        let mut text = format!("{}\n", self.opening());
        for (number, section) in (1..).zip(sections) {
            let _ = write!(text, "\n{number}. {}\n", section.title);
            for (name, value) in &section.facts {
                let _ = writeln!(text, "   {name}: {}", value.replace('\n', "\n      "));
            }
            let _ = writeln!(text, "   {}", section.link);
        }
        let _ = write!(text, "\n-- \n{}\n", self.closing());
        text
    }

    fn html(&self, sections: &[Section]) -> String {
        let mut cards = String::new();
        for section in sections {
            let _ = writeln!(cards, "{CARD}{}</h2>", escaped(&section.title));
            for (name, value) in &section.facts {
                cards.push_str(&fact(name, value));
            }
            let _ = write!(
                cards,
                "<p style=\"margin:16px 0 4px\">{}</p>\n</div>\n",
                button(&section.link, "Open the client in the console"),
            );
        }
        let page = Page { title: &self.subject(), opening: &self.opening(), body: &cards, closing: &self.closing() };
        page.html()
    }
}
