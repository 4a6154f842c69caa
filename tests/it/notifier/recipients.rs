//! Reminders reach the right people in time, once.

use std::collections::BTreeSet;

use countersign::functions::EXPIRY_NOTIFIER;
use countersign::names::OPERATOR_ADDRESS;
use expiry_notifier::invocation::RunRequest;
use expiry_notifier::lambda::handle;
use expiry_notifier::run::RunError;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use shared::domain::client::secrets::Regeneration;
use shared::domain::email::Email;
use shared::domain::id::ClientId;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;
use shared::domain::secret::{LastUsed, Secret, SecretPlaintext, Verifier};
use shared::domain::time::{DAY_SECONDS, Overlap, plus_seconds};
use shared::entropy;

use crate::support::app::App;
use crate::support::mailbox::{Telling, tellings};
use crate::support::reminders::{client, days, key, secret};

/// A thing that expires, as a test keeps an account of it.
struct Thing {
    organization: &'static str,
    client: String,
    secret: Option<String>,
    expires_at: Timestamp,
    /// With the client, its secrets fall silent.
    client_ends: Option<Timestamp>,
    silent: bool,
}

const ORGANIZATIONS: [(&str, &[u16]); 4] =
    [("alder", &[60, 30, 14, 7, 1, 0]), ("birch", &[10, 3]), ("cedar", &[0]), ("dogwood", &[])];

fn days_left(now: Timestamp, end: Timestamp) -> i64 {
    end.as_second().div_euclid(DAY_SECONDS) - now.as_second().div_euclid(DAY_SECONDS)
}

/// What has to be told on a day: on the first, where everything stands; then what has exactly a threshold's days left.
fn expected(things: &[Thing], now: Timestamp, first_day: bool) -> Vec<Telling> {
    let mut expected = Vec::new();
    let with_client = |thing: &&Thing| thing.secret.is_some() && thing.client_ends.is_some_and(|end| end <= now);
    for thing in things.iter().filter(|thing| !thing.silent && !with_client(thing)) {
        let left = days_left(now, thing.expires_at);
        let thresholds = ORGANIZATIONS.iter().find(|(key, _)| *key == thing.organization).unwrap().1;
        let reached = thresholds.iter().any(|t| i64::from(*t) == left || (first_day && i64::from(*t) > left));
        if left >= 0 && reached {
            let what = thing.secret.as_ref().unwrap_or(&thing.client);
            expected.extend(people(thing.organization).map(|to| (to, what.clone(), left)));
        }
    }
    expected
}

fn people(organization: &'static str) -> impl Iterator<Item = String> {
    ["ana", "ben", "team"].into_iter().map(move |name| format!("{name}@{organization}.example"))
}

async fn plant(app: &App, rng: &mut StdRng) -> Vec<Thing> {
    let mut things = Vec::new();
    for (at, (organization, thresholds)) in ORGANIZATIONS.into_iter().enumerate() {
        let team = Email::parse(&format!("team@{organization}.example")).ok();
        app.put_organization(organization, OrganizationSettings { team_address: team, ..days(thresholds) }).await;
        app.put_administrator(organization, "ana", Role::Owner).await;
        app.put_administrator(organization, "ben", Role::CredentialManager).await;
        app.put_administrator(organization, "eve", Role::Viewer).await;
        for number in 0..4 + at {
            let mut instant =
                || plus_seconds(app.in_days(rng.random_range(0..70), 0), rng.random_range(-40_000..40_000));
            let ends = (number % 2 == 0).then(&mut instant).map(|end| plus_seconds(end, 20 * DAY_SECONDS));
            let client = client(organization, &format!("c{number}"), ends);
            let id = client.client_id.to_string();
            let secrets: Vec<_> = (0..=number % 3).map(|_| secret(instant())).collect();
            let thing = |secret, expires_at| Thing {
                organization,
                client: id.clone(),
                secret,
                expires_at,
                client_ends: ends,
                silent: false,
            };
            things.extend(secrets.iter().map(|s| thing(Some(s.id.to_string()), s.expires_at.unwrap())));
            things.extend(ends.map(|end| thing(None, end)));
            app.put_client(client, secrets).await;
        }
    }
    things
}

/// A secret or client falls silent: every tenth day one is deleted, deactivated, replaced, disabled.
async fn silence(app: &App, day: i64, things: &mut [Thing]) {
    let now = app.now();
    let living = |thing: &&mut Thing| !thing.silent && days_left(now, thing.expires_at) > 2;
    let Some(thing) = things.iter_mut().filter(|thing| thing.secret.is_some()).find(living) else { return };
    let (client_id, id) = (ClientId::parse(thing.client.as_str()).unwrap(), thing.secret.clone().unwrap());
    thing.silent = true;
    let client = thing.client.clone();
    let registration = app.stack.clients.registration(&client_id).await.unwrap().unwrap();
    let secret = registration.secrets.iter().find(|secret| secret.id.as_str() == id).unwrap().clone();
    match day % 4 {
        0 => app.change(&client_id, |r| r.delete_secret(&secret.id, true, now).map(Some)).await,
        1 => app.change(&client_id, |r| r.set_secret_active(&secret.id, false, now)).await,
        2 => {
            // its successor outlives all others that the client has, which nobody uses, and follows them too
            let minted = SecretPlaintext::generate(&mut entropy::os_rng());
            let minted = (&minted, Verifier::new(String::new()));
            let settings = OrganizationSettings::default();
            let asked = Regeneration::default();
            app.change(&client_id, |r| r.regenerate_secret(&secret.id, asked, &settings, minted, now).map(Some)).await;
            things.iter_mut().filter(|t| t.client == client && t.secret.is_some()).for_each(|t| t.silent = true);
        }
        _ => {
            app.change(&client_id, |r| r.set_enabled(false, now)).await;
            things.iter_mut().filter(|t| t.client == client).for_each(|t| t.silent = true);
        }
    }
}

#[tokio::test]
async fn through_seventy_days_everyone_is_told_everything_once() {
    let app = App::start().await;
    let mut things = plant(&app, &mut StdRng::seed_from_u64(1)).await;
    let addresses: BTreeSet<String> =
        ORGANIZATIONS.iter().flat_map(|(key, _)| people(key).chain([format!("eve@{key}.example")])).collect();
    let mut due = Vec::new();
    for day in 0..70 {
        // things fall silent before the run of a day, so that the day itself is silent too
        if day % 10 == 9 {
            silence(&app, day / 10, &mut things).await;
        }
        due.extend(expected(&things, app.now(), day == 0));
        // the schedule may fire twice, one after the other or at once
        match day % 3 {
            0 => drop(tokio::join!(app.remind(), app.remind(), app.remind())),
            1 => drop((app.remind().await, app.remind().await)),
            _ => drop(app.remind().await),
        }
        app.clock.advance(DAY_SECONDS);
    }
    due.sort();
    assert!(due.len() > 150, "{} tellings are a poor test", due.len());
    assert!(things.iter().filter(|thing| thing.silent).count() >= 6);
    pretty(&app.told(&addresses), &due);
}

#[track_caller]
fn pretty(told: &[Telling], due: &[Telling]) {
    let surplus: Vec<_> = told.iter().filter(|telling| !due.contains(telling)).collect();
    let missing: Vec<_> = due.iter().filter(|telling| !told.contains(telling)).collect();
    assert!(surplus.is_empty() && missing.is_empty(), "surplus {surplus:?}, missing {missing:?}");
    assert_eq!(told, due, "something was told twice");
}

#[tokio::test]
async fn one_mail_lists_everything_most_urgent_first() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let ends = [app.in_days(7, 2), app.in_days(0, 3), app.in_days(60, 0), app.in_days(1, 0)];
    app.put_client(client("alder", "billing", Some(app.in_days(30, 0))), ends.map(secret).into()).await;
    let summary = app.stack.notifier.run(&only("alder"), None).await.unwrap();
    assert_eq!((summary.due, summary.sent, summary.mails), (5, 5, 1));
    let mail = app.mail_to(&ana).pop().unwrap();
    assert_eq!(tellings(&mail).iter().map(|telling| telling.2).collect::<Vec<_>>(), [0, 1, 7, 30, 60]);
    assert!(mail.subject.ends_with("of \"billing\" expires today, and 4 more"), "{}", mail.subject);
}

fn only(organization: &str) -> RunRequest {
    RunRequest { organization: Some(key(organization)), dry_run: false }
}

#[tokio::test]
async fn of_missed_runs_the_most_urgent_threshold_is_told_once() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(65, 0))]).await;
    app.remind().await;
    assert!(app.mail_to(&ana).is_empty());
    app.clock.advance(55 * DAY_SECONDS);
    app.remind().await;
    app.clock.advance(DAY_SECONDS);
    app.remind().await;
    let told: Vec<i64> = app.mail_to(&ana).iter().flat_map(tellings).map(|telling| telling.2).collect();
    assert_eq!(told, [10], "60, 30 and 14 days were missed, and are told as one with ten days left");
}

#[tokio::test]
async fn somebody_who_lost_the_privilege_hears_nothing_more_and_a_new_one_does() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let ben = app.put_administrator("alder", "ben", Role::Viewer).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    app.remind().await;
    app.put_administrator("alder", "ana", Role::Viewer).await;
    app.put_administrator("alder", "ben", Role::CredentialManager).await;
    app.clock.advance(6 * DAY_SECONDS);
    app.remind().await;
    let left = |address| app.mail_to(address).iter().flat_map(tellings).map(|t| t.2).collect::<Vec<_>>();
    assert_eq!((left(&ana), left(&ben)), (vec![7], vec![1]));
}

#[tokio::test]
async fn where_nobody_can_be_told_the_operator_is_and_the_metric_says_so() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    app.put_administrator("alder", "eve", Role::Viewer).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    let summary = app.remind().await;
    assert_eq!(summary.unheard, 1);
    let mails = app.mail_to(OPERATOR_ADDRESS);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].subject.starts_with("No recipient in alder: Secret cs_"), "{}", mails[0].subject);
    app.remind().await;
    assert_eq!(app.mail_to(OPERATOR_ADDRESS).len(), 1, "once");
    assert!(app.mail_to("eve@alder.example").is_empty());
}

#[tokio::test]
async fn a_run_by_hand_is_for_one_organization_and_a_dry_run_sends_nothing() {
    let app = App::start().await;
    for (organization, name) in [("alder", "billing"), ("birch", "alder-billing")] {
        app.put_organization(organization, OrganizationSettings::default()).await;
        app.put_administrator(organization, "ana", Role::Owner).await;
        app.put_client(client(organization, name, None), vec![secret(app.in_days(9, 0))]).await;
    }
    app.stack.notifier.reminders.record_done_through("2026-02-28".parse().unwrap()).await.unwrap();
    let dry = app.stack.notifier.run(&RunRequest { dry_run: true, ..only("alder") }, None).await.unwrap();
    assert_eq!((dry.due, dry.sent, dry.would_send.len()), (1, 0, 1));
    assert_eq!(dry.would_send[0].recipient, "ana@alder.example");
    assert!(app.stack.aws.mailbox().mails().is_empty());

    // nine days are between two thresholds: the schedule has told of it, or would have
    app.remind().await;
    assert!(app.mail_to("ana@alder.example").is_empty());
    let by_hand = app.stack.notifier.run(&only("alder"), None).await.unwrap();
    assert_eq!((by_hand.sent, app.mail_to("ana@alder.example").len()), (1, 1));
    assert!(app.mail_to("ana@birch.example").is_empty());
    let again = app.stack.notifier.run(&only("alder"), None).await.unwrap();
    assert_eq!((again.sent, again.skipped), (0, 1));
    let unknown = app.stack.notifier.run(&only("nowhere"), None).await;
    assert!(matches!(unknown, Err(RunError::UnknownOrganization(_))));
}

#[tokio::test]
async fn an_unfinished_run_is_an_error_so_that_the_platform_repeats_it() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    app.put_administrator("alder", "ana", Role::Owner).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    let notifier = app.notifier(app.impatient_ses(), TimeZone::UTC);
    app.stack.aws.mailbox().fail_next(1);
    let payload = json!({ "organization": "alder" });
    let error = handle(&notifier, payload.clone(), None).await.unwrap_err().to_string();
    assert!(error.starts_with("the run is incomplete: ") && error.contains("\"failed\":1"), "{error}");
    let answer = handle(&notifier, payload, None).await.unwrap();
    assert_eq!((&answer["sent"], &answer["failed"]), (&json!(1), &json!(0)));
    assert!(handle(&notifier, json!({ "organisation": "alder" }), None).await.is_err(), "a misspelling");
}

#[tokio::test]
async fn a_run_that_is_out_of_time_stops_and_the_next_goes_on() {
    let app = App::start().await;
    let organizations: Vec<String> = (0..8).map(|number| format!("org{number}")).collect();
    for organization in &organizations {
        app.put_organization(organization, OrganizationSettings::default()).await;
        app.put_administrator(organization, "ana", Role::Owner).await;
        app.put_client(client(organization, "billing", None), vec![secret(app.in_days(7, 0))]).await;
    }
    let until = plus_seconds(app.now(), 60);
    let out_of_time = async {
        while app.stack.aws.mailbox().mails().len() < 5 {
            tokio::task::yield_now().await;
        }
        app.clock.advance(60);
    };
    let everyone = RunRequest::default();
    let (run, ()) = tokio::join!(app.stack.notifier.run(&everyone, Some(until)), out_of_time);
    let summary = run.unwrap();
    assert!(summary.stopped && !summary.is_complete() && summary.failed == 0);
    assert_eq!(app.stack.notifier.reminders.done_through().await.unwrap(), None);
    let rest = app.remind().await;
    assert!(rest.is_complete() && rest.sent > 0 && rest.skipped > 0);
    for organization in organizations {
        assert_eq!(app.mail_to(&format!("ana@{organization}.example")).len(), 1, "{organization}");
    }
    assert!(app.stack.notifier.reminders.done_through().await.unwrap().is_some());
}

#[tokio::test]
async fn a_secret_that_is_still_used_is_told_of_although_another_was_made() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let old = secret(app.in_days(7, 0));
    let new = secret(app.in_days(300, 0));
    let new = Secret { created_at: app.in_days(-5, 0), not_before: app.in_days(-5, 0), ..new };
    let registration = app.put_client(client("alder", "billing", None), vec![old.clone(), new]).await;
    assert_eq!(app.stack.notifier.run(&only("alder"), None).await.unwrap().due, 0);
    let used = LastUsed { at: app.in_days(-1, 0), network: "203.0.113.0/24".to_owned() };
    app.stack.clients.record_use(&registration.client.client_id, &old.id, &used).await.unwrap();
    app.stack.notifier.run(&only("alder"), None).await.unwrap();
    let text = app.mail_to(&ana)[0].text.clone().unwrap();
    assert!(text.contains("Last used: 28 February 2026, 12:00 UTC, from 203.0.113.0/24"), "{text}");
    assert!(text.contains("One other secret keeps working."), "{text}");
}

#[tokio::test]
async fn a_regenerated_secret_is_silent_even_while_it_is_used() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let old = secret(app.in_days(40, 0));
    let id = app.put_client(client("alder", "billing", None), vec![old.clone()]).await.client.client_id;
    let minted = SecretPlaintext::generate(&mut entropy::os_rng());
    let asked = Regeneration { overlap: Overlap::new(Overlap::RANGE.1).ok(), ..Regeneration::default() };
    let (minted, settings) = ((&minted, Verifier::new(String::new())), OrganizationSettings::default());
    app.change(&id, |r| r.regenerate_secret(&old.id, asked, &settings, minted, app.now()).map(Some)).await;
    for _ in 0..31 {
        let used = LastUsed { at: app.now(), network: "203.0.113.0/24".to_owned() };
        app.stack.clients.record_use(&id, &old.id, &used).await.unwrap();
        app.remind().await;
        app.clock.advance(DAY_SECONDS);
    }
    assert!(app.mail_to(&ana).is_empty());
}

#[tokio::test]
async fn days_are_those_of_the_zone() {
    let app = App::start().await;
    app.put_organization("alder", days(&[1])).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    // in Zurich 23:30 UTC is half past midnight, two days from now
    app.put_client(client("alder", "billing", None), vec![secret("2026-03-02T23:30:00Z".parse().unwrap())]).await;
    let zurich = app.notifier(app.stack.aws.ses_of(EXPIRY_NOTIFIER), TimeZone::get("Europe/Zurich").unwrap());
    zurich.run(&RunRequest::default(), None).await.unwrap();
    assert!(app.mail_to(&ana).is_empty());
    app.clock.advance(DAY_SECONDS);
    zurich.run(&RunRequest::default(), None).await.unwrap();
    let text = app.mail_to(&ana)[0].text.clone().unwrap();
    let ends = "Expires: Tuesday, 3 March 2026, 00:30:00 CET (Europe/Zurich), which is 2026-03-02T23:30:00Z";
    assert!(text.contains("expires tomorrow") && text.contains(ends), "{text}");
}
