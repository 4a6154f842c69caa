//! The ledger of reminders: nobody is reminded twice or missed, whatever fails in between.

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use countersign::names::OPERATOR_ADDRESS;
use expiry_notifier::deliver::TURN_SECONDS;
use expiry_notifier::invocation::RunRequest;
use jiff::tz::TimeZone;
use shared::domain::email::Email;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;
use shared::domain::reminder::{Cause, Expiring, Reminder};
use shared::domain::time::DAY_SECONDS;
use shared::store::reminders::Outcome;

use crate::support::app::App;
use crate::support::reminders::{client, key, secret};

/// Lets a future go on `steps` times and drops it then: while its request is on the wire, or once the answer has come
/// and nothing was done with it. Its output, where it came so far.
async fn killed_after<F: Future>(steps: usize, on_the_wire: bool, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = steps;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Pending if left == 0 && on_the_wire => Poll::Ready(None),
            polled => polled.map(Some),
        }
    })
    .await
}

#[tokio::test]
async fn killed_after_any_step_a_run_leaves_nobody_out_and_tells_nobody_twice() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let ben = app.put_administrator("alder", "ben", Role::Owner).await;
    app.remind().await;
    let (mut kills, mut unmarked) = (0, 0);
    for kill in 2.. {
        let (steps, on_the_wire) = (kill / 2, kill % 2 == 0);
        let name = format!("k{kill}");
        let secrets = vec![secret(app.in_days(7, 0)), secret(app.in_days(1, 0))];
        let registration = app.put_client(client("alder", &name, None), secrets).await;
        let finished = killed_after(steps, on_the_wire, Box::pin(app.stack.notifier.run(&RunRequest::default(), None)))
            .await
            .is_some();
        // what was on the wire when the run died still arrives
        tokio::time::sleep(Duration::from_millis(20)).await;
        let reminders: Vec<Reminder> = registration
            .secrets
            .iter()
            .zip([7, 1])
            .map(|(secret, days_before)| Reminder {
                organization: key("alder"),
                expiring: Expiring {
                    client_id: registration.client.client_id.clone(),
                    secret: Some(secret.id.clone()),
                },
                days_before,
            })
            .collect();
        let count = |to: &str| app.mail_to(to).iter().filter(|m| m.text.as_ref().unwrap().contains(&name)).count();
        let mut allowed = BTreeMap::new();
        for to in [&ana, &ben] {
            let outcomes = app.stack.notifier.reminders.outcomes(&Email::parse(to).unwrap(), &reminders).await.unwrap();
            let marked = reminders.iter().all(|reminder| outcomes.of(reminder) == Some(Outcome::Sent));
            let in_between = count(to) == 1 && !marked;
            unmarked += usize::from(in_between);
            allowed.insert(to.clone(), if in_between { 1..=2 } else { 1..=1 });
        }
        app.clock.advance(TURN_SECONDS);
        assert!(app.remind().await.is_complete(), "after {steps} steps");
        for (to, allowed) in allowed {
            assert!(allowed.contains(&count(&to)), "{to} was told {} times after {steps} steps", count(&to));
        }
        app.change(&registration.client.client_id, |r| r.delete(app.now()).map(Some)).await;
        if finished {
            break;
        }
        kills += 1;
    }
    println!("killed in {kills} places; a mail was out and not marked in {unmarked}");
    assert!(kills > 30, "the run was killed in {kills} places only");
    assert!(unmarked < kills / 4, "in {unmarked} of {kills} places a mail was out and not marked");
}

#[tokio::test]
async fn with_one_send_in_three_failing_nobody_is_left_out_and_nobody_told_twice() {
    let app = App::start().await;
    let people: Vec<&str> = vec!["ana", "ben", "cai", "dua", "eli"];
    for organization in ["alder", "birch"] {
        app.put_organization(organization, OrganizationSettings::default()).await;
        for name in &people {
            app.put_administrator(organization, name, Role::Owner).await;
        }
        app.put_client(client(organization, "billing", None), vec![secret(app.in_days(7, 0))]).await;
    }
    app.stack.aws.mailbox().fail_every(Some(3));
    let impatient = app.notifier(app.impatient_ses(), TimeZone::UTC);
    let mut failed = 0;
    for run in 0.. {
        assert!(run < 10, "the mail never gets through");
        let summary = impatient.run(&RunRequest::default(), None).await.unwrap();
        assert_eq!(summary.due, summary.sent + summary.skipped + summary.failed + summary.undeliverable);
        failed += summary.failed;
        if summary.is_complete() {
            break;
        }
        assert!(summary.failed > 0);
    }
    assert!(failed >= 3, "{failed} failures are a poor test");
    for organization in ["alder", "birch"] {
        for name in &people {
            assert_eq!(app.mail_to(&format!("{name}@{organization}.example")).len(), 1, "{name}@{organization}");
        }
    }
}

#[tokio::test]
async fn throttling_is_waited_out_within_a_run() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    app.stack.aws.mailbox().fail_next(2);
    let summary = app.stack.notifier.run(&RunRequest::default(), None).await.unwrap();
    assert!(summary.is_complete() && app.mail_to(&ana).len() == 1);
}

#[tokio::test]
async fn a_refused_address_is_kept_and_does_not_stop_the_others() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let ben = app.put_administrator("alder", "ben", Role::Owner).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    app.stack.aws.mailbox().refuse(&ana);
    let request = RunRequest { organization: Some(key("alder")), dry_run: false };
    let summary = app.stack.notifier.run(&request, None).await.unwrap();
    assert_eq!((summary.sent, summary.undeliverable, summary.unheard), (1, 1, 0));
    assert!(summary.is_complete(), "a refusal is an answer");
    assert_eq!(app.mail_to(&ben).len(), 1);
    let known = app.stack.notifier.reminders.recipient(&Email::parse(&ana).unwrap()).await.unwrap().failure.unwrap();
    assert_eq!((known.cause, known.detail.as_str()), (Cause::Refused, "MessageRejected"));
    let again = app.stack.notifier.run(&request, None).await.unwrap();
    assert_eq!((again.sent, again.skipped, again.undeliverable), (0, 1, 1));
}

#[tokio::test]
async fn an_unverified_sender_gives_no_reminder_up() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    let (mailbox, notifier) = (app.stack.aws.mailbox(), &app.stack.notifier);
    mailbox.verify_sender(false);
    let summary = notifier.run(&RunRequest::default(), None).await.unwrap();
    assert!(summary.failed == summary.due && summary.due > 0, "{summary:?}");
    assert_eq!((summary.undeliverable, summary.unheard, summary.is_complete()), (0, 0, false));
    assert_eq!(notifier.reminders.done_through().await.unwrap(), None, "the day is not done");
    let known = notifier.reminders.recipient(&Email::parse(&ana).unwrap()).await.unwrap().failure.unwrap();
    assert_eq!(known.detail, "MessageRejected: not verified");

    mailbox.verify_sender(true);
    assert!(notifier.run(&RunRequest::default(), None).await.unwrap().is_complete());
    assert_eq!(app.mail_to(&ana).len(), 1);
    assert_eq!(notifier.reminders.recipient(&Email::parse(&ana).unwrap()).await.unwrap().failure, None);
}

#[tokio::test]
async fn a_bounce_makes_a_recipient_undeliverable_until_it_is_forgotten() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    let notifier = &app.stack.notifier;
    app.bounce(&ana).await;
    let address = Email::parse(&ana).unwrap();
    let known = notifier.reminders.recipient(&address).await.unwrap().failure.unwrap();
    assert!(known.is_undeliverable());
    assert_eq!((known.cause, known.detail.as_str(), known.at), (Cause::Bounced, "NoEmail", app.now()));

    let request = RunRequest { organization: Some(key("alder")), dry_run: false };
    let summary = notifier.run(&request, None).await.unwrap();
    assert_eq!((summary.undeliverable, summary.unheard, summary.sent), (1, 1, 1), "the operator is told instead");
    assert!(app.mail_to(&ana).is_empty());
    assert_eq!(app.mail_to(OPERATOR_ADDRESS).len(), 1);

    notifier.reminders.forget_failure(&address).await.unwrap();
    assert_eq!(notifier.run(&request, None).await.unwrap().sent, 1);
    assert_eq!(app.mail_to(&ana).len(), 1);
}

#[tokio::test]
async fn the_turn_of_a_dead_run_passes_on_when_it_ends() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    app.put_client(client("alder", "billing", Some(app.in_days(7, 0))), Vec::new()).await;
    let ledger = &app.stack.notifier.reminders;
    let address = Email::parse(&ana).unwrap();
    let known = ledger.recipient(&address).await.unwrap();
    let until = app.in_days(0, 1);
    assert!(ledger.take_turn(&address, &known, app.now(), until).await.unwrap().is_some());
    assert!(ledger.take_turn(&address, &known, app.now(), until).await.unwrap().is_none(), "it has one holder");
    app.clock.advance(3_599);
    assert!(app.remind().await.shared);
    assert!(app.mail_to(&ana).is_empty());
    assert_eq!(ledger.done_through().await.unwrap(), None, "the other run may still fail");
    app.clock.advance(1);
    assert!(app.remind().await.is_complete());
    assert_eq!(app.mail_to(&ana).len(), 1);
    assert!(ledger.take_turn(&address, &known, app.now(), until).await.unwrap().is_none(), "what it knew is stale");
    app.clock.advance(DAY_SECONDS);
    assert!(app.remind().await.is_complete());
    assert_eq!(app.mail_to(&ana).len(), 1);
}
