//! Mail to the owner of an account after a change of their credentials, so that theft is noticed.

use shared::domain::administrator::Administrator;
use shared::domain::id::OrganizationKey;
use shared::mail::{Mail, MailingList, Page};
use shared::text::escaped;

use crate::app::Management;
use crate::app::context::RequestContext;

/// The change to report.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Notice {
    /// The password.
    PasswordChanged,
    /// The authenticator.
    AuthenticatorReplaced,
    /// A recovery code was used instead of a one-time password; `left` are unused.
    RecoveryCodeUsed { left: usize },
    /// The recovery codes.
    RecoveryCodesRenewed,
}

/// Closing line of each mail.
const CLOSING: &str = "You get this mail whenever what you sign in with changes. Nobody reads replies.";

/// Notifies the owner of an account at its current address. The change is already committed: a failed mail is logged
/// and undoes nothing.
pub(crate) async fn tell(app: &Management, account: &Administrator, notice: Notice, context: &RequestContext) {
    if let Err(error) = app.mailer.send(&compose(account, notice, context), context.at).await {
        tracing::error!(administrator = %account.id, %error, "a change of an account was not mailed");
    }
}

fn compose(account: &Administrator, notice: Notice, context: &RequestContext) -> Mail {
    let what = match notice {
        Notice::PasswordChanged => "Your password was changed".to_owned(),
        Notice::AuthenticatorReplaced => "Your authenticator was replaced".to_owned(),
        Notice::RecoveryCodeUsed { left } => format!("A recovery code was used to sign in; {left} are left"),
        Notice::RecoveryCodesRenewed => "Your recovery codes were made anew".to_owned(),
    };
    let at = context.at.strftime("%-d %B %Y, %H:%M UTC");
    let from = context.source.map(|source| format!(", from {}", source.0)).unwrap_or_default();
    let opening = format!("Hello {}. {what}: on {at}{from}.", account.name);
    let advice = "If that was you, there is nothing to do. If not, tell a colleague who manages administrators, or \
                  whoever runs this deployment, at once: they can sign you out everywhere and reset your account.";
    let body = format!("<p>{}</p>\n", escaped(advice));
    let subject = format!("Countersign: {what}");
    let html = Page { title: &subject, opening: &opening, body: &body, closing: CLOSING }.html();
    let organization = account.organization.as_ref().map_or("operators", OrganizationKey::as_str).to_owned();
    Mail {
        to: account.email.clone(),
        list: MailingList { title: "Countersign accounts", kind: "accounts", organization },
        text: format!("{opening}\n\n{advice}\n\n-- \n{CLOSING}\n"),
        subject,
        html,
    }
}
