//! The browser of an administrator, one constructor for each role, and the HTTP client of a machine.

use std::net::IpAddr;

use countersign::demo;
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use shared::domain::privilege::Role;
use shared::domain::resource::AccessLevel;

use crate::support::answer::{Answer, send};
use crate::support::app::App;
use crate::support::clients::{ClientOptions, TestClient};

/// What sends a person's requests: it keeps their cookie and says that they come from the deployment's own pages.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    base: String,
    origin: String,
    cookie: Option<String>,
    token: Option<String>,
}

impl App {
    /// Somebody who has not signed in.
    pub fn anonymous(&self) -> Browser {
        Browser {
            http: self.http.clone(),
            base: self.base.clone(),
            origin: self.origin.clone(),
            cookie: None,
            token: None,
        }
    }

    /// Somebody who has not signed in, whose requests come from another address of this machine.
    pub fn anonymous_from(&self, source: &str) -> Browser {
        let source: IpAddr = source.parse().unwrap();
        Browser { http: reqwest::Client::builder().local_address(source).build().unwrap(), ..self.anonymous() }
    }

    pub async fn operator(&self) -> Browser {
        self.signed_in(&self.person(Role::Operator)).await
    }

    pub async fn owner(&self) -> Browser {
        self.signed_in(&self.person(Role::Owner)).await
    }

    pub async fn administrator(&self) -> Browser {
        self.signed_in(&self.person(Role::Administrator)).await
    }

    pub async fn credential_manager(&self) -> Browser {
        self.signed_in(&self.person(Role::CredentialManager)).await
    }

    pub async fn viewer(&self) -> Browser {
        self.signed_in(&self.person(Role::Viewer)).await
    }

    /// A client of `acme` with a level on the management API, and what it sends with its token.
    pub async fn machine(&self, key: &str, level: AccessLevel) -> (TestClient, Browser) {
        let options = ClientOptions { grants: vec![("countersign", level)], ..Default::default() };
        let client = self.client_with(key, options).await;
        let token = self.token(&client, "").await.token();
        (client, self.anonymous().with_token(&token))
    }
}

impl Browser {
    /// The same browser with what it sends as `Cookie`.
    #[must_use]
    pub fn with_cookie(self, cookie: impl Into<String>) -> Self {
        Self { cookie: Some(cookie.into()), ..self }
    }

    /// The same with an access token, as a machine sends it.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self }
    }

    /// The access token as it is sent.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// The session cookie as it is sent.
    pub fn cookie(&self) -> &str {
        self.cookie.as_deref().unwrap()
    }

    /// A request with the person's cookie and the origin of the deployment's own pages.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.request_from_elsewhere(method, path);
        // no machine proves where its requests come from
        if self.token.is_some() { request } else { request.header(header::ORIGIN, &self.origin) }
    }

    /// A request with the person's cookie, as the page of another site makes a browser send it.
    pub fn request_from_elsewhere(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// A command, which has no body.
    pub async fn order(&self, path: &str) -> Answer {
        send(self.request(Method::POST, path)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PATCH, path).json(body)).await
    }

    /// A body as it is, announced as JSON.
    pub async fn raw(&self, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        send(self.request(method, path).header(header::CONTENT_TYPE, "application/json").body(body)).await
    }

    /// A new client of the organization `acme`, as its creation answers it.
    pub async fn create_client(&self, key: &str) -> Value {
        let body = json!({ "organization": demo::ORGANIZATION, "key": key, "name": key,
            "grants": { "banking": "change", "reporting": "view" } });
        self.post("/v1/clients", &body).await.made()
    }
}
