//! What a run reads where there is a lot that is not due.
//!
//! `cargo test -p tests --test it notifier::scale -- --ignored --nocapture`

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aws_sdk_dynamodb::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use expiry_notifier::invocation::RunRequest;
use jiff::tz::TimeZone;
use shared::domain::client::registration::Registration;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;
use shared::domain::time::{DAY_SECONDS, plus_seconds};
use shared::store::item;
use shared::store::schema;

use crate::support::app::App;
use crate::support::reminders::{client, secret};

/// Counts requests and the items that they read.
#[derive(Debug, Default, Clone)]
struct Reads(Arc<Mutex<BTreeMap<&'static str, (usize, usize)>>>);

impl Intercept for Reads {
    fn name(&self) -> &'static str {
        "reads"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        let read = if let Some(query) = output.downcast_ref::<QueryOutput>() {
            ("Query", usize::try_from(query.scanned_count()).unwrap())
        } else if let Some(batch) = output.downcast_ref::<BatchGetItemOutput>() {
            ("BatchGetItem", batch.responses().iter().flat_map(|tables| tables.values()).map(Vec::len).sum())
        } else if let Some(single) = output.downcast_ref::<GetItemOutput>() {
            ("GetItem", usize::from(single.item().is_some()))
        } else {
            ("write", 0)
        };
        let mut reads = self.0.lock().unwrap();
        let (requests, items) = reads.entry(read.0).or_default();
        *requests += 1;
        *items += read.1;
        Ok(())
    }
}

const ORGANIZATIONS: usize = 500;
const CLIENTS: usize = 50;
const SECRETS: usize = 4;
/// Secrets end evenly over so many days, so that six thresholds find 3,000 of 100,000 on each.
const DAYS: usize = 200;

#[tokio::test]
#[ignore = "writes 125,000 items first"]
async fn a_run_reads_what_is_due_and_not_what_is_there() {
    let app = App::start().await;
    let began = Instant::now();
    let mut number = 0;
    for organization in (0..ORGANIZATIONS).map(|n| format!("org{n:03}")) {
        app.put_organization(&organization, OrganizationSettings::default()).await;
        app.put_administrator(&organization, "ana", Role::Owner).await;
        app.put_administrator(&organization, "ben", Role::CredentialManager).await;
        let mut items = Vec::new();
        for name in (0..CLIENTS).map(|n| format!("client{n}")) {
            let client = client(&organization, &name, None);
            let secrets: Vec<_> = (0..SECRETS)
                .map(|_| {
                    number += 7;
                    secret(plus_seconds(app.now(), i64::try_from(number % DAYS).unwrap() * DAY_SECONDS))
                })
                .collect();
            items.extend(secrets.iter().map(|secret| item::secret::write(&client.client_id, secret)));
            items.push(item::client::write(&Registration { client, secrets }));
        }
        app.fill(schema::CLIENTS, items).await;
    }
    println!("filled in {:.0?}", began.elapsed());

    let reads = Reads::default();
    let config = app.stack.aws.dynamodb().config().to_builder().interceptor(reads.clone());
    let dynamodb = aws_sdk_dynamodb::Client::from_conf(config.build());
    let notifier = app.notifier_on(dynamodb, app.stack.aws.ses(), TimeZone::UTC);
    notifier.reminders.record_done_through("2026-02-28".parse().unwrap()).await.unwrap();
    for run in ["first", "second"] {
        reads.0.lock().unwrap().clear();
        let began = Instant::now();
        let summary = notifier.run(&RunRequest::default(), None).await.unwrap();
        let elapsed = began.elapsed();
        let reads = reads.0.lock().unwrap().clone();
        println!("the {run} run: {elapsed:.1?}\n{summary:?}\n{reads:?}");
        assert_eq!(summary.due, 6_000 + summary.due % 6_000, "3,000 secrets, two people each, and the demo's");
        assert!(summary.is_complete());
        let items: usize = reads.values().map(|(_, items)| items).sum();
        assert!(items < 12 * 3_000, "{items} items were read for 3,000 that are due");
    }
}
