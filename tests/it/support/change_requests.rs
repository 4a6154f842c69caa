//! An organization that approves changes with two administrators.

use countersign::demo::{self, Person};
use serde_json::{Value, json};
use shared::domain::change_request::{ChangeRequest, Party};
use shared::domain::command::{ClientCommand, Command};
use shared::domain::event::Actor;
use shared::domain::id::{AdministratorId, ChangeRequestId, ClientId, OrganizationKey};
use shared::domain::privilege::Role;
use shared::entropy;
use shared::store::change_requests::Effect;
use tokio::task::JoinSet;

use crate::support::answer::Answer;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

impl App {
    /// A change of a client of `acme` that somebody asked for, as if the organization had its changes approved; where
    /// somebody approved it, its secret can be collected.
    pub async fn asked_by(
        &self,
        party: &Party,
        client_id: &str,
        change: ClientCommand,
        approved_by: Option<&Party>,
    ) -> String {
        let client_id = ClientId::parse(client_id).unwrap();
        let version = self.stack.clients.client(&client_id).await.unwrap().unwrap().version;
        let id = ChangeRequestId::random(self.now(), &mut entropy::os_rng());
        let command = Command::Client { client_id, change };
        let acme = OrganizationKey::parse(demo::ORGANIZATION).unwrap();
        let now = self.now();
        let made = ChangeRequest::make(id.clone(), acme, command, Vec::new(), Some(version), party, now);
        let (requests, trail, by) = (&self.stack.change_requests, &self.stack.trail, self.by_the_system());
        requests.commit(&made, Effect::default(), trail, &by).await.unwrap();
        if let Some(approver) = approved_by {
            let mut request = made.committed();
            let email = "second@acme.example".parse().unwrap();
            let second = Actor::Administrator { id: AdministratorId::random(&mut entropy::os_rng()), email };
            // what a machine asks for takes two
            for actor in [approver.actor.clone(), second].into_iter().take(request.approvals_needed().into()) {
                let decider = Party { actor, rights: approver.rights.clone() };
                let approved = request.approve(&decider, Some(&decider.rights), None, now).unwrap();
                requests.commit(&approved, Effect::default(), trail, &by).await.unwrap();
                request = approved.committed();
            }
        }
        id.to_string()
    }
}

pub const REQUESTS: &str = "/v1/change-requests";

pub const ACME: &str = "/v1/organizations/acme";

/// An organization in which changes need approval, with two signed-in owners.
pub struct ApprovalFixture {
    pub app: App,
    pub requester_account: Person,
    pub approver_account: Person,
    pub requester: Browser,
    pub approver: Browser,
    /// A client of it.
    pub client: TestClient,
}

impl ApprovalFixture {
    pub async fn open() -> Self {
        let app = App::start().await;
        let (requester_account, approver_account) = (app.person(Role::Owner), second_owner(&app).await);
        let (requester, approver) = (app.signed_in(&requester_account).await, app.signed_in(&approver_account).await);
        let client = TestClient::created(&requester.create_client("billing").await);
        let settings = json!({ "settings": { "multi_admin": true, "custody": "revealable" } });
        assert_eq!(requester.patch(ACME, &settings).await.ok()["settings"]["multi_admin"], true);
        Self { app, requester_account, approver_account, requester, approver, client }
    }

    pub fn path(&self) -> String {
        format!("/v1/clients/{}", self.client.id)
    }

    pub fn secrets(&self) -> String {
        format!("{}/secrets", self.path())
    }

    pub fn secret(&self) -> String {
        format!("{}/{}", self.secrets(), self.client.secret_id())
    }

    /// Moves the clock, and signs both in again.
    pub async fn later(&mut self, seconds: i64) {
        self.app.clock.advance(seconds);
        self.requester = self.app.signed_in(&self.requester_account).await;
        self.approver = self.app.signed_in(&self.approver_account).await;
    }

    /// The client with its secrets, the deleted among them.
    pub async fn state(&self) -> Value {
        let client = self.requester.get(&self.path()).await.ok();
        let kept = self.requester.get(&self.secrets()).await.ok();
        json!([client, kept, self.requester.get(&format!("{}?deleted=true", self.secrets())).await.ok()])
    }

    pub async fn approve(&self, id: &str) -> Answer {
        self.approver.order(&format!("{REQUESTS}/{id}/approve")).await
    }

    pub async fn reject(&self, id: &str) -> Answer {
        self.approver.post(&format!("{REQUESTS}/{id}/reject"), &json!({ "comment": "No." })).await
    }

    pub async fn withdraw(&self, id: &str) -> Answer {
        self.requester.order(&format!("{REQUESTS}/{id}/withdraw")).await
    }

    pub async fn collect(&self, id: &str) -> Answer {
        self.requester.order(&format!("{REQUESTS}/{id}/collect")).await
    }

    pub async fn request(&self, id: &str) -> Value {
        self.approver.get(&format!("{REQUESTS}/{id}")).await.ok()
    }

    /// Asks for the client to be called otherwise.
    pub async fn rename(&self, name: &str) -> String {
        waiting(&self.requester.patch(&self.path(), &json!({ "name": name })).await)
    }
}

pub async fn second_owner(app: &App) -> Person {
    app.hire("second@acme.example", Some("acme"), Role::Owner.privileges()).await
}

/// The id of the request that an answer says a change waits as.
#[track_caller]
pub fn waiting(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text);
    let request = answer.json();
    assert_eq!(request["status"], "pending", "{request}");
    let id = request["id"].as_str().unwrap();
    assert!(answer.header("location").ends_with(&format!("{REQUESTS}/{id}")), "{:?}", answer.headers);
    id.to_owned()
}

/// The fields that a request changes, with what they become.
pub fn diff(request: &Value) -> Value {
    let changes = request["changes"].as_array().unwrap().iter();
    changes.map(|change| (change["field"].as_str().unwrap().to_owned(), change["to"].clone())).collect()
}

/// Sends the same order from each of these browsers at once.
pub async fn at_once(orders: Vec<(Browser, String)>) -> Vec<Answer> {
    let mut sent = JoinSet::new();
    for (browser, path) in orders {
        sent.spawn(async move { browser.order(&path).await });
    }
    sent.join_all().await
}
