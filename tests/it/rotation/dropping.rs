//! Dropping a leaked signing key.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_secretsmanager::error::BoxError;
use countersign::names::{JWKS_SECRET, KEY_SET_SECRET};
use key_rotation::KeyRotation;
use key_rotation::config::Config;
use key_rotation::drop_keys::DropKeysError;
use key_rotation::event::Step;
use key_rotation::versions::{CURRENT, PENDING, new_version};
use shared::domain::event::{Action, Actor, Attribution, Target, Trail};
use shared::domain::id::RequestId;
use shared::entropy;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::jwks::Jwks;
use shared::keys::key_set::KeySet;

use crate::support::app::{App, JWKS};
use crate::support::encoding::parts;
use crate::support::rotation::{DAY, version};

fn by(app: &App) -> Attribution {
    let request_id = RequestId::random(&mut entropy::os_rng());
    Attribution { actor: Actor::System, source: None, request_id, at: app.now() }
}

async fn drop_keys(app: &App, kids: &[&str]) -> Result<KeySet, DropKeysError> {
    let kids = kids.iter().map(|kid| (*kid).to_owned()).collect::<BTreeSet<_>>();
    app.stack.key_rotation.drop_keys(&kids, &app.stack.trail, &by(app)).await
}

async fn published(app: &App) -> Vec<String> {
    let keys = app.get(JWKS).await.json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(token: &str) -> String {
    parts(token).0["kid"].as_str().unwrap().to_owned()
}

async fn events(app: &App) -> Vec<(Action, Target, Option<String>)> {
    let page = app.stack.trail.page(&Trail::Platform, None, 100).await.unwrap();
    let dropped = page.items.into_iter().filter(|event| event.what.action == Action::SigningKeyDropped);
    let place = |changes: &[shared::domain::event::FieldChange]| {
        changes.first().and_then(|change| change.from.as_str().map(str::to_owned))
    };
    dropped.map(|event| (event.what.action, event.what.target.clone(), place(&event.what.changes))).collect()
}

#[tokio::test]
async fn a_dropped_key_is_no_longer_published_and_its_tokens_no_longer_work() {
    let app = App::start().await;
    let client = app.demo_client();
    let before = published(&app).await;
    let stolen = app.token(&client, "").await.token();
    assert_eq!(kid(&stolen), before[0]);

    drop_keys(&app, &[&before[0]]).await.unwrap();
    app.clock.advance(301);
    let after = published(&app).await;
    assert_eq!(after[0], before[1]);
    assert!(after.len() == 2 && !after.contains(&before[0]), "{after:?}");
    let fresh = app.token(&client, "").await.token();
    assert_eq!(kid(&fresh), before[1]);
    assert_eq!(app.introspect(&client, &stolen).await.json()["active"], false);
    assert_eq!(app.introspect(&client, &fresh).await.json()["active"], true);
    assert_eq!(
        events(&app).await,
        [(Action::SigningKeyDropped, Target::SigningKey(before[0].clone()), Some("current".to_owned()))]
    );
}

#[tokio::test]
async fn all_keys_can_be_dropped_together_and_an_unknown_one_drops_nothing() {
    let app = App::start().await;
    let before = published(&app).await;
    let refused = drop_keys(&app, &[&before[0], "unknown"]).await.unwrap_err();
    assert!(refused.to_string().contains("unknown") && refused.to_string().contains(&before[1]), "{refused}");
    app.clock.advance(301);
    assert_eq!(published(&app).await, before);
    assert_eq!(events(&app).await.len(), 0);

    let kids: Vec<&str> = before.iter().map(String::as_str).collect();
    drop_keys(&app, &kids).await.unwrap();
    app.clock.advance(301);
    let after = published(&app).await;
    assert!(after.len() == 2 && after.iter().all(|kid| !before.contains(kid)), "{after:?}");
    assert_eq!(events(&app).await.len(), 2);
    app.token(&app.demo_client(), "").await.token();
}

#[tokio::test]
async fn a_rotation_under_way_does_not_bring_a_dropped_key_back() {
    let app = App::start().await;
    let (rotation, client) = (&app.stack.key_rotation, app.stack.aws.secrets_manager());
    app.clock.advance(2 * DAY);
    let before = published(&app).await;
    let secret = rotation.versions.secret_id().to_owned();
    client.rotate_secret().secret_id(&secret).client_request_token(version(1)).send().await.unwrap();
    let take = async |step| {
        let event =
            key_rotation::event::RotationEvent { step, secret_id: secret.clone(), client_request_token: version(1) };
        rotation.take(&event).await
    };
    take(Step::CreateSecret).await.unwrap();
    // it would make the leaked key the previous one
    drop_keys(&app, &[&before[0]]).await.unwrap();
    for step in Step::ALL {
        assert!(take(step).await.is_err(), "{step:?}");
    }
    app.clock.advance(2 * DAY);
    assert!(!published(&app).await.contains(&before[0]));
    countersign::rotation::rotate(rotation, &client).await.unwrap();
    app.clock.advance(301);
    let after = published(&app).await;
    assert!(after[2] == before[1] && !after.contains(&before[0]), "{after:?}");
}

/// Somebody who makes another version the current one just before each of the first so many who want to.
#[derive(Debug)]
struct Racer {
    client: Client,
    left: AtomicU32,
}

impl Intercept for Racer {
    fn name(&self) -> &'static str {
        "Racer"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = String::from_utf8_lossy(context.request().body().bytes().unwrap_or_default());
        let wants_current = body.contains("MoveToVersionId") && body.contains(CURRENT);
        let one_less = |left: u32| left.checked_sub(1);
        if wants_current && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(self.overtake()));
        }
        Ok(())
    }
}

impl Racer {
    async fn overtake(&self) {
        let held = self.client.get_secret_value().secret_id(KEY_SET_SECRET).send().await.unwrap().secret_string;
        let put = self.client.put_secret_value().secret_id(KEY_SET_SECRET).client_request_token(new_version());
        put.set_secret_string(held).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_a_key_during_another_change_leaves_nothing_pending_and_publishes_the_current_keys() {
    for (overtaken, dropped) in [(1, true), (4, true), (u32::MAX, false)] {
        let app = App::start().await;
        let client = app.stack.aws.secrets_manager();
        let racer = Racer { client: client.clone(), left: AtomicU32::new(overtaken) };
        let racing = client.config().to_builder().interceptor(racer);
        let config = Config {
            key_set_secret: KEY_SET_SECRET.to_owned(),
            jwks_secret: JWKS_SECRET.to_owned(),
            algorithm: SigningAlgorithm::Es256,
        };
        let rotation = KeyRotation::new(config, Client::from_conf(racing.build()), app.clock.clone());
        let leaked = published(&app).await[0].clone();
        let outcome = rotation.drop_keys(&BTreeSet::from([leaked.clone()]), &app.stack.trail, &by(&app)).await;
        assert_eq!(outcome.is_ok(), dropped, "{outcome:?}");
        assert!(dropped || matches!(outcome, Err(DropKeysError::Raced)));

        let described = rotation.versions.describe().await.unwrap();
        let pending = described.holder(PENDING).filter(|version| !described.carries(version, CURRENT));
        assert_eq!(pending, None, "overtaken {overtaken} times");
        let keys = rotation.versions.current().await.unwrap().unwrap().keys;
        assert_eq!(keys.iter().any(|key| key.kid() == leaked), !dropped);
        let public = client.get_secret_value().secret_id(JWKS_SECRET).send().await.unwrap().secret_string.unwrap();
        assert_eq!(public.as_bytes(), Jwks::publish(&keys).json(), "overtaken {overtaken} times");
    }
}

#[tokio::test]
async fn a_rotation_does_not_leave_a_key_published_that_was_dropped_before_its_second_step_ended() {
    let app = App::start().await;
    let (rotation, client) = (&app.stack.key_rotation, app.stack.aws.secrets_manager());
    app.clock.advance(2 * DAY);
    let leaked = published(&app).await[0].clone();
    client.rotate_secret().secret_id(KEY_SET_SECRET).client_request_token(version(1)).send().await.unwrap();
    let event = |step| key_rotation::event::RotationEvent {
        step,
        secret_id: KEY_SET_SECRET.to_owned(),
        client_request_token: version(1),
    };
    rotation.take(&event(Step::CreateSecret)).await.unwrap();
    let (set, leaked) = (event(Step::SetSecret), [leaked.as_str()]);
    let (set, dropped) = tokio::join!(rotation.take(&set), drop_keys(&app, &leaked));
    drop(set);
    let after = dropped.unwrap();
    let public = client.get_secret_value().secret_id(JWKS_SECRET).send().await.unwrap().secret_string.unwrap();
    assert_eq!(public.as_bytes(), Jwks::publish(&after).json());
}
