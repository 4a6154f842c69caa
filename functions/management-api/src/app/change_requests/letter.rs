//! Text of the mails about a change request.
//!
//! Names, comments and values are user input: HTML escapes all of it, and text indents each line, so that it cannot
//! pass for a line of the mail.

use std::fmt::Write as _;

use jiff::Timestamp;
use shared::domain::change_request::{ChangeRequest, ChangeRequestStatus};
use shared::domain::email::Email;
use shared::domain::event::{Actor, FieldChange};
use shared::domain::organization::Organization;
use shared::http::Issuer;
use shared::mail::{Mail, MailingList, Page, button, fact, subject_line};
use shared::text::shortened;

/// Maximum number of fields listed; the rest are only counted.
const FIELDS: usize = 12;
/// Maximum number of characters quoted from a value or comment.
const CHARACTERS: usize = 300;

/// Content of a mail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter<'a> {
    /// The request in its current form.
    pub(super) request: &'a ChangeRequest,
    /// Organization that the change belongs to.
    pub(super) organization: &'a Organization,
    /// Issuer whose URL the console is under.
    pub(super) issuer: &'a Issuer,
    /// Time of writing.
    pub(super) now: Timestamp,
}

impl Letter<'_> {
    /// Composes the mail to one recipient: the pending decision, or its outcome.
    pub(super) fn compose(&self, to: Email) -> Mail {
        let (subject, opening, closing) = (self.subject(), self.opening(), self.closing());
        let link = self.issuer.url(&format!("/console/#/requests/{}", self.request.id));
        let mut text = format!("{opening}\n\n");
        let mut body = String::new();
        for (name, value) in self.facts() {
            let _ = writeln!(text, "{name}: {}", value.replace('\n', "\n   "));
            body.push_str(&fact(&name, &value));
        }
        let _ = write!(text, "\n{link}\n\n-- \n{closing}\n");
        let _ = writeln!(body, "<p style=\"margin:16px 0\">{}</p>", button(&link, "Open it in the console"));
        let html = Page { title: &subject, opening: &opening, body: &body, closing: &closing }.html();
        let organization = self.organization.key.to_string();
        let list = MailingList { title: "Countersign change requests", kind: "requests", organization };
        Mail { to, list, subject, text, html }
    }

    fn summary(&self) -> String {
        self.request.command.summary(&self.request.diff)
    }

    fn status(&self) -> ChangeRequestStatus {
        self.request.status(self.now)
    }

    fn subject(&self) -> String {
        let what = match self.status() {
            ChangeRequestStatus::Pending => "To approve",
            ChangeRequestStatus::Approved
            | ChangeRequestStatus::Collectable
            | ChangeRequestStatus::Collected
            | ChangeRequestStatus::Lapsed => "Approved",
            ChangeRequestStatus::Rejected => "Rejected",
            ChangeRequestStatus::Withdrawn => "Withdrawn",
            ChangeRequestStatus::Expired => "Expired",
        };
        subject_line(&format!("{what}: {}", self.summary()))
    }

    fn opening(&self) -> String {
        let name = &self.organization.name;
        match self.request.decision() {
            None => format!(
                "{} asks for a change in {name}, which somebody else has to approve.",
                who(&self.request.requested_by)
            ),
            Some(decision) => {
                let verb = if self.status() == ChangeRequestStatus::Rejected { "rejected" } else { "approved" };
                format!("{} has {verb} the change that you asked for in {name}.", who(&decision.by))
            }
        }
    }

    fn closing(&self) -> String {
        let name = &self.organization.name;
        match self.status() {
            ChangeRequestStatus::Pending => {
                format!("This mail goes to the administrators of {name} who may decide. Nobody reads replies.")
            }
            _ => "This mail goes to you, since you asked for the change. Nobody reads replies.".to_owned(),
        }
    }

    fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![("Change".to_owned(), self.summary())];
        match self.status() {
            ChangeRequestStatus::Pending => {
                facts.extend(self.request.diff.iter().take(FIELDS).map(field));
                if let more @ 1.. = self.request.diff.len().saturating_sub(FIELDS) {
                    facts.push(("And".to_owned(), format!("{more} fields more")));
                }
                facts.push(("Decide until".to_owned(), instant(self.request.expires_at())));
            }
            ChangeRequestStatus::Collectable => {
                let until = self.request.collect_until().map(instant).unwrap_or_default();
                facts.push(("Collect the secret until".to_owned(), until));
            }
            _ => {}
        }
        let said = self.request.comments.last();
        let said = said.filter(|comment| self.request.decision().is_some_and(|decision| comment.by.is(&decision.by)));
        facts.extend(said.map(|comment| ("Comment".to_owned(), shortened(comment.text.as_str(), CHARACTERS))));
        facts
    }
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Administrator { email, .. } => email.to_string(),
        Actor::Client(client_id) => format!("The machine {client_id}"),
        Actor::System => "The deployment itself".to_owned(),
    }
}

fn field(change: &FieldChange) -> (String, String) {
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "nothing".to_owned(),
        serde_json::Value::String(text) => shortened(text, CHARACTERS),
        other => shortened(&other.to_string(), CHARACTERS),
    };
    (change.field.clone(), format!("{} \u{2192} {}", value(&change.from), value(&change.to)))
}

fn instant(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}
