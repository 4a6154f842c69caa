//! The mail to one recipient: everything that is due in an organization, most urgent first, as text and as HTML.
//!
//! Names and notes are whatever people wrote. In HTML all of it is escaped; in text a line of notes is indented, so
//! that it cannot pass for a line of the mail.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::domain::administrator::Email;
use shared::domain::id::OrganizationKey;
use shared::http::Issuer;
use shared::mail::{Mail, MailingList, Page, button, escaped, fact, subject_line};

use crate::find::Notice;
use crate::wording::{self, Entry};

/// How each thing's card begins, up to its title.
const CARD: &str = "<div style=\"background:#ffffff;border:1px solid #d8dce2;border-left:4px solid #c77700;\
                    border-radius:8px;padding:14px 18px;margin:16px 0\">\n\
                    <h2 style=\"font-size:17px;line-height:1.35;margin:2px 0 12px\">";

/// Whom a mail speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Those of the organization who manage its secrets, and its team.
    Organization,
    /// The operator, since nobody of the organization can be told.
    Operator,
}

/// What a mail is made of.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// Who gets it.
    pub to: &'a Email,
    /// Whom it speaks to.
    pub audience: Audience,
    /// The organization.
    pub organization: &'a OrganizationKey,
    /// What people call it.
    pub organization_name: &'a str,
    /// What is due, most urgent first.
    pub notices: &'a [&'a Notice],
    /// Under which the console lives.
    pub issuer: &'a Issuer,
    /// The zone whose time is told.
    pub zone: &'a TimeZone,
    /// When it is written.
    pub now: Timestamp,
}

impl Letter<'_> {
    /// The subject: the most urgent thing, and how many more there are.
    #[must_use]
    pub fn subject(&self) -> String {
        let mut subject = match self.audience {
            Audience::Organization => String::new(),
            Audience::Operator => format!("Nobody to tell in {}: ", self.organization_name),
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
        let entry = |notice: &&Notice| Entry::of(notice, self.issuer, self.zone, self.now);
        let entries: Vec<Entry> = self.notices.iter().map(entry).collect();
        Mail {
            to: self.to.clone(),
            list: MailingList {
                title: "Countersign reminders",
                kind: "reminders",
                organization: self.organization.to_string(),
            },
            subject: self.subject(),
            text: self.text(&entries),
            html: self.html(&entries),
        }
    }

    fn opening(&self) -> String {
        let name = self.organization_name;
        match self.audience {
            Audience::Organization => format!("This is about to end in {name}, most urgent first."),
            Audience::Operator => format!(
                "This is about to end in {name}, most urgent first. None of its administrators who manage secrets can be \
                 reached, and it has no team address that can: please see to it that somebody knows."
            ),
        }
    }

    fn closing(&self) -> String {
        let name = self.organization_name;
        match self.audience {
            Audience::Organization => format!(
                "This mail goes to the administrators of {name} who manage secrets, and to its team address. When \
                 reminders go out is a setting of the organization. Nobody reads replies."
            ),
            Audience::Operator => "This mail goes to the operator of this deployment. Nobody reads replies.".to_owned(),
        }
    }

    fn text(&self, entries: &[Entry]) -> String {
        let mut text = format!("{}\n", self.opening());
        for (at, entry) in (1..).zip(entries) {
            let _ = write!(text, "\n{at}. {}\n", entry.title);
            for (name, value) in &entry.facts {
                let _ = writeln!(text, "   {name}: {}", value.replace('\n', "\n      "));
            }
            let _ = writeln!(text, "   {}", entry.link);
        }
        let _ = write!(text, "\n-- \n{}\n", self.closing());
        text
    }

    fn html(&self, entries: &[Entry]) -> String {
        let mut cards = String::new();
        for entry in entries {
            let _ = writeln!(cards, "{CARD}{}</h2>", escaped(&entry.title));
            for (name, value) in &entry.facts {
                cards.push_str(&fact(name, value));
            }
            let _ = write!(
                cards,
                "<p style=\"margin:16px 0 4px\">{}</p>\n</div>\n",
                button(&entry.link, "Open the client in the console"),
            );
        }
        let page = Page { title: &self.subject(), opening: &self.opening(), body: &cards, closing: &self.closing() };
        page.html()
    }
}
