//! People and their accounts: invited, signed in, changed, locked out and removed.

mod account;
mod administrators;
mod invitations;
mod operators;
mod races;
mod reset;
mod sessions;

use countersign::demo::Person;
use serde_json::{Value, json};
use shared::domain::privilege::Role;

use crate::support::app::{Answer, App};
use crate::support::people::{Browser, refusal};

pub const INVITATIONS: &str = "/v1/invitations";
pub const OPEN: &str = "/v1/invitation";
pub const ACCEPT: &str = "/v1/invitation/accept";
pub const ACCOUNT: &str = "/v1/account";
/// A password that nobody tries first.
pub const PASSWORD: &str = "seven violet tractors hum";

/// Somebody who was invited and is signed in.
pub struct Newcomer {
    pub person: Person,
    pub browser: Browser,
    pub recovery_codes: Vec<String>,
}

/// What is asked for an invitation of somebody to `acme`.
pub fn invitation(email: &str, role: Role) -> Value {
    json!({ "email": email, "name": "New Comer", "role": role.as_str() })
}

/// What a link is used with.
pub fn acceptance(token: &str, code: &str) -> Value {
    json!({ "token": token, "password": PASSWORD, "one_time_password": code })
}

/// The texts of a list.
pub fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

impl App {
    /// Invites somebody, and answers with the invitation and the token that was mailed.
    pub async fn invite(&self, by: &Browser, email: &str, role: Role) -> (Value, String) {
        let made = by.post(INVITATIONS, &invitation(email, role)).await.made();
        (made, self.invitation_token(email))
    }

    /// Opens a link.
    pub async fn open(&self, token: &str) -> Answer {
        self.anonymous().post(OPEN, &json!({ "token": token })).await
    }

    /// Opens a link and uses it.
    pub async fn join(&self, token: &str) -> Newcomer {
        let opened = self.open(token).await.ok();
        let code = self.shown(&opened["authenticator"]);
        let answer = self.anonymous().post(ACCEPT, &acceptance(token, &code)).await;
        let enrolled = answer.made();
        let person = Person {
            email: opened["email"].as_str().unwrap().to_owned(),
            password: PASSWORD.to_owned(),
            totp_secret: opened["authenticator"]["secret"].as_str().unwrap().to_owned(),
            organization: opened["organization"].as_str().map(str::to_owned),
            role: "invited".to_owned(),
        };
        let browser = self.anonymous().with_cookie(answer.cookie());
        Newcomer { person, browser, recovery_codes: texts(&enrolled["recovery_codes"]) }
    }
}

/// A link that leads nowhere, for whatever reason, is answered alike.
#[track_caller]
pub fn leads_nowhere(answer: &Answer) {
    assert_eq!(answer.problem(), refusal(404, "not-found"));
    assert_eq!(answer.json()["detail"], "There is no such invitation.");
}
