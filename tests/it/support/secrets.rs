//! Requests about the secrets of a client.

use countersign::demo::Person;
use serde_json::{Value, json};
use shared::domain::privilege::Role;
use shared::domain::time::DAY_SECONDS;

use crate::support::answer::Answer;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

pub const MINUTE: i64 = 60;

pub const MONTH: i64 = 30 * DAY_SECONDS;

/// A signed-in administrator who manages the secrets of clients.
pub struct SignedIn<'a> {
    pub app: &'a App,
    pub person: Person,
    pub browser: Browser,
}

impl<'a> SignedIn<'a> {
    pub async fn of(app: &'a App, role: Role) -> Self {
        let person = app.person(role);
        Self { app, browser: app.signed_in(&person).await, person }
    }

    pub async fn step_up(&self, code: &str) -> Answer {
        self.browser.post("/v1/session/step-up", &json!({ "one_time_password": code })).await
    }

    /// Steps up with the code of now.
    pub async fn refresh(&self) {
        self.step_up(&self.app.code(&self.person)).await.ok();
    }

    pub async fn set(&self, settings: Value) {
        self.browser.patch("/v1/organizations/acme", &json!({ "settings": settings })).await.ok();
    }

    /// Adds a secret to a client.
    pub async fn add(&self, client: &TestClient) -> Answer {
        self.browser.post(&format!("/v1/clients/{}/secrets", client.id), &json!({})).await
    }

    pub async fn on(&self, client: &TestClient, operation: &str, body: Value) -> Answer {
        self.browser.post(&format!("{}/{operation}", client.secret_path()), &body).await
    }

    pub async fn delete(&self, client: &TestClient, query: &str) -> Answer {
        self.browser.delete(&format!("{}{query}", client.secret_path())).await
    }

    pub async fn listed(&self, client: &TestClient, query: &str) -> Vec<Value> {
        let path = format!("/v1/clients/{}/secrets{query}", client.id);
        self.browser.get(&path).await.ok()["items"].as_array().unwrap().clone()
    }
}

/// The same client with the secret that an answer shows.
pub fn with_shown(client: &TestClient, answer: &Answer) -> TestClient {
    let secret = answer.json()["secret"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
    TestClient { id: client.id.clone(), secret }
}

impl App {
    pub async fn works(&self, client: &TestClient) -> bool {
        self.token(client, "").await.status == 200
    }
}
