//! Invitations and the links that they mail.

use countersign::demo::Person;
use serde_json::{Value, json};
use shared::domain::invitation::Invitation;
use shared::domain::privilege::Role;
use shared::store::{item, schema};

use crate::support::answer::{Answer, refusal};
use crate::support::app::App;
use crate::support::browser::Browser;

impl App {
    /// The token of the link that was mailed to an address last.
    #[track_caller]
    pub fn invitation_token(&self, address: &str) -> String {
        let mail = self.mail_to(address).pop().unwrap_or_else(|| panic!("no mail to {address}"));
        let text = mail.text.unwrap();
        let token = text.split_once("/console/#/invitation/").expect("a link").1;
        token.split_whitespace().next().unwrap().to_owned()
    }

    /// Marks the invitation of a path as one that a second administrator has approved.
    pub async fn approve_invitation(&self, path: &str) {
        let id = path.split('/').find(|part| part.starts_with("inv_")).unwrap().parse().unwrap();
        let before = self.stack.administrators.invitation(&id).await.unwrap().unwrap();
        let item = item::invitation::write(&Invitation { approved: true, ..before });
        let table = schema::ADMINISTRATORS.name_in(countersign::names::TABLE_PREFIX);
        self.stack.aws.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }
}

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
    assert_eq!(answer.json()["detail"], "The invitation does not exist.");
}
