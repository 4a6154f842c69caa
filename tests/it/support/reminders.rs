//! Organizations, administrators, clients and secrets for the notifier, written straight into the tables.

use countersign::functions::EXPIRY_NOTIFIER;
use countersign::names::{OPERATOR_ADDRESS, SENDER_ADDRESS, TABLE_PREFIX};
use expiry_notifier::ExpiryNotifier;
use expiry_notifier::config::{Config, Zone};
use expiry_notifier::invocation::RunRequest;
use expiry_notifier::lambda::handle;
use expiry_notifier::summary::Summary;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use shared::domain::administrator::{Administrator, SealedTotpKey};
use shared::domain::client::registration::{Registration, RegistrationChange};
use shared::domain::client::{Client, Environment, Served};
use shared::domain::email::Email;
use shared::domain::grant::Grants;
use shared::domain::id::{AdministratorId, ClientId, ClientKey, OrganizationKey, SecretId, Version};
use shared::domain::organization::Organization;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;
use shared::domain::secret::{Secret, SecretState, Verifier};
use shared::domain::text::{Label, Name, Notes};
use shared::domain::time::{DAY_SECONDS, TokenLifetime, plus_seconds};
use shared::entropy;
use shared::mail::Mailer;
use shared::store::{Tables, item, schema};

use crate::support::app::App;

pub fn key(organization: &str) -> OrganizationKey {
    OrganizationKey::parse(organization).unwrap()
}

pub fn days(thresholds: &[u16]) -> OrganizationSettings {
    OrganizationSettings { reminder_days: thresholds.iter().copied().collect(), ..OrganizationSettings::default() }
}

/// A secret that was made long ago, without a label.
pub fn secret(expires_at: Timestamp) -> Secret {
    let long_ago: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
    Secret {
        id: SecretId::random(&mut entropy::os_rng()),
        label: Label::default(),
        verifier: Verifier::new("$argon2id$v=19$m=1024,t=1,p=1$none$none".to_owned()),
        created_at: long_ago,
        not_before: long_ago,
        expires_at: Some(expires_at),
        state: SecretState::Active,
        last_used: None,
        replaced_by: None,
        sealed: None,
    }
}

/// A client that was made long ago.
pub fn client(organization: &str, name: &str, expires_at: Option<Timestamp>) -> Client {
    let long_ago: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
    Client {
        client_id: ClientId::parse(format!("wallet-{organization}-{name}")).unwrap(),
        organization: key(organization),
        key: ClientKey::parse(name).unwrap(),
        name: Name::parse(name).unwrap(),
        notes: Notes::default(),
        enabled: true,
        suspended: false,
        environment: Environment::Production,
        token_lifetime: TokenLifetime::default(),
        grants: Grants::default(),
        serves: Served::new(),
        created_at: long_ago,
        updated_at: long_ago,
        expires_at,
        deleted_at: None,
        version: Version::NEW.next(),
    }
}

impl App {
    /// `days` days after the start of the test, and `hours`.
    pub fn in_days(&self, days: i64, hours: i64) -> Timestamp {
        plus_seconds(self.now(), days * DAY_SECONDS + hours * 3_600)
    }

    /// Tells the notifier that a mail to this address bounced for good.
    pub async fn bounce(&self, address: &str) {
        let message = json!({
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": "Permanent", "bounceSubType": "NoEmail", "bouncedRecipients": [{ "emailAddress": address }],
            },
        });
        let event = json!({ "Records": [{ "Sns": { "Message": message.to_string() } }] });
        assert_eq!(handle(&self.stack.notifier, event, None).await.unwrap(), json!({ "recorded": 1 }));
    }

    pub async fn put_organization(&self, organization: &str, settings: OrganizationSettings) {
        let organization = Organization {
            key: key(organization),
            name: Name::parse(organization).unwrap(),
            settings,
            grantable: None,
            suspended_at: None,
            created_at: self.now(),
            version: Version::NEW.next(),
        };
        self.put(schema::ORGANIZATIONS, item::organization::write(&organization)).await;
    }

    /// Somebody `name@organization.example`; again, with another role.
    pub async fn put_administrator(&self, organization: &str, name: &str, role: Role) -> String {
        let email = format!("{name}@{organization}.example");
        let id: String =
            format!("{email}0000000000000000").chars().filter(char::is_ascii_alphanumeric).take(16).collect();
        let administrator = Administrator {
            id: AdministratorId::parse(format!("adm_{id}")).unwrap(),
            email: Email::parse(&email).unwrap(),
            name: Name::parse(name).unwrap(),
            organization: Some(key(organization)),
            privileges: role.privileges(),
            password: Verifier::new(String::new()),
            totp_key: SealedTotpKey(String::new()),
            last_totp_step: 0,
            pending_authenticator: None,
            recovery_codes: Vec::new(),
            session_epoch: 0,
            created_at: self.now(),
            last_signed_in_at: None,
            version: Version::NEW.next(),
        };
        self.put(schema::ADMINISTRATORS, item::administrator::write(&administrator)).await;
        email
    }

    pub async fn put_client(&self, client: Client, secrets: Vec<Secret>) -> Registration {
        for secret in &secrets {
            self.put(schema::CLIENTS, item::secret::write(&client.client_id, secret)).await;
        }
        let registration = Registration { client, secrets };
        self.put(schema::CLIENTS, item::client::write(&registration)).await;
        registration
    }

    pub async fn change<E: std::fmt::Debug>(
        &self,
        client: &ClientId,
        change: impl FnOnce(&Registration) -> Result<Option<RegistrationChange>, E>,
    ) {
        let registration = self.stack.clients.registration(client).await.unwrap().unwrap();
        self.commit(&change(&registration).unwrap().unwrap()).await;
    }

    /// A scheduled run.
    pub async fn remind(&self) -> Summary {
        self.stack.notifier.run(&RunRequest::default(), None).await.unwrap()
    }

    /// A notifier like the stack's, with another SES client and zone.
    pub fn notifier(&self, ses: aws_sdk_ses::Client, zone: TimeZone) -> ExpiryNotifier {
        self.notifier_on(self.stack.aws.dynamodb_of(EXPIRY_NOTIFIER), ses, zone)
    }

    pub fn notifier_on(
        &self,
        dynamodb: aws_sdk_dynamodb::Client,
        ses: aws_sdk_ses::Client,
        zone: TimeZone,
    ) -> ExpiryNotifier {
        let config = Config {
            issuer: self.stack.issuer.clone(),
            sender: Email::parse(SENDER_ADDRESS).unwrap(),
            operator: Email::parse(OPERATOR_ADDRESS).unwrap(),
            tables: Tables::of_deployment(TABLE_PREFIX),
            zone: Zone(zone),
        };
        let mailer = Mailer::ses(ses, config.sender.clone());
        ExpiryNotifier::new(config, dynamodb, mailer, self.clock.clone())
    }

    /// The stack's SES client, which asks once and no more.
    pub fn impatient_ses(&self) -> aws_sdk_ses::Client {
        let config = self.stack.aws.ses_of(EXPIRY_NOTIFIER).config().to_builder();
        aws_sdk_ses::Client::from_conf(config.retry_config(aws_sdk_ses::config::retry::RetryConfig::disabled()).build())
    }
}
