//! A key set in the local Secrets Manager, and a rotation that can be cut off at any call.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_secretsmanager::error::BoxError;
use countersign::aws::{LocalAws, Storage};
use countersign::functions::KEY_ROTATION;
use countersign::names::{JWKS_SECRET, KEY_SET_SECRET};
use countersign::rotation::{self, rotate};
use jiff::Timestamp;
use key_rotation::KeyRotation;
use key_rotation::config::Config;
use key_rotation::event::{RotationEvent, Step};
use key_rotation::steps::{RotationError, StepOutcome};
use key_rotation::versions::Current;
use shared::clock::Clock;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::jwks::Jwks;
use shared::keys::key_set::{Key, KeySet};
use shared::keys::vault::Vault;

use crate::support::app::START;

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;
pub const DAY: i64 = 86_400;

/// Lets so many calls through and then cuts off: before the request is sent, or after it was answered.
#[derive(Debug, Clone)]
pub struct Fuse {
    left: Arc<AtomicI64>,
    after: Arc<AtomicI64>,
}

impl Default for Fuse {
    fn default() -> Self {
        Self { left: Arc::new(AtomicI64::new(i64::MAX)), after: Arc::new(AtomicI64::new(i64::MAX)) }
    }
}

impl Fuse {
    /// Cuts off after so many calls; where the answer is lost, the last one has its effect.
    pub fn cut_after(&self, calls: i64, answer_lost: bool) {
        self.left.store(if answer_lost { i64::MAX } else { calls }, Ordering::SeqCst);
        self.after.store(if answer_lost { calls } else { i64::MAX }, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.cut_after(i64::MAX, false);
    }
}

fn spend(left: &AtomicI64) -> Result<(), BoxError> {
    if left.fetch_sub(1, Ordering::SeqCst) > 0 { Ok(()) } else { Err("cut off".into()) }
}

impl Intercept for Fuse {
    fn name(&self) -> &'static str {
        "Fuse"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        spend(&self.left)
    }

    fn read_before_deserialization(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        spend(&self.after)
    }
}

/// Services that tests may share: each has a secret of its own.
pub struct Services {
    pub aws: LocalAws,
    clock: Arc<Mutex<Clock>>,
}

impl Services {
    pub fn start() -> Self {
        let clock = Arc::new(Mutex::new(Clock::fixed_at(START.parse().unwrap())));
        let read = Arc::clone(&clock);
        let aws = LocalAws::start(Storage::Memory, Arc::new(move || read.lock().unwrap().now())).unwrap();
        Self { aws, clock }
    }
}

pub struct RotationFixture {
    pub client: Client,
    pub fuse: Fuse,
    pub rotation: KeyRotation,
    pub clock: Clock,
    pub secret: String,
}

impl RotationFixture {
    /// A new key set, made now, whose rotation is configured.
    pub async fn new(services: &Services) -> Self {
        let fixture = Self::without_keys(services);
        let vault = Vault::new(services.aws.secrets_manager());
        vault.create_missing_key_set(&fixture.secret, &fixture.jwks(), ALGORITHM, fixture.clock.now()).await.unwrap();
        rotation::configure(&fixture.client, &fixture.secret, 30).await.unwrap();
        fixture
    }

    /// Two secrets as the template makes them, known by their ARNs and empty; the rotation's calls are noted.
    pub async fn deployed(services: &Services) -> Self {
        let fixture = Self::without_keys(services);
        let (secret, jwks) = (fixture.create(KEY_SET_SECRET).await, fixture.create(JWKS_SECRET).await);
        rotation::configure(&fixture.client, &secret, 30).await.unwrap();
        let config = Config { key_set_secret: secret.clone(), jwks_secret: jwks, algorithm: ALGORITHM };
        let noted = services.aws.secrets_manager_of(KEY_ROTATION);
        Self { secret, rotation: KeyRotation::new(config, noted, fixture.clock.clone()), ..fixture }
    }

    /// Two empty secrets, whose rotation is configured.
    pub async fn empty(services: &Services) -> Self {
        let fixture = Self::without_keys(services);
        fixture.create(&fixture.secret).await;
        fixture.create(&fixture.jwks()).await;
        rotation::configure(&fixture.client, &fixture.secret, 30).await.unwrap();
        fixture
    }

    /// Before its secrets exist.
    pub fn without_keys(services: &Services) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let secret = format!("key-set-{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let clock = Clock::fixed_at(START.parse().unwrap());
        *services.clock.lock().unwrap() = clock.clone();
        let fuse = Fuse::default();
        let config = services.aws.secrets_manager().config().to_builder();
        let config = config.retry_config(RetryConfig::disabled()).interceptor(fuse.clone());
        let client = Client::from_conf(config.build());
        let config =
            Config { key_set_secret: secret.clone(), jwks_secret: format!("{secret}-public"), algorithm: ALGORITHM };
        let rotation = KeyRotation::new(config, client.clone(), clock.clone());
        Self { client, fuse, rotation, clock, secret }
    }

    /// Makes an empty secret; its ARN.
    pub async fn create(&self, name: &str) -> String {
        let created = self.client.create_secret().name(name).client_request_token(version(0)).send().await;
        created.unwrap().arn.unwrap()
    }

    /// Whether every key of the set is published for those who must not read the set itself, and no other is.
    pub async fn is_published(&self) -> bool {
        let published = self.client.get_secret_value().secret_id(self.jwks()).send().await.unwrap();
        published.secret_string().unwrap().as_bytes() == Jwks::publish(&self.keys().await).json()
    }

    /// The secret with the public keys.
    pub fn jwks(&self) -> String {
        self.rotation.jwks_secret.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn keys(&self) -> KeySet {
        self.current().await.keys
    }

    pub async fn current(&self) -> Current {
        self.rotation.versions.current().await.unwrap().unwrap()
    }

    /// Current, next and previous.
    pub async fn kids(&self) -> [Option<String>; 3] {
        kids(&self.keys().await)
    }

    /// A whole rotation, as the schedule of the local stack runs it.
    pub async fn rotate(&self) -> Result<(), RotationError> {
        rotate(&self.rotation, &self.client).await
    }

    /// What Secrets Manager does before it calls the function for the first time.
    pub async fn begin(&self, version: &str) {
        let begun = self.client.rotate_secret().secret_id(&self.secret).client_request_token(version);
        begun.send().await.unwrap();
    }

    pub async fn take(&self, step: Step, version: &str) -> Result<StepOutcome, RotationError> {
        let event = RotationEvent { step, secret_id: self.secret.clone(), client_request_token: version.to_owned() };
        self.rotation.take(&event).await
    }

    pub async fn take_all(&self, version: &str) -> Result<(), RotationError> {
        for step in Step::ALL {
            self.take(step, version).await?;
        }
        Ok(())
    }

    /// Takes every step of a rotation that is cut off after as many calls, and says whether it came to its end before.
    pub async fn is_whole_within(&self, version: &str, calls: i64, answer_lost: bool) -> bool {
        self.begin(version).await;
        self.fuse.cut_after(calls, answer_lost);
        let outcome = self.take_all(version).await;
        self.fuse.mend();
        outcome.is_ok()
    }

    /// A pending version that nobody's rotation made.
    pub async fn put_stray(&self, version: &str, value: &str) {
        let put = self.client.put_secret_value().secret_id(&self.secret).client_request_token(version);
        put.secret_string(value).version_stages("AWSPENDING").send().await.unwrap();
    }
}

pub fn kids(keys: &KeySet) -> [Option<String>; 3] {
    let kid = |key: &Key| key.kid().to_owned();
    [Some(kid(&keys.current)), Some(kid(&keys.next)), keys.previous.as_ref().map(kid)]
}

/// The id of a version that is told apart by its number.
pub fn version(number: u64) -> String {
    format!("{number:032}")
}
