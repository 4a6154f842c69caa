//! Rotation of the signing keys, step by step.

use std::collections::BTreeSet;

use countersign::functions::KEY_ROTATION;
use countersign::names::{JWKS_SECRET, KEY_SET_SECRET};
use key_rotation::event::Step;
use key_rotation::lambda::handle;
use key_rotation::steps::{InvalidVersion, RotationError, StepOutcome};
use serde_json::json;
use shared::domain::resource::AccessLevel;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::key_set::KeySet;
use shared::keys::rotation::UNREAD_SECONDS;

use crate::support::app::{App, JWKS, REVOKE};
use crate::support::encoding::parts;
use crate::support::rights::{Right, allowed};
use crate::support::rotation::{DAY, RotationFixture, Services, kids, version};

const HOUR: i64 = 3_600;

/// A fixture whose keys may be rotated now.
async fn ripe(services: &Services) -> RotationFixture {
    let fixture = RotationFixture::new(services).await;
    fixture.clock.advance(2 * DAY);
    fixture
}

#[tokio::test]
async fn a_rotation_moves_each_key_on_and_makes_a_new_next_one() {
    let services = Services::start();
    let fixture = ripe(&services).await;
    let [current, next, none] = fixture.kids().await;
    assert_eq!(none, None);

    fixture.begin(&version(1)).await;
    for step in [Step::CreateSecret, Step::SetSecret, Step::TestSecret] {
        assert_eq!(fixture.take(step, &version(1)).await.unwrap(), StepOutcome::Taken);
        assert_eq!(fixture.kids().await, [current.clone(), next.clone(), None], "before the last step nobody sees it");
    }
    fixture.take(Step::FinishSecret, &version(1)).await.unwrap();

    let after = fixture.kids().await;
    assert_eq!((&after[0], &after[2]), (&next, &current));
    assert!(after[1] != current && after[1] != next);
    for step in Step::ALL {
        assert_eq!(fixture.take(step, &version(1)).await.unwrap(), StepOutcome::AlreadyRotated, "{step:?} again");
    }
    assert_eq!(fixture.kids().await, after);
    assert!(fixture.is_published().await);
}

#[tokio::test]
async fn a_rotation_cut_off_at_any_call_is_completed_from_its_first_step() {
    let services = Services::start();
    let mut whole = 0;
    for answer_lost in [false, true] {
        for calls in 0.. {
            let fixture = ripe(&services).await;
            let before = fixture.kids().await;
            if fixture.is_whole_within(&version(1), calls, answer_lost).await {
                whole = calls;
                break;
            }
            let between = fixture.kids().await;
            fixture.take_all(&version(1)).await.unwrap_or_else(|e| panic!("after {calls} calls: {e}"));
            let after = fixture.kids().await;
            assert!(between == before || between == after, "after {calls} calls");
            assert_eq!((&after[0], &after[2]), (&before[1], &before[0]), "after {calls} calls");
            assert!(fixture.is_published().await, "after {calls} calls");
        }
    }
    assert!(whole > 10, "a rotation has more than {whole} calls");
}

#[tokio::test]
async fn each_step_may_be_taken_twice_and_creates_one_key() {
    let services = Services::start();
    let fixture = ripe(&services).await;
    fixture.begin(&version(1)).await;
    fixture.take(Step::CreateSecret, &version(1)).await.unwrap();
    let made = fixture.client.get_secret_value().secret_id(&fixture.secret).version_stage("AWSPENDING");
    let first = made.clone().send().await.unwrap().secret_string.unwrap();
    for step in Step::ALL {
        fixture.take(step, &version(1)).await.unwrap();
        fixture.take(step, &version(1)).await.unwrap();
    }
    assert_eq!(fixture.kids().await, kids(&KeySet::from_json(&first).unwrap()));
}

#[tokio::test]
async fn the_next_key_signs_only_after_a_day_of_publication() {
    let services = Services::start();
    let fixture = RotationFixture::new(&services).await;
    let before = fixture.kids().await;
    let ripe_after = DAY + HOUR;
    let from = (fixture.now() + jiff::SignedDuration::from_secs(ripe_after)).to_string();

    fixture.begin(&version(1)).await;
    for (wait, ripe) in [(0, false), (ripe_after - 1, false), (1, true)] {
        fixture.clock.advance(wait);
        let outcome = fixture.take_all(&version(1)).await;
        assert_eq!(outcome.is_ok(), ripe, "{outcome:?}");
        if let Err(error) = outcome {
            assert!(matches!(error, RotationError::TooEarly { .. }), "{error}");
            assert!(error.to_string().contains(&from), "{error}");
            assert_eq!(fixture.kids().await, before);
        }
    }
    assert_eq!(fixture.kids().await[0], before[1]);
    // and again at once
    let twice = fixture.rotate().await.unwrap_err();
    assert!(matches!(twice, RotationError::TooEarly { .. }), "{twice}");
}

#[tokio::test]
async fn a_rotation_interrupted_for_an_hour_starts_over() {
    let services = Services::start();
    for (wait, completed) in [(HOUR - 1, true), (HOUR, false), (HOUR + 1, false)] {
        let fixture = ripe(&services).await;
        let before = fixture.kids().await;
        fixture.begin(&version(1)).await;
        fixture.take(Step::CreateSecret, &version(1)).await.unwrap();
        fixture.clock.advance(wait);
        let outcome = fixture.take(Step::FinishSecret, &version(1)).await;
        if completed {
            outcome.unwrap();
            assert_eq!(fixture.kids().await[0], before[1]);
            continue;
        }
        let error = outcome.unwrap_err();
        assert!(matches!(error, RotationError::Abandoned(InvalidVersion::Stale)), "{error}");
        assert_eq!(fixture.kids().await, before);
        let again = fixture.take(Step::CreateSecret, &version(1)).await.unwrap_err();
        assert!(matches!(again, RotationError::NotPending(_)), "{again}");
        fixture.rotate().await.unwrap();
        assert_eq!(fixture.kids().await[0], before[1]);
    }
}

#[tokio::test]
async fn a_stray_pending_version_is_given_up_and_never_becomes_current() {
    let services = Services::start();
    let foreign = KeySet::generate(SigningAlgorithm::EdDsa, "2026-03-03T12:00:00Z".parse().unwrap()).unwrap();
    let current = |fixture: &RotationFixture| {
        let get = fixture.client.get_secret_value().secret_id(&fixture.secret);
        async move { get.send().await.unwrap().secret_string.unwrap() }
    };
    for what in ["not a key set", "{}", "foreign", "copy"] {
        let fixture = ripe(&services).await;
        let before = fixture.kids().await;
        let value = match what {
            "foreign" => foreign.to_json().to_string(),
            "copy" => current(&fixture).await,
            text => text.to_owned(),
        };
        fixture.put_stray(&version(7), &value).await;
        let refused = fixture.take_all(&version(7)).await.unwrap_err();
        assert!(matches!(refused, RotationError::Abandoned(_)), "{what}: {refused}");
        assert_eq!(fixture.kids().await, before, "{what}");
        fixture.rotate().await.unwrap();
        assert_eq!(fixture.kids().await[0], before[1], "{what}");
    }

    // one left by a rotation that is not the one which is asked for
    let fixture = ripe(&services).await;
    let before = fixture.kids().await;
    fixture.put_stray(&version(7), "not a key set").await;
    let refused = fixture.take(Step::CreateSecret, &version(8)).await.unwrap_err();
    assert!(matches!(refused, RotationError::NotPending(_)), "{refused}");
    fixture.rotate().await.unwrap();
    assert_eq!(fixture.kids().await[0], before[1]);
}

#[tokio::test]
async fn a_version_made_of_an_older_key_set_never_becomes_current() {
    let services = Services::start();
    let fixture = ripe(&services).await;
    fixture.begin(&version(1)).await;
    fixture.take(Step::CreateSecret, &version(1)).await.unwrap();
    let current = fixture.current().await;
    let next = current.keys.rotated(SigningAlgorithm::EdDsa, fixture.now()).unwrap();
    // somebody else is quicker, and the label comes back to the first
    fixture.put_stray(&version(2), &next.to_json()).await;
    fixture.rotation.versions.make_current(Some(&current.version), &version(2)).await.unwrap();
    let labels = fixture.client.update_secret_version_stage().secret_id(&fixture.secret).version_stage("AWSPENDING");
    let labels = labels.remove_from_version_id(version(2)).move_to_version_id(version(1));
    labels.send().await.unwrap();
    let before = fixture.kids().await;
    let refused = fixture.take(Step::FinishSecret, &version(1)).await.unwrap_err();
    assert!(matches!(refused, RotationError::Abandoned(InvalidVersion::Unrelated)), "{refused}");
    assert_eq!(fixture.kids().await, before);
}

#[tokio::test]
async fn another_secret_an_unknown_version_and_an_unconfigured_rotation_are_refused() {
    let services = Services::start();
    let (fixture, other) = (ripe(&services).await, ripe(&services).await);
    other.begin(&version(1)).await;
    let event = key_rotation::event::RotationEvent {
        step: Step::CreateSecret,
        secret_id: other.secret.clone(),
        client_request_token: version(1),
    };
    assert!(matches!(fixture.rotation.take(&event).await.unwrap_err(), RotationError::OtherSecret));
    for step in Step::ALL {
        let refused = fixture.take(step, &version(1)).await.unwrap_err();
        assert!(matches!(refused, RotationError::NotPending(_)), "{step:?}: {refused}");
    }
    fixture.begin(&version(2)).await;
    for step in [Step::SetSecret, Step::TestSecret, Step::FinishSecret] {
        let refused = fixture.take(step, &version(2)).await.unwrap_err();
        assert!(matches!(refused, RotationError::Empty), "{step:?}: {refused}");
    }

    let unconfigured = RotationFixture::without_keys(&services);
    unconfigured.create(&unconfigured.secret).await;
    let refused = unconfigured.take(Step::CreateSecret, &version(1)).await.unwrap_err();
    assert!(matches!(refused, RotationError::NotConfigured), "{refused}");
}

#[tokio::test]
async fn two_empty_secrets_are_filled_by_the_first_rotation_and_moved_on_by_the_second() {
    for first_is_current in [true, false] {
        let services = Services::start();
        if !first_is_current {
            services.aws.keep_first_values_pending();
        }
        let fixture = RotationFixture::deployed(&services).await;
        let order = |step: Step, number| json!({ "Step": step.as_str(), "SecretId": fixture.secret, "ClientRequestToken": version(number) });
        let whole = async |number| {
            fixture.begin(&version(number)).await;
            for step in Step::ALL {
                handle(&fixture.rotation, order(step, number)).await.unwrap_or_else(|e| panic!("{step:?}: {e}"));
            }
        };
        whole(1).await;
        assert!(fixture.keys().await.follows(None) && fixture.is_published().await);
        let [_, next, _] = fixture.kids().await;
        fixture.clock.advance(2 * DAY);
        whole(2).await;
        assert!(fixture.kids().await[0] == next && fixture.is_published().await);
        let early = fixture.rotate().await.unwrap_err();
        assert!(matches!(early, RotationError::TooEarly { .. }), "{early}");

        let calls = services.aws.calls().calls().into_iter().filter(|call| call.caller == KEY_ROTATION);
        let seen: BTreeSet<Right> = calls.map(|call| (call.action, call.resource)).collect();
        assert_eq!(&seen, &allowed()[KEY_ROTATION], "seen, and what the role in infra/template.yaml allows");
    }
}

#[tokio::test]
async fn a_first_rotation_that_was_cut_off_anywhere_publishes_when_its_steps_are_asked_for_again() {
    let services = Services::start();
    let mut whole = 0;
    for answer_lost in [false, true] {
        for calls in 0.. {
            let fixture = RotationFixture::empty(&services).await;
            if fixture.is_whole_within(&version(1), calls, answer_lost).await {
                whole = calls;
                break;
            }
            fixture.take_all(&version(1)).await.unwrap_or_else(|e| panic!("after {calls} calls: {e}"));
            assert!(fixture.is_published().await, "after {calls} calls");
        }
    }
    assert!(whole > 5, "a first rotation has more than {whole} calls");
}

#[tokio::test]
async fn an_error_names_the_secret_that_is_meant() {
    let services = Services::start();
    let fixture = RotationFixture::without_keys(&services);
    fixture.create(&fixture.secret).await;
    countersign::rotation::configure(&fixture.client, &fixture.secret, 30).await.unwrap();
    fixture.begin(&version(1)).await;
    let unpublished = fixture.take(Step::CreateSecret, &version(1)).await.unwrap_err();
    assert!(unpublished.to_string().contains(&fixture.jwks()), "{unpublished}");
    let unknown = RotationFixture::without_keys(&services);
    let refused = unknown.take(Step::CreateSecret, &version(1)).await.unwrap_err();
    assert!(refused.to_string().contains(&format!("`{}`", unknown.secret)), "{refused}");
}

#[tokio::test]
async fn tokens_are_signed_by_the_new_key_within_minutes_and_those_of_the_old_one_stay_good() {
    let app = App::start().await;
    let client = app.demo_client();
    app.clock.advance(2 * DAY);
    let kid = |token: &str| parts(token).0["kid"].as_str().unwrap().to_owned();
    let published = async || -> Vec<String> {
        let keys = app.get(JWKS).await.json()["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let before = published().await;
    let old = app.token(&client, "").await.token();
    assert_eq!(kid(&old), before[0]);

    countersign::rotation::rotate(&app.stack.key_rotation, &app.stack.aws.secrets_manager()).await.unwrap();
    app.clock.advance(301);
    let new = app.token(&client, "").await.token();
    assert_eq!(kid(&new), before[1]);
    assert_eq!(published().await[2], before[0]);
    for token in [&old, &new] {
        assert_eq!(app.introspect(&client, token).await.json()["active"], true);
    }
}

/// Makes a secret unreadable, and answers with what it held.
async fn spoil(app: &App, secret: &str) -> String {
    let client = app.stack.aws.secrets_manager();
    let held = client.get_secret_value().secret_id(secret).send().await.unwrap().secret_string.unwrap();
    client.put_secret_value().secret_id(secret).secret_string("nothing of use").send().await.unwrap();
    held
}

async fn mend(app: &App, secret: &str, held: &str) {
    let client = app.stack.aws.secrets_manager();
    client.put_secret_value().secret_id(secret).secret_string(held).send().await.unwrap();
}

#[tokio::test]
async fn a_token_endpoint_that_cannot_read_the_keys_again_signs_verifies_and_publishes_for_twelve_hours() {
    let app = App::start().await;
    let client = app.demo_client();
    let held = spoil(&app, KEY_SET_SECRET).await;
    app.clock.advance(UNREAD_SECONDS - 1);
    let token = app.token(&client, "").await.token();
    assert_eq!(app.introspect(&client, &token).await.json()["active"], true);
    assert_eq!(app.get(JWKS).await.status, 200);
    app.clock.advance(1);
    let unavailable = (503, "temporarily_unavailable".to_owned());
    assert_eq!(app.token(&client, "").await.refused(), unavailable);
    assert_eq!(app.introspect(&client, &token).await.refused(), unavailable);
    assert_eq!(app.as_client(&client, REVOKE, &format!("token={token}")).await.refused(), unavailable);
    assert_eq!(app.get(JWKS).await.refused(), unavailable);
    mend(&app, KEY_SET_SECRET, &held).await;
    app.clock.advance(30);
    assert_eq!(app.introspect(&client, &token).await.json()["active"], true);
}

#[tokio::test]
async fn a_management_api_that_cannot_read_the_public_keys_again_trusts_them_for_twelve_hours() {
    let app = App::start().await;
    let (client, machine) = app.machine("deployer", AccessLevel::View).await;
    let mine = async || {
        let token = app.token(&client, "").await.token();
        app.anonymous().with_token(&token).get("/v1/clients/@me").await.status.as_u16()
    };
    machine.get("/v1/clients/@me").await.ok();
    let held = spoil(&app, JWKS_SECRET).await;
    app.clock.advance(UNREAD_SECONDS - 1);
    assert_eq!(mine().await, 200);
    app.clock.advance(1);
    assert_eq!(mine().await, 503);
    mend(&app, JWKS_SECRET, &held).await;
    app.clock.advance(30);
    assert_eq!(mine().await, 200);
}

#[tokio::test]
async fn the_local_stack_rotates_its_keys_when_they_are_thirty_days_old() {
    let app = App::start().await;
    let (rotation, client) = (&app.stack.key_rotation, app.stack.aws.secrets_manager());
    let due = async || countersign::rotation::rotate_if_due(rotation, &client, 30).await.unwrap();
    app.clock.advance(30 * DAY - 1);
    assert!(!due().await);
    app.clock.advance(1);
    assert!(due().await && !due().await);
}
