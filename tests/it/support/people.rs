//! The people of a deployment, each at a browser of their own, and its machines.

use std::collections::BTreeSet;
use std::net::IpAddr;

use countersign::demo::{self, Person};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use shared::domain::administrator::Administrator;
use shared::domain::administrator::SealedTotpKey;
use shared::domain::change_request::{ChangeRequest, Party, Rights};
use shared::domain::command::{ClientCommand, Command};
use shared::domain::email::Email;
use shared::domain::event::{Action, Actor, Attribution, Event, Trail};
use shared::domain::id::{AdministratorId, ChangeRequestId, ClientId, OrganizationKey, RequestId, Version};
use shared::domain::invitation::Invitation;
use shared::domain::privilege::{Privilege, Role};
use shared::domain::resource::AccessLevel;
use shared::domain::text::Name;
use shared::entropy;
use shared::keys::hashing::HashParameters;
use shared::store::change_requests::Effect;
use shared::store::item;
use shared::store::schema;
use totp_rs::{Algorithm, Builder, Secret as TotpKey};

use crate::support::app::{Answer, App, ClientOptions, TestClient, send};

pub const SESSION: &str = "/v1/session";
/// How long a one-time password lasts, in seconds.
pub const CODE_SECONDS: i64 = 30;
/// Where every request of a test comes from, unless it says otherwise.
pub const SOURCE: &str = "127.0.0.1";

/// What sends a person's requests: it keeps their cookie and says that they come from the deployment's own pages.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    base: String,
    origin: String,
    cookie: Option<String>,
    token: Option<String>,
}

/// What a person signs in with, as JSON.
pub fn credentials(person: &Person, code: &str) -> Value {
    json!({ "email": person.email, "password": person.password, "one_time_password": code })
}

/// The one-time password that a person's authenticator shows at `at`.
pub fn code_at(person: &Person, at: Timestamp) -> String {
    code_of(&person.totp_secret, at)
}

/// The one-time password of a key in base32 at `at`.
pub fn code_of(totp_secret: &str, at: Timestamp) -> String {
    let key = TotpKey::try_from_base32(totp_secret).unwrap();
    let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30).with_secret(key);
    totp.build().unwrap().generate(at.as_second().try_into().unwrap()).to_string()
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

    /// The demo's person of a role.
    pub fn person(&self, role: Role) -> Person {
        let found = self
            .stack
            .demo
            .as_ref()
            .unwrap()
            .administrators
            .iter()
            .find(|person| person.role == role.as_str())
            .unwrap();
        Person {
            email: found.email.clone(),
            password: found.password.clone(),
            totp_secret: found.totp_secret.clone(),
            organization: found.organization.clone(),
            role: found.role.clone(),
        }
    }

    /// The one-time password that a person's authenticator shows now. Each works once: whoever signs in again moves
    /// the clock first.
    pub fn code(&self, person: &Person) -> String {
        code_at(person, self.now())
    }

    pub async fn sign_in(&self, person: &Person) -> Answer {
        self.anonymous().post(SESSION, &credentials(person, &self.code(person))).await
    }

    pub async fn signed_in(&self, person: &Person) -> Browser {
        let answer = self.sign_in(person).await;
        assert_eq!(answer.status, 201, "{} cannot sign in: {}", person.email, answer.text);
        self.anonymous().with_cookie(answer.cookie())
    }

    /// Somebody new with these privileges, in an organization or, with none, in all.
    pub async fn hire(&self, email: &str, organization: Option<&str>, privileges: BTreeSet<Privilege>) -> Person {
        let person = Person {
            email: email.to_owned(),
            password: format!("the password of {email}"),
            totp_secret: TotpKey::from(entropy::bytes::<20>().to_vec()).to_base32(),
            organization: organization.map(str::to_owned),
            role: "hired".to_owned(),
        };
        let id = AdministratorId::random(&mut entropy::os_rng());
        let key = TotpKey::try_from_base32(&person.totp_secret).unwrap();
        let administrator = Administrator {
            totp_key: SealedTotpKey(self.stack.data_key.seal(key.as_ref(), id.as_str()).unwrap()),
            id,
            email: Email::parse(email).unwrap(),
            name: Name::parse(email).unwrap(),
            organization: organization.map(|key| OrganizationKey::parse(key).unwrap()),
            privileges,
            password: self.stack.hasher.hash(&person.password, HashParameters::PASSWORD).await.unwrap(),
            last_totp_step: 0,
            pending_authenticator: None,
            recovery_codes: Vec::new(),
            session_epoch: 0,
            created_at: self.now(),
            last_signed_in_at: None,
            version: Version::NEW,
        };
        let by = Attribution {
            actor: Actor::System,
            source: None,
            request_id: RequestId::random(&mut entropy::os_rng()),
            at: self.now(),
        };
        self.stack.administrators.create(&administrator, &self.stack.trail, &by).await.unwrap();
        person
    }

    /// An organization that an operator makes, and its owner.
    pub async fn organization(&self, operator: &Browser, key: &str) -> Browser {
        operator.post("/v1/organizations", &json!({ "key": key, "name": key })).await.made();
        let owner = self.hire(&format!("owner@{key}.example"), Some(key), Role::Owner.privileges()).await;
        self.signed_in(&owner).await
    }

    pub async fn account(&self, person: &Person) -> Administrator {
        self.stack.administrators.by_email(&Email::parse(&person.email).unwrap()).await.unwrap().unwrap()
    }

    /// The demo's person of a role, with what they may do.
    pub async fn party(&self, role: Role) -> Party {
        let account = self.account(&self.person(role)).await;
        let Administrator { id, email, organization, privileges, .. } = account;
        Party { actor: Actor::Administrator { id, email }, rights: Rights { organization, privileges } }
    }

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

    /// What the deployment itself does now.
    pub fn by_the_system(&self) -> Attribution {
        let request_id = RequestId::random(&mut entropy::os_rng());
        Attribution { actor: Actor::System, source: None, request_id, at: self.now() }
    }

    /// The token of the link that was mailed to an address last.
    #[track_caller]
    pub fn invitation_token(&self, address: &str) -> String {
        let mail = self.mail_to(address).pop().unwrap_or_else(|| panic!("no mail to {address}"));
        let text = mail.text.unwrap();
        let token = text.split_once("/console/#/invitation/").expect("a link").1;
        token.split_whitespace().next().unwrap().to_owned()
    }

    /// What an authenticator shows now that was set up as an answer says.
    pub fn shown(&self, authenticator: &Value) -> String {
        code_of(authenticator["secret"].as_str().unwrap(), self.now())
    }

    /// Gives an account other privileges, as if an administrator had.
    pub async fn set_privileges(&self, person: &Person, privileges: BTreeSet<Privilege>) {
        let account = Administrator { privileges, ..self.account(person).await };
        let table = schema::ADMINISTRATORS.name_in(countersign::stack::TABLE_PREFIX);
        let item = item::administrator::write(&account);
        self.stack.aws.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    /// Marks the invitation of a path as one that a second administrator has approved.
    pub async fn approve_invitation(&self, path: &str) {
        let id = path.split('/').find(|part| part.starts_with("inv_")).unwrap().parse().unwrap();
        let before = self.stack.administrators.invitation(&id).await.unwrap().unwrap();
        let item = item::invitation::write(&Invitation { approved: true, ..before });
        let table = schema::ADMINISTRATORS.name_in(countersign::stack::TABLE_PREFIX);
        self.stack.aws.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    /// Takes an account away, as if an administrator had.
    pub async fn dismiss(&self, person: &Person) {
        let key = item::administrator::key(&self.account(person).await.id);
        let table = schema::ADMINISTRATORS.name_in(countersign::stack::TABLE_PREFIX);
        self.stack.aws.dynamodb().delete_item().table_name(table).set_key(Some(key)).send().await.unwrap();
    }

    /// Every event of an organization or, with none, of the deployment itself, oldest first.
    pub async fn events(&self, organization: Option<&str>) -> Vec<Event> {
        let trail = Trail::of(organization.map(|key| OrganizationKey::parse(key).unwrap()).as_ref());
        let (mut events, mut from) = (Vec::new(), None);
        loop {
            let page = self.stack.trail.page(&trail, from.as_ref(), 100).await.unwrap();
            events.extend(page.items);
            from = page.next;
            if from.is_none() {
                events.reverse();
                return events;
            }
        }
    }

    pub async fn last_event(&self, organization: Option<&str>) -> Event {
        let trail = Trail::of(organization.map(|key| OrganizationKey::parse(key).unwrap()).as_ref());
        self.stack.trail.page(&trail, None, 1).await.unwrap().items.remove(0)
    }

    /// How many events of a kind there are.
    pub async fn count_events(&self, organization: Option<&str>, action: Action) -> usize {
        self.events(organization).await.iter().filter(|event| event.what.action == action).count()
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

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    /// The body of what was made.
    #[track_caller]
    pub fn made(&self) -> Value {
        assert_eq!(self.status, 201, "{}", self.text);
        self.json()
    }

    /// Status and kind of a problem (RFC 9457), whose manners are checked.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{:?} {}", self.status, self.text);
        assert_eq!(self.header("cache-control"), "no-store", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{}", self.text);
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{}", self.text);
        assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
        let kind = problem["type"].as_str().unwrap().split_once("/docs/errors#").unwrap().1;
        (self.status.as_u16(), kind.to_owned())
    }

    /// The wrong fields of a refused request, in order.
    #[track_caller]
    pub fn wrong_fields(&self) -> Vec<String> {
        assert_eq!(self.problem(), (422, "invalid-request".to_owned()), "{}", self.text);
        let errors = self.json()["errors"].as_array().unwrap().clone();
        assert!(errors.iter().all(|error| !error["message"].as_str().unwrap().is_empty()), "{}", self.text);
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// The session cookie that the answer sets, as a browser sends it back.
    #[track_caller]
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split_once(';').unwrap().0.to_owned()
    }
}

/// Status and kind, to compare a problem with.
pub fn refusal(status: u16, kind: &str) -> (u16, String) {
    (status, kind.to_owned())
}
