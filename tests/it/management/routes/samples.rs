//! A request for every route that succeeds for an operator.

use countersign::demo::Person;
use management_api::Route;
use serde_json::{Value, json};
use shared::domain::change_request::{Party, Rights};
use shared::domain::client::secrets::NewSecret;
use shared::domain::command::ClientCommand;
use shared::domain::event::Actor;
use shared::domain::id::{ClientId, OrganizationKey};
use shared::domain::machine::privileges_of;
use shared::domain::privilege::Role;
use shared::domain::resource::AccessLevel;
use shared::domain::time::plus_seconds;

use crate::support::answer::{Answer, send};
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::people::{CODE_SECONDS, code_at, credentials};

/// A request that succeeds for an operator.
pub struct Sample {
    pub path: String,
    pub body: Option<Value>,
}

/// What the samples are about: a client of `acme` with an active, a deactivated and a deleted secret, somebody who may
/// sign in, and the operator's next one-time password.
pub struct Fixture {
    pub client_id: String,
    pub active: String,
    pub deactivated: String,
    pub deleted: String,
    pub recipient: String,
    pub credentials: Value,
    pub next_code: String,
    pub console_file: String,
    /// A change that somebody else asked for, one that the operator did, and one whose secret the operator can collect.
    pub others: String,
    pub own: String,
    pub collectable: String,
    /// Somebody to be managed, and an invitation that is pending.
    pub administrator_id: String,
    pub invitation_id: String,
    /// What uses that invitation's link, the operator's session, and what confirms their new authenticator.
    pub acceptance: Value,
    pub session_id: String,
    pub confirmation: Value,
    pub operator_password: String,
}

impl Fixture {
    /// A fixture that no route was tried on yet.
    pub async fn fresh(app: &App, operator: &Browser, person: &Person, number: usize) -> Self {
        // one of the routes suspends it, and nobody joins a suspended organization
        operator.order("/v1/organizations/acme/resume").await.ok();
        operator.patch("/v1/organizations/acme", &json!({ "settings": { "custody": "revealable" } })).await.ok();
        let client = operator.create_client(&format!("walk{number}")).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let client_id = text(&client["client_id"]);
        let secrets = format!("/v1/clients/{client_id}/secrets");
        let deactivated = text(&operator.post(&secrets, &json!({})).await.made()["id"]);
        operator.order(&format!("{secrets}/{deactivated}/deactivate")).await.ok();
        let deleted = text(&operator.post(&secrets, &json!({})).await.made()["id"]);
        assert_eq!(operator.delete(&format!("{secrets}/{deleted}")).await.status, 204);
        let (asking, owner) = (app.party(Role::Operator).await, app.party(Role::Owner).await);
        let others = app.asked_by(&owner, &client_id, ClientCommand::Disable, None).await;
        let (own, collectable) = own_requests(app, &asking, &client_id).await;
        let credentials = credentials(person, &app.code(person));
        let next_code = code_at(&app.person(Role::Operator), plus_seconds(app.now(), CODE_SECONDS));
        let page = app.get("/console/").await.text;
        let console_file = page.split('"').find(|text| text.ends_with("/app.js")).unwrap().to_owned();
        let recipient = app.person(Role::Owner).email;
        let colleague = format!("colleague{number}@acme.example");
        let colleague = app.hire(&colleague, Some("acme"), Role::Viewer.privileges()).await;
        let administrator_id = app.account(&colleague).await.id.to_string();
        let email = format!("guest{number}@acme.example");
        let invitation = json!({ "email": email, "name": "Guest", "role": "viewer", "organization": "acme" });
        let invitation_id = text(&operator.post("/v1/invitations", &invitation).await.made()["id"]);
        let token = app.invitation_token(&email);
        let opened = app.anonymous().post("/v1/invitation", &json!({ "token": token })).await.ok();
        let acceptance = json!({ "token": token, "password": "seven violet tractors hum",
            "one_time_password": app.shown(&opened["authenticator"]) });
        let sessions = operator.get("/v1/account/sessions").await.ok();
        let awaited = operator.order("/v1/account/authenticator").await.ok();
        Self {
            client_id,
            active: text(&client["secret"]["id"]),
            deactivated,
            deleted,
            recipient,
            credentials,
            next_code,
            console_file,
            others,
            own,
            collectable,
            administrator_id,
            invitation_id,
            acceptance,
            session_id: text(&sessions["items"][0]["id"]),
            confirmation: json!({ "one_time_password": app.shown(&awaited) }),
            operator_password: app.person(Role::Operator).password,
        }
    }

    /// The same with change requests of this machine in place of the operator's.
    pub async fn with_requests_of(self, app: &App, machine: &ClientId, level: AccessLevel) -> Self {
        let organization = Some(OrganizationKey::parse("acme").unwrap());
        let privileges = privileges_of(level).iter().copied().collect();
        let party = Party { actor: Actor::Client(machine.clone()), rights: Rights { organization, privileges } };
        let (own, collectable) = own_requests(app, &party, &self.client_id).await;
        Self { own, collectable, ..self }
    }

    /// The sample of a route about people and their accounts.
    pub fn sample_of_people(&self, route: &Route) -> Sample {
        let administrator = format!("/v1/administrators/{}", self.administrator_id);
        let invitation = format!("/v1/invitations/{}", self.invitation_id);
        let client_id = &self.client_id;
        let (path, body) = match (route.method.as_str(), route.path) {
            ("GET", "/v1/account" | "/v1/account/sessions") | ("DELETE", "/v1/account/sessions") => {
                (route.path.to_owned(), None)
            }
            ("DELETE", "/v1/account/sessions/{session_id}") => {
                (format!("/v1/account/sessions/{}", self.session_id), None)
            }
            ("POST", "/v1/account/authenticator" | "/v1/account/recovery-codes") => (route.path.to_owned(), None),
            ("POST", "/v1/account/authenticator/confirm") => (route.path.to_owned(), Some(self.confirmation.clone())),
            ("POST", "/v1/account/password") => {
                let body = json!({ "current_password": self.operator_password,
                    "new_password": "nine copper lanterns drift" });
                (route.path.to_owned(), Some(body))
            }
            ("GET", "/v1/administrators" | "/v1/invitations") => (format!("{}?organization=acme", route.path), None),
            ("GET" | "DELETE", "/v1/administrators/{administrator_id}") => (administrator, None),
            ("PATCH", "/v1/administrators/{administrator_id}") => {
                (administrator, Some(json!({ "name": "Walked", "role": "credential_manager" })))
            }
            ("POST", "/v1/administrators/{administrator_id}/reset") => (format!("{administrator}/reset"), None),
            ("DELETE", "/v1/administrators/{administrator_id}/sessions") => (format!("{administrator}/sessions"), None),
            ("POST", "/v1/invitations") => {
                let body = json!({ "email": format!("{client_id}@acme.example"), "name": "Walk", "role": "viewer",
                    "organization": "acme" });
                (route.path.to_owned(), Some(body))
            }
            ("DELETE", "/v1/invitations/{invitation_id}") => (invitation, None),
            ("POST", "/v1/invitations/{invitation_id}/resend") => (format!("{invitation}/resend"), None),
            ("POST", "/v1/invitation") => (route.path.to_owned(), Some(json!({ "token": self.acceptance["token"] }))),
            ("POST", "/v1/invitation/accept") => (route.path.to_owned(), Some(self.acceptance.clone())),
            (method, path) => panic!("{method} {path} has no sample: add one that succeeds for an operator"),
        };
        Sample { path, body }
    }

    /// The sample of a route. A route without one fails the walk.
    pub fn sample(&self, route: &Route) -> Sample {
        let Self { client_id, active, deactivated, deleted, .. } = self;
        let client = format!("/v1/clients/{client_id}");
        let (path, body) = match (route.method.as_str(), route.path) {
            ("GET" | "DELETE", "/v1/session")
            | (
                "GET",
                "/docs" | "/docs/style.css" | "/docs/errors" | "/openapi.json" | "/console" | "/console/"
                | "/v1/organizations" | "/v1/resources",
            ) => (route.path.to_owned(), None),
            ("GET", "/v1/audit" | "/v1/audit/export" | "/v1/audit/verify" | "/v1/reminders/recipients") => {
                (format!("{}?organization=acme", route.path), None)
            }
            ("GET", "/console/{version}/{file}") => (self.console_file.clone(), None),
            ("POST", "/v1/session") => (route.path.to_owned(), Some(self.credentials.clone())),
            ("POST", "/v1/session/step-up") => {
                (route.path.to_owned(), Some(json!({ "one_time_password": self.next_code })))
            }
            ("POST", "/v1/organizations") => {
                let key = client_id.replace("wallet-acme-", "org");
                (route.path.to_owned(), Some(json!({ "key": key, "name": "Walk" })))
            }
            ("GET", "/v1/organizations/{organization}") => ("/v1/organizations/acme".to_owned(), None),
            ("PATCH", "/v1/organizations/{organization}") => {
                ("/v1/organizations/acme".to_owned(), Some(json!({ "name": client_id })))
            }
            ("POST", "/v1/organizations/{organization}/suspend") => ("/v1/organizations/acme/suspend".to_owned(), None),
            ("POST", "/v1/organizations/{organization}/resume") => ("/v1/organizations/acme/resume".to_owned(), None),
            ("POST", "/v1/resources") => {
                let body = json!({ "key": client_id, "name": "Walk", "levels": { "view": null } });
                (route.path.to_owned(), Some(body))
            }
            ("GET", "/v1/clients") => ("/v1/clients?organization=acme".to_owned(), None),
            ("POST", "/v1/clients") => {
                let body = json!({ "organization": "acme", "key": format!("{client_id}-more"), "name": "Walk" });
                (route.path.to_owned(), Some(body))
            }
            ("GET" | "DELETE", "/v1/clients/{client_id}") => (client, None),
            ("PATCH", "/v1/clients/{client_id}") => (client, Some(json!({ "name": "Walked" }))),
            ("POST", "/v1/clients/{client_id}/enable") => (format!("{client}/enable"), None),
            ("POST", "/v1/clients/{client_id}/disable") => (format!("{client}/disable"), None),
            ("GET", "/v1/clients/{client_id}/secrets") => (format!("{client}/secrets"), None),
            ("POST", "/v1/clients/{client_id}/secrets") => (format!("{client}/secrets"), Some(json!({}))),
            ("POST", "/v1/clients/@me/secrets/regenerate") => (route.path.to_owned(), Some(json!({}))),
            ("DELETE", "/v1/clients/{client_id}/secrets/{secret_id}") => {
                (format!("{client}/secrets/{active}?confirm=last"), None)
            }
            ("POST", "/v1/clients/{client_id}/secrets/{secret_id}/regenerate") => {
                (format!("{client}/secrets/{active}/regenerate"), Some(json!({})))
            }
            ("POST", "/v1/clients/{client_id}/secrets/{secret_id}/reveal") => {
                (format!("{client}/secrets/{active}/reveal"), None)
            }
            ("POST", "/v1/clients/{client_id}/secrets/{secret_id}/restore") => {
                (format!("{client}/secrets/{deleted}/restore"), None)
            }
            ("POST", "/v1/clients/{client_id}/secrets/{secret_id}/deactivate") => {
                (format!("{client}/secrets/{active}/deactivate"), None)
            }
            ("POST", "/v1/clients/{client_id}/secrets/{secret_id}/reactivate") => {
                (format!("{client}/secrets/{deactivated}/reactivate"), None)
            }
            ("POST", "/v1/reminders/recipients/{email}/retry") => {
                let recipient = self.recipient.as_str();
                (format!("/v1/reminders/recipients/{recipient}/retry?organization=acme"), None)
            }
            ("GET", "/v1/change-requests") => ("/v1/change-requests?organization=acme".to_owned(), None),
            ("GET", "/v1/change-requests/{change_request_id}") => {
                (format!("/v1/change-requests/{}", self.others), None)
            }
            ("POST", "/v1/change-requests/{change_request_id}/approve") => {
                (format!("/v1/change-requests/{}/approve", self.others), None)
            }
            ("POST", "/v1/change-requests/{change_request_id}/reject") => {
                (format!("/v1/change-requests/{}/reject", self.others), Some(json!({ "comment": "No." })))
            }
            ("POST", "/v1/change-requests/{change_request_id}/comments") => {
                (format!("/v1/change-requests/{}/comments", self.others), Some(json!({ "text": "Why?" })))
            }
            ("POST", "/v1/change-requests/{change_request_id}/withdraw") => {
                (format!("/v1/change-requests/{}/withdraw", self.own), None)
            }
            ("POST", "/v1/change-requests/{change_request_id}/collect") => {
                (format!("/v1/change-requests/{}/collect", self.collectable), None)
            }
            _ => return self.sample_of_people(route),
        };
        Sample { path, body }
    }
}

/// A change that somebody asked for, and one whose secret they can collect.
async fn own_requests(app: &App, party: &Party, client_id: &str) -> (String, String) {
    let owner = app.party(Role::Owner).await;
    let add = ClientCommand::AddSecret(NewSecret::default());
    let collectable = app.asked_by(party, client_id, add, Some(&owner)).await;
    (app.asked_by(party, client_id, ClientCommand::Disable, None).await, collectable)
}

impl Sample {
    /// Whether it is about something that belongs to the organization `acme`.
    pub fn is_about_acme(&self) -> bool {
        ["acme", "adm_", "inv_", "/chg_"].iter().any(|name| self.path.contains(name))
            || self.body.as_ref().is_some_and(|body| body["organization"] == "acme")
    }

    pub async fn send(&self, route: &Route, by: &Browser, headers: &[(&str, &str)]) -> Answer {
        let mut request = by.request_from_elsewhere(route.method.clone(), &self.path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(match &self.body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }
}

pub fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

pub fn person(app: &App) -> Person {
    app.person(Role::Viewer)
}
