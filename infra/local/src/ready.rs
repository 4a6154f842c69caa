//! Message printed when everything answers: for people, or as one line of JSON for scripts.

use serde::Serialize;
use token_endpoint::{documents, token};

use crate::demo::{self, Person};
use crate::stack::Stack;
use crate::{mailbox, whoami};

/// Data that a script needs to use the stack.
#[derive(Serialize)]
pub struct Ready<'a> {
    /// The issuer.
    pub issuer: &'a str,
    /// The token URL.
    pub token_endpoint: String,
    /// URL of the console.
    pub console: String,
    /// URL of the mailbox.
    pub mailbox: String,
    /// The demo, if it is served.
    #[serde(flatten)]
    pub demo: Option<Demo<'a>>,
    #[serde(skip)]
    origin: &'a str,
    #[serde(skip)]
    metadata: String,
}

/// Data that a script needs to use the demo.
#[derive(Serialize)]
pub struct Demo<'a> {
    /// A client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: &'a str,
    /// The people, one for each role.
    pub administrators: &'a [Person],
}

impl<'a> Ready<'a> {
    /// Returns the data of a stack.
    #[must_use]
    pub fn of(stack: &'a Stack) -> Self {
        Self {
            issuer: stack.issuer.as_str(),
            token_endpoint: stack.issuer.url(token::PATH),
            console: stack.issuer.url("/console/"),
            mailbox: stack.issuer.url(mailbox::PATH),
            demo: stack.demo.as_ref().map(|credentials| Demo {
                client_id: demo::client_id(stack),
                client_secret: &credentials.client_secret,
                administrators: &credentials.administrators,
            }),
            origin: stack.issuer.origin(),
            metadata: documents::oauth_url(&stack.issuer),
        }
    }

    /// The text for people.
    #[must_use]
    pub fn text(&self, kept_in: &str) -> String {
        let Self { issuer, metadata, .. } = self;
        format!(
            "
Countersign answers at {issuer}   (state: {kept_in}; stop with Ctrl-C)
{}
Management API: {issuer}/docs
Documents: {metadata}   {issuer}/.well-known/jwks.json
",
            self.demo.as_ref().map_or_else(|| self.without_demo(), |demo| self.with_demo(demo)),
        )
    }

    fn without_demo(&self) -> String {
        let Self { issuer, console, .. } = self;
        format!(
            "
There is no demo. To make the first operator, stop this, and run with the same --data:

  countersign invite-operator --email you@example.com --name 'Your Name' --issuer {issuer}

Start this again, open the link that it prints, and then the console:

  {console}
"
        )
    }

    fn with_demo(&self, Demo { client_id, client_secret, administrators }: &Demo<'_>) -> String {
        let Self { issuer, token_endpoint, console, mailbox, origin, .. } = self;
        let width = administrators.iter().map(|person| person.email.len()).max().unwrap_or(0);
        let people: Vec<String> = administrators
            .iter()
            .map(|Person { email, password, totp_secret, .. }| format!("  {email:width$}  {password}  {totp_secret}"))
            .collect();
        let owner = administrators.iter().find(|person| person.role == "owner");
        let (email, password) = owner.map_or(("", ""), |owner| (&owner.email, &owner.password));
        format!(
            r#"
Get an access token:

  curl -s -u '{client_id}:{client_secret}' -d grant_type=client_credentials {token_endpoint}

Call the demo's protected route with one:

  curl -s -H "Authorization: Bearer $(curl -s -u '{client_id}:{client_secret}' -d grant_type=client_credentials {token_endpoint} | sed 's/.*"access_token":"\([^"]*\)".*/\1/')" {whoami}

Open the console:

  {console}

Sign in there, or to the management API, with the six digits that an authenticator shows for the TOTP key:

  curl -s -c cookies.txt -H 'Content-Type: application/json' -H 'Origin: {origin}' {session} \
    -d '{{"email":"{email}","password":"{password}","one_time_password":"000000"}}'

  e-mail, password, TOTP key:
{people}

Read the mail that was sent, such as reminders of what expires: {mailbox}
"#,
            whoami = format_args!("{issuer}{}", whoami::PATH),
            session = format_args!("{issuer}/v1/session"),
            people = people.join("\n"),
        )
    }
}
