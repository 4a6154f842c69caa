//! A person of the demo at the desk: signed in, from the deployment's own origin.

use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use shared::domain::administrator::Role;
use totp_rs::{Algorithm, Builder, Secret as TotpKey};

use crate::app::{Answer, App, send};

pub struct Desk<'a> {
    app: &'a App,
    pub cookie: String,
}

impl<'a> Desk<'a> {
    /// Signs in as the demo's person of this role.
    pub async fn of(app: &'a App, role: Role) -> Self {
        let person = app.stack.demo.administrators.iter().find(|person| person.role == role.as_str()).unwrap();
        let key = TotpKey::try_from_base32(&person.totp_secret).unwrap();
        let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30);
        let code = totp.with_secret(key).build().unwrap().generate(app.now().as_second().try_into().unwrap());
        let body = json!({ "email": person.email, "password": person.password, "one_time_password": code.to_string() });
        let request = app.request(Method::POST, "/v1/session").header(header::ORIGIN, &app.origin);
        let answer = send(request.json(&body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        Self { app, cookie: answer.header("set-cookie").split_once(';').unwrap().0.to_owned() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.app.request(method, path);
        request.header(header::COOKIE, &self.cookie).header(header::ORIGIN, &self.app.origin)
    }

    pub async fn answer(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    /// The body of an answer with 200.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.answer(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// Changes something, and answers the body.
    pub async fn change(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = send(self.request(method, path).json(&body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        serde_json::from_str(&answer.text).unwrap_or_default()
    }
}
