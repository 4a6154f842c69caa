//! Random commands by administrators of two organizations, beside a plain model of what they come to: states, visible
//! lists, the audit trail and which secrets get a token always agree.

use std::collections::BTreeMap;

use countersign::demo::Person;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use shared::domain::privilege::Role;

use crate::support::answer::Answer;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

const ORGANIZATIONS: [&str; 2] = ["acme", "birch"];
/// An owner, who may do everything here; a credential manager, whose business is secrets; and a viewer.
const ROLES: [Role; 3] = [Role::Owner, Role::CredentialManager, Role::Viewer];
const KEYS: [&str; 3] = ["alpha", "beta", "gamma"];
/// How many live secrets a client may have here.
const LIMIT: usize = 3;
/// How long a new secret lives, in seconds.
const LIFETIME: i64 = 86_400;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Create,
    Rename(u8),
    Enable,
    Disable,
    Delete,
    Add,
    Deactivate,
    Reactivate,
    DeleteSecret { even_the_last: bool },
    Restore,
    Regenerate { overlap: i64 },
}

/// One step: somebody asks for something, or time passes.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Who, in which organization, about whose client, which one, and which of its secrets.
    Ask {
        home: usize,
        role: usize,
        target: usize,
        key: usize,
        secret: usize,
        verb: Verb,
    },
    Wait(i64),
}

#[derive(Clone)]
struct Secret {
    credentials: TestClient,
    active: bool,
    deleted: bool,
    replaced: bool,
    expires_at: i64,
}

#[derive(Clone)]
struct Client {
    name: String,
    enabled: bool,
    secrets: Vec<Secret>,
}

/// What the clients of an organization should be; one that was deleted leaves its key taken.
#[derive(Default)]
struct Model {
    clients: BTreeMap<&'static str, Option<Client>>,
    /// The changes that were made.
    changes: usize,
}

impl Secret {
    fn is_live(&self, now: i64) -> bool {
        !self.deleted && now < self.expires_at
    }

    fn is_counted(&self, now: i64) -> bool {
        self.is_live(now) && !self.replaced
    }

    fn is_lasting(&self, now: i64) -> bool {
        self.is_counted(now) && self.active
    }
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        3 => Just(Verb::Create),
        1 => (0..3_u8).prop_map(Verb::Rename),
        1 => Just(Verb::Enable),
        1 => Just(Verb::Disable),
        1 => Just(Verb::Delete),
        4 => Just(Verb::Add),
        2 => Just(Verb::Deactivate),
        2 => Just(Verb::Reactivate),
        2 => any::<bool>().prop_map(|even_the_last| Verb::DeleteSecret { even_the_last }),
        2 => Just(Verb::Restore),
        3 => prop_oneof![Just(0), Just(3_600)].prop_map(|overlap| Verb::Regenerate { overlap }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let role = prop_oneof![6 => Just(0_usize), 2 => Just(1_usize), 1 => Just(2_usize)];
    // mostly at home, now and then at the other organization's
    let asked = (0..2_usize, role, 0..8_u8, 0..KEYS.len(), 0..4_usize, verb());
    let ask = asked.prop_map(|(home, role, away, key, secret, verb)| {
        let target = if away == 0 { 1 - home } else { home };
        Step::Ask { home, role, target, key, secret, verb }
    });
    prop_oneof![8 => ask, 1 => prop_oneof![Just(60), Just(3_600), Just(40_000)].prop_map(Step::Wait)]
}

/// The secret that an answer shows. Where it shows none, what is compared next says so.
fn shown(answer: &Answer, secret: &Value, now: i64) -> Secret {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Secret {
        credentials: TestClient { id: text(&answer.json()["client_id"]), secret: text(secret) },
        active: true,
        deleted: false,
        replaced: false,
        expires_at: now + LIFETIME,
    }
}

/// The status that a command about a secret comes to, and whether it changes anything.
fn of_secret(client: &mut Client, (secret, verb): (usize, Verb), answer: &Answer, now: i64) -> (u16, bool) {
    let count = client.secrets.len().max(1);
    let counted = client.secrets.iter().filter(|secret| secret.is_counted(now)).count();
    let lasting = client.secrets.iter().filter(|secret| secret.is_lasting(now)).count();
    if matches!(verb, Verb::Add) {
        if counted >= LIMIT {
            return (409, false);
        }
        client.secrets.push(shown(answer, &answer.json()["secret"], now));
        return (201, true);
    }
    let Some(chosen) = client.secrets.get_mut(secret % count) else { return (404, false) };
    if chosen.deleted && !matches!(verb, Verb::Restore) {
        return (404, false);
    }
    match verb {
        Verb::Deactivate | Verb::Reactivate => {
            let active = matches!(verb, Verb::Reactivate);
            let happens = chosen.active != active;
            chosen.active = active;
            (200, happens)
        }
        Verb::DeleteSecret { even_the_last } => {
            if chosen.is_lasting(now) && lasting == 1 && !even_the_last {
                return (409, false);
            }
            chosen.deleted = true;
            (204, true)
        }
        Verb::Restore => {
            if !chosen.deleted {
                return (200, false);
            }
            let restored = Secret { deleted: false, ..chosen.clone() };
            if now >= chosen.expires_at || (restored.is_counted(now) && counted >= LIMIT) {
                return (409, false);
            }
            chosen.deleted = false;
            (200, true)
        }
        Verb::Regenerate { overlap } => {
            if chosen.replaced || !chosen.active || now >= chosen.expires_at {
                return (409, false);
            }
            chosen.replaced = true;
            chosen.expires_at = chosen.expires_at.min(now + overlap);
            client.secrets.push(shown(answer, &answer.json()["secret"], now));
            (201, true)
        }
        _ => unreachable!("handled above"),
    }
}

/// The people of both organizations, signed in.
struct Fixture {
    app: App,
    people: Vec<Vec<Person>>,
    browsers: Vec<Vec<Browser>>,
    models: [Model; 2],
    /// The events that each trail had before.
    events_before: [usize; 2],
}

impl Fixture {
    async fn open() -> Self {
        let app = App::start().await;
        let operator = app.operator().await;
        operator.post("/v1/organizations", &json!({ "key": "birch", "name": "Birch" })).await.made();
        let mut people = Vec::new();
        for organization in ORGANIZATIONS {
            let settings = json!({ "settings": { "live_secrets": LIMIT, "secret_lifetime_days": 1 } });
            operator.patch(&format!("/v1/organizations/{organization}"), &settings).await.ok();
            let mut hired = Vec::new();
            for role in ROLES {
                let email = format!("{}@{organization}.test", role.as_str());
                hired.push(app.hire(&email, Some(organization), role.privileges()).await);
            }
            people.push(hired);
        }
        let mut fixture = Self { app, people, browsers: Vec::new(), models: Default::default(), events_before: [0, 0] };
        fixture.sign_in().await;
        for (at, organization) in ORGANIZATIONS.into_iter().enumerate() {
            fixture.events_before[at] = fixture.changes_in_trail(organization).await;
        }
        fixture
    }

    /// Everybody signs in afresh, which is a step-up, too.
    async fn sign_in(&mut self) {
        self.browsers.clear();
        for people in &self.people {
            let mut signed_in = Vec::new();
            for person in people {
                signed_in.push(self.app.signed_in(person).await);
            }
            self.browsers.push(signed_in);
        }
    }

    fn now(&self) -> i64 {
        self.app.now().as_second()
    }

    /// How many events of a trail are about clients and secrets.
    async fn changes_in_trail(&self, organization: &str) -> usize {
        let events = self.app.events(Some(organization)).await;
        let is_change = |word: &str| word.starts_with("client.") || word.starts_with("secret.");
        events.iter().filter(|event| is_change(event.what.action.as_str())).count()
    }

    async fn take(&mut self, step: Step) -> Result<(), TestCaseError> {
        let Step::Ask { home, role, target, key, secret, verb } = step else {
            if let Step::Wait(seconds) = step {
                self.app.clock.advance(seconds);
                self.sign_in().await;
            }
            return Ok(());
        };
        let key = KEYS[key];
        let browser = self.browsers[home][role].clone();
        let client_id = format!("wallet-{}-{key}", ORGANIZATIONS[target]);
        let path = format!("/v1/clients/{client_id}");
        let known = self.models[target].clients.get(key).cloned().flatten();
        let chosen = known.as_ref().and_then(|client| client.secrets.get(secret % client.secrets.len().max(1)));
        let secret_id = chosen.map_or_else(|| "cs_AAAAAAAAAAAA".to_owned(), |s| s.credentials.secret_id().to_string());
        let one = format!("{path}/secrets/{secret_id}");
        let answer = match verb {
            Verb::Create => {
                let body = json!({ "organization": ORGANIZATIONS[target], "key": key, "name": key,
                    "grants": { "reporting": "view" } });
                browser.post("/v1/clients", &body).await
            }
            Verb::Rename(number) => browser.patch(&path, &json!({ "name": format!("{key} {number}") })).await,
            Verb::Enable => browser.order(&format!("{path}/enable")).await,
            Verb::Disable => browser.order(&format!("{path}/disable")).await,
            Verb::Delete => browser.delete(&path).await,
            Verb::Add => browser.post(&format!("{path}/secrets"), &json!({})).await,
            Verb::Deactivate => browser.order(&format!("{one}/deactivate")).await,
            Verb::Reactivate => browser.order(&format!("{one}/reactivate")).await,
            Verb::DeleteSecret { even_the_last: true } => browser.delete(&format!("{one}?confirm=last")).await,
            Verb::DeleteSecret { even_the_last: false } => browser.delete(&one).await,
            Verb::Restore => browser.order(&format!("{one}/restore")).await,
            Verb::Regenerate { overlap } => {
                browser.post(&format!("{one}/regenerate"), &json!({ "overlap_seconds": overlap })).await
            }
        };
        let expected = self.expect(home == target, ROLES[role], target, key, (secret, verb), &answer);
        prop_assert_eq!(answer.status.as_u16(), expected, "{:?} {}: {}", step, client_id, answer.text);
        Ok(())
    }

    /// The status that the model says, and what it makes of itself. What an answer shows is taken over.
    fn expect(
        &mut self,
        at_home: bool,
        role: Role,
        target: usize,
        key: &'static str,
        (secret, verb): (usize, Verb),
        answer: &Answer,
    ) -> u16 {
        let now = self.now();
        let about_secret =
            !matches!(verb, Verb::Create | Verb::Rename(_) | Verb::Enable | Verb::Disable | Verb::Delete);
        let may = match role {
            Role::Owner => true,
            Role::CredentialManager => about_secret,
            _ => false,
        };
        if !may {
            return 403;
        }
        if !at_home {
            return 404;
        }
        let model = &mut self.models[target];
        if matches!(verb, Verb::Create) {
            if model.clients.contains_key(key) {
                return 409;
            }
            if answer.status == 201 {
                let first = shown(answer, &answer.json()["secret"]["secret"], now);
                model.clients.insert(key, Some(Client { name: key.to_owned(), enabled: true, secrets: vec![first] }));
                model.changes += 1;
            }
            return 201;
        }
        let Some(Some(client)) = model.clients.get_mut(key) else { return 404 };
        let mut change = |happens: bool| model.changes += usize::from(happens);
        if !about_secret {
            match verb {
                Verb::Rename(number) => {
                    let name = format!("{key} {number}");
                    change(client.name != name);
                    client.name = name;
                }
                Verb::Enable | Verb::Disable => {
                    let enabled = matches!(verb, Verb::Enable);
                    change(client.enabled != enabled);
                    client.enabled = enabled;
                }
                _ => {
                    change(true);
                    model.clients.insert(key, None);
                    return 204;
                }
            }
            return 200;
        }
        let (status, happens) = of_secret(client, (secret, verb), answer, now);
        change(happens);
        status
    }

    /// Compares everything that can be seen with the model.
    async fn compare(&self) -> Result<(), TestCaseError> {
        let now = self.now();
        for (at, organization) in ORGANIZATIONS.into_iter().enumerate() {
            let model = &self.models[at];
            let viewer = &self.browsers[at][2];
            let listed = viewer.get("/v1/clients").await.ok()["items"].as_array().unwrap().clone();
            let ours = listed.iter().filter(|client| KEYS.iter().any(|key| client["key"] == *key));
            let seen: Vec<_> = ours.map(|c| (c["key"].clone(), c["name"].clone(), c["status"].clone())).collect();
            let alive = model.clients.iter().filter_map(|(key, client)| client.as_ref().map(|client| (*key, client)));
            let status = |client: &Client| json!(if client.enabled { "active" } else { "disabled" });
            let expected: Vec<_> =
                alive.clone().map(|(key, client)| (json!(key), json!(client.name), status(client))).collect();
            prop_assert_eq!(seen, expected);
            for (key, client) in alive {
                let path = format!("/v1/clients/wallet-{organization}-{key}/secrets");
                let shown = viewer.get(&path).await.ok()["items"].as_array().unwrap().len();
                prop_assert_eq!(shown, client.secrets.iter().filter(|secret| !secret.deleted).count(), "{}", path);
                for secret in &client.secrets {
                    let works = client.enabled && secret.active && secret.is_live(now);
                    let status = self.app.token(&secret.credentials, "").await.status;
                    let id = secret.credentials.secret_id();
                    prop_assert_eq!(status == 200, works, "{} of {} answers {}", id, key, status);
                }
            }
            let changes = self.changes_in_trail(organization).await - self.events_before[at];
            prop_assert_eq!(changes, model.changes, "the trail of {}", organization);
            let owner = &self.browsers[at][0];
            prop_assert_eq!(&owner.get("/v1/audit/verify").await.ok()["verified"], &json!(true));
        }
        Ok(())
    }
}

#[test]
fn random_commands_of_two_organizations_agree_with_a_plain_model() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let configuration =
        ProptestConfig { cases: 6, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(configuration, |(steps in proptest::collection::vec(step(), 20..60))| {
        runtime.block_on(async {
            let mut fixture = Fixture::open().await;
            for (number, step) in steps.iter().enumerate() {
                fixture.take(*step).await?;
                if number % 10 == 9 {
                    fixture.compare().await?;
                    // what was refused for a secret that does not work counts against its client for so long
                    fixture.take(Step::Wait(301)).await?;
                }
            }
            fixture.compare().await
        })?;
    });
}
