//! Every route, without a session, without the privilege, from another site and from another organization.

use countersign::demo::Person;
use management_api::{Access, Route, Sent, routes};
use reqwest::{Method, header};
use serde_json::{Value, json};
use shared::domain::change_request::{Party, Rights};
use shared::domain::client::secrets::NewSecret;
use shared::domain::command::ClientCommand;
use shared::domain::event::{Action, Actor, Target};
use shared::domain::id::{ClientId, OrganizationKey};
use shared::domain::machine::privileges_of;
use shared::domain::privilege::{Privilege, Role};
use shared::domain::resource::AccessLevel;
use shared::domain::time::plus_seconds;

use crate::support::app::{Answer, App, send};
use crate::support::people::{Browser, CODE_SECONDS, SESSION, code_at, credentials, refusal};

/// A request that succeeds for an operator.
struct Sample {
    path: String,
    body: Option<Value>,
}

/// What the samples are about: a client of `acme` with an active, a deactivated and a deleted secret, somebody who may
/// sign in, and the operator's next one-time password.
struct Fixture {
    client_id: String,
    active: String,
    deactivated: String,
    deleted: String,
    recipient: String,
    credentials: Value,
    next_code: String,
    console_file: String,
    /// A change that somebody else asked for, one that the operator did, and one whose secret the operator can collect.
    others: String,
    own: String,
    collectable: String,
    /// Somebody to be managed, and an invitation that is pending.
    administrator_id: String,
    invitation_id: String,
    /// What uses that invitation's link, the operator's session, and what confirms their new authenticator.
    acceptance: Value,
    session_id: String,
    confirmation: Value,
    operator_password: String,
}

impl Fixture {
    /// A fixture that no route was tried on yet.
    async fn fresh(app: &App, operator: &Browser, person: &Person, number: usize) -> Self {
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
    async fn with_requests_of(self, app: &App, machine: &ClientId, level: AccessLevel) -> Self {
        let organization = Some(OrganizationKey::parse("acme").unwrap());
        let privileges = privileges_of(level).iter().copied().collect();
        let party = Party { actor: Actor::Client(machine.clone()), rights: Rights { organization, privileges } };
        let (own, collectable) = own_requests(app, &party, &self.client_id).await;
        Self { own, collectable, ..self }
    }

    /// The sample of a route about people and their accounts.
    fn sample_of_people(&self, route: &Route) -> Sample {
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
    fn sample(&self, route: &Route) -> Sample {
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
    fn is_about_acme(&self) -> bool {
        ["acme", "adm_", "inv_", "/chg_"].iter().any(|name| self.path.contains(name))
            || self.body.as_ref().is_some_and(|body| body["organization"] == "acme")
    }

    async fn send(&self, route: &Route, by: &Browser, headers: &[(&str, &str)]) -> Answer {
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

fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn person(app: &App) -> Person {
    app.person(Role::Viewer)
}

#[tokio::test]
async fn every_route_works_for_an_operator_and_changes_only_for_a_page_of_this_origin() {
    let app = App::start().await;
    let mut operator = app.operator().await;
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let siblings = [("origin", "null"), ("sec-fetch-site", "same-site")];
    for (number, route) in routes().iter().enumerate().filter(|(_, route)| route.access.is_for_people()) {
        let sample = Fixture::fresh(&app, &operator, &person(&app), number).await.sample(route);
        // what says nothing is no browser, and carries no cookie that a browser would send along
        let silence: &[&[(&str, &str)]] = if route.access == Access::Public { &[] } else { &[&[]] };
        for headers in silence.iter().copied().chain([&elsewhere[..], &elsewhere[..1], &elsewhere[1..], &siblings[..]])
        {
            let answer = sample.send(route, &operator, headers).await;
            if route.method == Method::GET {
                assert!(answer.status.is_success(), "{}: {headers:?}", name(route));
            } else {
                assert_eq!(answer.problem(), refusal(403, "cross-origin"), "{}: {headers:?}", name(route));
            }
        }
        let answer = sample.send(route, &operator, &[("sec-fetch-site", "same-origin")]).await;
        assert!(answer.status.is_success(), "{}: {} {}", name(route), answer.status, answer.text);
        let named = [Sent::ETag, Sent::Location, Sent::Link, Sent::SetCookie].into_iter();
        let sent: Vec<_> = named.filter(|sent| !answer.header(sent.name()).is_empty()).collect();
        assert_eq!(
            sent,
            route.sends.iter().copied().filter(|sent| *sent != Sent::Link).collect::<Vec<_>>(),
            "{}",
            name(route)
        );
        if route.path.starts_with("/v1/") {
            assert_eq!(answer.header("cache-control"), "no-store", "{}", name(route));
        }
        assert!(answer.header("x-request-id").starts_with("req_"), "{}", name(route));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", name(route));
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{}", name(route));
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{}", name(route));
        if operator.get(SESSION).await.status == 401 {
            // a step-up may have used the next code already
            app.clock.advance(2 * CODE_SECONDS);
            operator = app.operator().await;
        }
    }
}

/// What a machine with a level gets: nothing that is for people, and of the rest what its level brings.
#[track_caller]
fn check_answer_to_machine(route: &Route, level: AccessLevel, answer: &Answer) {
    let challenge = answer.header("www-authenticate");
    // what is collected takes the privileges of the change, which the route does not know
    let needed = if route.path.ends_with("/collect") { Some(AccessLevel::Change) } else { route.access.level() };
    match needed {
        None => {
            assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(route));
            assert_eq!(challenge, "", "{}: no scope brings it", name(route));
        }
        Some(needed) if level < needed => {
            assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(route));
            let expected = r#"Bearer realm="countersign", error="insufficient_scope", scope="countersign/write""#;
            assert_eq!(challenge, expected, "{}", name(route));
        }
        Some(_) => assert!(answer.status.is_success(), "{}: {} {}", name(route), answer.status, answer.text),
    }
}

#[tokio::test]
async fn every_route_answers_a_machine_as_the_table_says_wherever_the_request_seems_to_come_from() {
    let app = App::start().await;
    let operator = app.operator().await;
    let stranger = app.anonymous().with_token(&app.token(&app.demo_client(), "").await.token());
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let routes = routes();
    let (mut number, mut refused, mut open) = (0, 0, 0);
    for level in [AccessLevel::View, AccessLevel::Change] {
        let (client, machine) = app.machine(&format!("machine-{}", level.as_str()), level).await;
        let fresh = async |number| {
            let fixture = Fixture::fresh(&app, &operator, &person(&app), number).await;
            fixture.with_requests_of(&app, &client.client_id(), level).await
        };
        let mut fixture = fresh(number).await;
        for route in routes.iter().filter(|route| route.access != Access::Public) {
            number += 1;
            let sample = fixture.sample(route);
            let answer = sample.send(route, &stranger, &[]).await;
            assert_eq!(answer.problem(), refusal(401, "invalid-token"), "{}", name(route));
            let answer = sample.send(route, &machine, if number % 2 == 0 { &elsewhere } else { &[] }).await;
            check_answer_to_machine(route, level, &answer);
            if answer.status == 403 {
                refused += 1;
                let event = app.last_event(Some("acme")).await;
                assert_eq!(
                    (event.what.action, event.what.target),
                    (Action::PrivilegeRefused, Target::Route(name(route)))
                );
                assert!(matches!(event.by.actor, Actor::Client(_)), "{}", name(route));
            } else {
                open += 1;
                if route.method != Method::GET {
                    fixture = fresh(number).await;
                }
            }
        }
    }
    assert!(refused >= 20 && open >= 20, "{refused} {open}");
}

#[test]
fn what_only_people_may_do_is_open_to_no_machine() {
    let open: Vec<_> = routes().into_iter().filter(|route| route.access.is_for_machines()).collect();
    for route in &open {
        let for_people = ["reveal", "approve", "reject", "administrators", "invitation", "account", "audit", "session"];
        assert!(!for_people.iter().any(|word| route.path.contains(word)), "{}", name(route));
        assert!(!route.path.contains("organization") || route.method == Method::GET, "{}", name(route));
    }
    assert!(open.len() >= 15, "{}", open.len());
}

/// Routes that change something and wait for nobody, although a second administrator has to approve changes.
const IMMEDIATE: [(&str, &str); 26] = [
    ("POST /v1/session", "is about the caller alone"),
    ("DELETE /v1/session", "is about the caller alone"),
    ("POST /v1/session/step-up", "is about the caller alone"),
    ("POST /v1/invitation", "only shows what was sent"),
    ("POST /v1/invitation/accept", "is about the account of whoever has the link"),
    ("DELETE /v1/account/sessions", "is about the caller alone"),
    ("DELETE /v1/account/sessions/{session_id}", "is about the caller alone"),
    ("POST /v1/account/password", "is about the caller alone"),
    ("POST /v1/account/authenticator", "is about the caller alone"),
    ("POST /v1/account/authenticator/confirm", "is about the caller alone"),
    ("POST /v1/account/recovery-codes", "is about the caller alone"),
    ("DELETE /v1/administrators/{administrator_id}/sessions", "is the brake for a stolen session"),
    ("DELETE /v1/invitations/{invitation_id}", "takes back what nobody has used"),
    ("POST /v1/invitations/{invitation_id}/resend", "changes nothing of what was granted"),
    ("POST /v1/organizations", "is the operator's, and touches no organization that there is"),
    ("POST /v1/organizations/{organization}/suspend", "is the operator's, and nothing that the organization decides"),
    ("POST /v1/organizations/{organization}/resume", "is the operator's, and nothing that the organization decides"),
    ("POST /v1/resources", "is the operator's, and grants nothing to anybody"),
    ("POST /v1/clients/{client_id}/secrets/{secret_id}/reveal", "changes nothing; it takes a one-time password"),
    ("POST /v1/clients/{client_id}/secrets/{secret_id}/deactivate", "is the brake for a leak, and can be undone"),
    ("POST /v1/reminders/recipients/{email}/retry", "only lets mail go out again"),
    ("POST /v1/change-requests/{change_request_id}/approve", "is the second signature itself"),
    ("POST /v1/change-requests/{change_request_id}/reject", "is the second signature refused"),
    ("POST /v1/change-requests/{change_request_id}/withdraw", "takes back what never was"),
    ("POST /v1/change-requests/{change_request_id}/comments", "only says something"),
    ("POST /v1/change-requests/{change_request_id}/collect", "makes what was approved"),
];

#[tokio::test]
async fn every_route_that_changes_something_waits_or_stands_in_the_list_of_those_that_do_not() {
    let app = App::start().await;
    app.hire("second@acme.example", Some("acme"), Role::Owner.privileges()).await;
    let mut operator = app.operator().await;
    let switch = async |on: bool| {
        // to switch it off takes two: here it is only a means
        let mut acme = app.stack.organizations.get(&"acme".parse().unwrap()).await.unwrap().unwrap();
        acme.settings.multi_admin = on;
        let (trail, by) = (&app.stack.trail, &app.by_the_system());
        app.stack.organizations.commit(&acme, Action::OrganizationUpdated, Vec::new(), trail, by).await.unwrap();
    };
    let mut immediate = Vec::new();
    for (number, route) in routes().iter().enumerate() {
        let own = ["/v1/session", "/v1/account", "/v1/invitation/"].iter().any(|path| route.path.starts_with(path));
        if route.method == Method::GET || own || route.path == "/v1/invitation" {
            let is_safe = route.method == Method::GET;
            immediate.extend((!is_safe).then(|| name(route)));
            assert!(!route.waits, "{}", name(route));
            continue;
        }
        if route.access.privilege().is_some() && !route.access.is_for_people() {
            assert!(route.waits, "{}: a machine's change waits as well", name(route));
            continue;
        }
        let mut sample = Fixture::fresh(&app, &operator, &person(&app), number).await.sample(route);
        if route.path == "/v1/organizations/{organization}" {
            sample.body = Some(json!({ "settings": { "multi_admin": false } }));
        }
        if route.path.ends_with("/enable") {
            operator.order(&sample.path.replace("/enable", "/disable")).await.ok();
        }
        if route.path.ends_with("/resend") {
            app.approve_invitation(&sample.path).await;
        }
        switch(true).await;
        let answer = sample.send(route, &operator, &[("sec-fetch-site", "same-origin")]).await;
        assert!(answer.status.is_success(), "{}: {}", name(route), answer.text);
        assert_eq!(answer.status == 202, route.waits, "{}: {}", name(route), answer.text);
        if route.waits {
            assert_eq!(answer.json()["state"], "pending", "{}", name(route));
        } else {
            immediate.push(name(route));
        }
        switch(false).await;
        if operator.get(SESSION).await.status == 401 {
            // a step-up may have used the next code already
            app.clock.advance(2 * CODE_SECONDS);
            operator = app.operator().await;
        }
    }
    immediate.sort();
    let mut listed = IMMEDIATE.map(|(route, _)| route.to_owned());
    listed.sort();
    assert_eq!(immediate, listed, "what waits for nobody needs a reason");
}

#[tokio::test]
async fn without_a_session_no_route_but_the_public_ones_answers() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    let made_up = app.anonymous().with_cookie(format!("{}={}", management_api::SESSION_COOKIE, "A".repeat(43)));
    let fixture = Fixture::fresh(&app, &app.operator().await, &person(&app), 0).await;
    let (public, others): (Vec<_>, Vec<_>) = routes().into_iter().partition(|route| route.access == Access::Public);
    for route in &others {
        let sample = fixture.sample(route);
        for headers in [&[("origin", app.origin.as_str())][..], &[]] {
            let answer = sample.send(route, &anonymous, headers).await;
            assert_eq!(answer.problem(), refusal(401, "not-signed-in"), "{}", name(route));
            assert!(!answer.header("www-authenticate").is_empty(), "{}", name(route));
        }
        let answer = sample.send(route, &made_up, &[("origin", &app.origin)]).await;
        assert_eq!(answer.problem(), refusal(401, "session-ended"), "{}", name(route));
    }
    let expected = [
        "GET /docs",
        "GET /docs/style.css",
        "GET /docs/errors",
        "GET /openapi.json",
        "GET /console",
        "GET /console/",
        "GET /console/{version}/{file}",
        "POST /v1/session",
        "POST /v1/invitation",
        "POST /v1/invitation/accept",
    ];
    assert_eq!(public.iter().map(name).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn without_its_privilege_no_route_answers_and_each_refusal_is_in_the_trail() {
    let app = App::start().await;
    let fixture = Fixture::fresh(&app, &app.operator().await, &person(&app), 0).await;
    let somebody = app.hire("somebody@acme.example", Some("acme"), Privilege::ALL.into()).await;
    let browser = app.signed_in(&somebody).await;
    for route in routes().into_iter().filter(|route| route.access.is_for_people()) {
        let Some(needed) = route.access.privilege() else { continue };
        let all_others = Privilege::ALL.into_iter().filter(|privilege| *privilege != needed);
        app.set_privileges(&somebody, all_others.collect()).await;
        let before = app.events(Some("acme")).await.len();
        let answer = fixture.sample(&route).send(&route, &browser, &[("origin", &app.origin)]).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(&route));
        assert!(answer.json()["detail"].as_str().unwrap().contains(needed.as_str()), "{}", answer.text);
        let events = app.events(Some("acme")).await;
        assert_eq!(events.len(), before + 1, "{}", name(&route));
        let refused = events.last().unwrap();
        let target = Target::Route(name(&route));
        assert_eq!((refused.what.action, &refused.what.target), (Action::PrivilegeRefused, &target));
        assert_eq!(refused.by.request_id.as_str(), answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn what_belongs_to_another_organization_is_not_there() {
    let app = App::start().await;
    let operator = app.operator().await;
    let stranger = app.organization(&operator, "globex").await;
    let fixture = Fixture::fresh(&app, &operator, &person(&app), 0).await;
    let mut foreign = 0;
    for route in routes().into_iter().filter(|route| route.access.is_for_people()) {
        let Some(needed) = route.access.privilege() else { continue };
        let sample = fixture.sample(&route);
        let answer = sample.send(&route, &stranger, &[("origin", &app.origin)]).await;
        if needed == Privilege::PlatformOperate {
            assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(&route));
        } else if sample.is_about_acme() {
            foreign += 1;
            assert_eq!(answer.problem(), refusal(404, "not-found"), "{}", name(&route));
        } else {
            assert!(!answer.ok().to_string().contains("acme"), "{}: {}", name(&route), answer.text);
        }
    }
    assert!(foreign >= 20, "{foreign}");
    let refused = app.count_events(Some("acme"), Action::PrivilegeRefused).await;
    assert_eq!(refused, 0, "a stranger's failures stand in the stranger's trail");
}

#[tokio::test]
async fn a_foreign_client_and_one_that_never_was_answer_alike() {
    let app = App::start().await;
    let stranger = app.organization(&app.operator().await, "globex").await;
    let alike = async |there: &str, nowhere: &str| {
        let without_id = |answer: Answer| {
            assert_eq!(answer.problem(), refusal(404, "not-found"));
            let mut problem = answer.json();
            problem["request_id"].take();
            problem
        };
        assert_eq!(without_id(stranger.get(there).await), without_id(stranger.get(nowhere).await));
    };
    alike("/v1/clients/wallet-acme-reporting", "/v1/clients/wallet-acme-nothing").await;
    alike("/v1/organizations/acme", "/v1/organizations/nothing").await;
    alike("/v1/clients?organization=acme", "/v1/clients?organization=nothing").await;
}

#[tokio::test]
async fn an_operator_without_the_operators_privilege_reaches_no_organization() {
    let app = App::start().await;
    let all_but_one = Privilege::ALL.into_iter().filter(|privilege| *privilege != Privilege::PlatformOperate);
    let person = app.hire("former@platform.example", None, all_but_one.collect()).await;
    let former = app.signed_in(&person).await;
    for path in ["/v1/clients/wallet-acme-reporting", "/v1/organizations/acme", "/v1/clients?organization=acme"] {
        assert_eq!(former.get(path).await.problem(), refusal(404, "not-found"), "{path}");
    }
    assert_eq!(former.get("/v1/organizations").await.wrong_fields(), ["organization"]);
}

#[tokio::test]
async fn head_answers_where_get_does() {
    let app = App::start().await;
    let owner = app.owner().await;
    for path in ["/docs/errors", "/v1/session", "/v1/clients", "/v1/clients/wallet-acme-reporting"] {
        let answer = send(owner.request(Method::HEAD, path)).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{path}");
    }
    let anonymous = send(app.anonymous().request(Method::HEAD, "/v1/clients").header(header::ACCEPT, "*/*")).await;
    assert_eq!(anonymous.status, 401);
}
