//! Administrators with their credentials, and signing in.

use std::collections::BTreeSet;

use countersign::demo::Person;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::domain::administrator::{Administrator, SealedTotpKey};
use shared::domain::change_request::{Party, Rights};
use shared::domain::email::Email;
use shared::domain::event::{Actor, Attribution};
use shared::domain::id::{AdministratorId, OrganizationKey, RequestId, Version};
use shared::domain::privilege::{Privilege, Role};
use shared::domain::text::Name;
use shared::entropy;
use shared::keys::hashing::HashParameters;
use shared::store::{item, schema};
use totp_rs::{Algorithm, Builder, Secret as TotpKey};

use crate::support::answer::Answer;
use crate::support::app::App;
use crate::support::browser::Browser;

pub const SESSION: &str = "/v1/session";

/// How long a one-time password lasts, in seconds.
pub const CODE_SECONDS: i64 = 30;

/// Where every request of a test comes from, unless it says otherwise.
pub const SOURCE: &str = "127.0.0.1";

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

    /// What an authenticator shows now that was set up as an answer says.
    pub fn shown(&self, authenticator: &Value) -> String {
        code_of(authenticator["secret"].as_str().unwrap(), self.now())
    }

    /// Gives an account other privileges, as if an administrator had.
    pub async fn set_privileges(&self, person: &Person, privileges: BTreeSet<Privilege>) {
        let account = Administrator { privileges, ..self.account(person).await };
        let table = schema::ADMINISTRATORS.name_in(countersign::names::TABLE_PREFIX);
        let item = item::administrator::write(&account);
        self.stack.aws.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    /// Takes an account away, as if an administrator had.
    pub async fn dismiss(&self, person: &Person) {
        let key = item::administrator::key(&self.account(person).await.id);
        let table = schema::ADMINISTRATORS.name_in(countersign::names::TABLE_PREFIX);
        self.stack.aws.dynamodb().delete_item().table_name(table).set_key(Some(key)).send().await.unwrap();
    }
}
