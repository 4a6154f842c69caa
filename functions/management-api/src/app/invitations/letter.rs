//! The mail of an invitation.

use std::fmt::Write as _;

use jiff::Timestamp;
use shared::domain::event::Actor;
use shared::domain::id::OrganizationKey;
use shared::domain::invitation::{Invitation, Purpose};
use shared::mail::{Mail, MailingList, Page, subject_line};
use shared::store::StoreError;
use shared::text::escaped;

use super::Link;
use crate::app::Management;

/// True if the mail service accepted the mail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mailed(pub(crate) bool);

/// Mails the link of an invitation. If the address already belongs to an account, the mail says that instead: only the
/// reader of the mailbox learns it.
///
/// The invitation is already stored, so a failure does not fail the request: the link can be resent.
pub(crate) async fn mail(app: &Management, invitation: &Invitation, link: &Link, now: Timestamp) -> Mailed {
    let letter = match letter(app, invitation, link).await {
        Ok(letter) => letter,
        Err(error) => {
            tracing::error!(invitation = %invitation.id, %error, "an invitation was not mailed");
            return Mailed(false);
        }
    };
    let sent = app.mailer.send(&letter, now).await;
    if let Err(error) = &sent {
        tracing::error!(invitation = %invitation.id, %error, "an invitation was not mailed");
    }
    Mailed(sent.is_ok())
}

async fn letter(app: &Management, invitation: &Invitation, link: &Link) -> Result<Mail, StoreError> {
    let organization = match &invitation.organization {
        Some(key) => app.organizations.get(key).await?,
        None => None,
    };
    let place = organization.as_ref().map(|organization| organization.name.as_str());
    let taken = invitation.purpose == Purpose::Join && app.administrators.by_email(&invitation.email).await?.is_some();
    Ok(Letter { invitation, place, url: (!taken).then(|| link.url(&app.issuer)) }.compose())
}

/// Closing line of each mail.
const CLOSING: &str = "If you did not expect this mail, do nothing. Nobody reads replies.";

struct Letter<'a> {
    invitation: &'a Invitation,
    /// Name of the organization; `None` for the deployment itself.
    place: Option<&'a str>,
    /// The link; `None` if the address already has an account.
    url: Option<String>,
}

impl Letter<'_> {
    fn place(&self) -> String {
        match self.place {
            Some(name) => format!("{name} on Countersign"),
            None => "Countersign, as an operator".to_owned(),
        }
    }

    fn subject(&self) -> String {
        subject_line(&match self.invitation.purpose {
            Purpose::Join => format!("You are invited to {}", self.place()),
            Purpose::Reset(_) => "Choose your password and authenticator for Countersign anew".to_owned(),
        })
    }

    fn opening(&self) -> String {
        let Invitation { name, invited_by, purpose, .. } = self.invitation;
        let who = match invited_by {
            Actor::Administrator { email, .. } => email.as_str(),
            Actor::Client(_) | Actor::System => "The operator of this deployment",
        };
        match purpose {
            Purpose::Join => format!("Hello {name}. {who} invites you to {}.", self.place()),
            Purpose::Reset(_) => format!(
                "Hello {name}. {who} asks that you choose your password anew, and an authenticator. Until you do, \
                 nothing changes."
            ),
        }
    }

    fn step(&self) -> String {
        match &self.url {
            Some(_) => format!(
                "Open the link to choose a password and to set up an authenticator app. It works once, until {}.",
                self.invitation.expires_at.strftime("%-d %B %Y, %H:%M UTC")
            ),
            None => "This address has an account already, and an address has one account. Ask to be invited under \
                     another address, or to have the account that you have removed first."
                .to_owned(),
        }
    }

    fn compose(&self) -> Mail {
        let (subject, opening, step) = (self.subject(), self.opening(), self.step());
        let mut text = format!("{opening}\n\n{step}\n");
        let mut body = format!("<p>{}</p>\n", escaped(&step));
        if let Some(url) = &self.url {
            let _ = write!(text, "\n{url}\n");
            let url = escaped(url);
            let _ = writeln!(
                body,
                "<p style=\"margin:16px 0\"><a href=\"{url}\" target=\"_blank\" rel=\"noopener\" \
                 style=\"color:#0b57d0\">{url}</a></p>"
            );
        }
        let _ = write!(text, "\n-- \n{CLOSING}\n");
        let page = Page { title: &subject, opening: &opening, body: &body, closing: CLOSING };
        Mail {
            to: self.invitation.email.clone(),
            list: MailingList {
                title: "Countersign invitations",
                kind: "invitations",
                organization: self.invitation.organization.as_ref().map_or("operators", OrganizationKey::as_str).into(),
            },
            html: page.html(),
            subject,
            text,
        }
    }
}
