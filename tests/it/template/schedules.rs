//! Scheduled runs: reminders and the rotation of the signing keys.

use expiry_notifier::config::Zone;
use expiry_notifier::invocation::{Invocation, RunRequest};
use jiff::Timestamp;
use shared::keys::algorithm::SigningAlgorithm;

use crate::support::template::{Template, text, with};

#[test]
fn the_schedule_asks_for_a_run_for_all() {
    let deployed = with(&[("ReminderTimeZone", "Europe/Zurich")]);
    let rule = deployed.properties("ReminderRule");
    let target = &rule["Target"];
    assert_eq!(target["Arn"], "ExpiryNotifier.Arn");
    let input = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
    assert_eq!(Invocation::read(input, Timestamp::UNIX_EPOCH).unwrap(), Invocation::Run(RunRequest::default()));
    assert_eq!(target["DeadLetterConfig"]["Arn"], "NotifierDeadLetters.Arn");
    assert!(target["RetryPolicy"]["MaximumRetryAttempts"].as_u64().unwrap() > 0);
    let zone = deployed.environment("expiry-notifier")["REMINDER_TIME_ZONE"].clone();
    assert_eq!(rule["ScheduleExpressionTimezone"], zone, "the schedule's day is the day of the reminders");
    let default = text(&Template::read().parameter("ReminderTimeZone")["Default"]);
    assert!(default.parse::<Zone>().is_ok());
}

#[test]
fn keys_are_rotated_by_the_rotation_and_never_before_it_may() {
    let deployed = with(&[]);
    let rotation = deployed.properties("KeySetRotation");
    assert_eq!(rotation["SecretId"], deployed.environment("key-rotation")["KEY_SET_SECRET"]);
    assert_eq!(rotation["RotationLambdaARN"], "KeyRotation.Arn");
    let template = Template::read();
    let soonest = template.parameter("KeyRotationDays")["MinValue"].as_i64().unwrap() * 86_400;
    assert!(soonest > shared::keys::rotation::PENDING_SECONDS + shared::keys::rotation::PUBLISHED_SECONDS);
    let algorithms = template.parameter("SigningAlgorithm")["AllowedValues"].as_array().unwrap();
    for algorithm in algorithms {
        assert!(text(algorithm).parse::<SigningAlgorithm>().is_ok(), "{algorithm}");
    }
}
