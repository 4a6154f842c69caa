//! Log lines and metrics of a deployment, compared with the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};
use shared::telemetry::metrics::{self, Metric, NAMESPACE};
use tempfile::tempdir;

use crate::support::answer::send;
use crate::support::app::{App, INTROSPECT, TOKEN};
use crate::support::process::{Deployment, command, log_of};
use crate::support::rotation::DAY;

/// Name, unit and sets of dimensions of every metric that docs/TELEMETRY.md lists.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let page = include_str!("../../../docs/TELEMETRY.md");
    let rows = page.split("| metric | unit |").nth(1).unwrap().lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>();
    rows.map(cells)
        .map(|row| {
            assert!(row[4].len() > 10, "{} has no meaning", row[1]);
            (row[1].clone(), (row[2].clone(), row[3].split("; ").map(str::to_owned).collect()))
        })
        .collect()
}

/// The same of lines in the embedded metric format; every line is checked for itself.
fn emitted<'l>(lines: impl Iterator<Item = &'l str>) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut all: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for text in lines {
        let line: Value = serde_json::from_str(text).unwrap();
        assert!(line["_aws"]["Timestamp"].as_i64().unwrap() > 1_700_000_000_000, "{text}");
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], NAMESPACE);
            let [dimensions] = directive["Dimensions"].as_array().unwrap().as_slice() else { panic!("{text}") };
            let dimensions: Vec<&str> =
                dimensions.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
            assert!(dimensions.iter().all(|name| line[*name].is_string()), "{text}");
            for metric in directive["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                assert!(line[name].is_number(), "{name} has no value in {text}");
                let (unit, sets) = all.entry(name.to_owned()).or_default();
                metric["Unit"].as_str().unwrap().clone_into(unit);
                sets.insert(dimensions.join(", "));
            }
        }
    }
    all
}

fn metric_lines(log: &str) -> impl Iterator<Item = &str> {
    log.lines().filter(|line| line.starts_with(r#"{"_aws""#))
}

static ROTATIONS: LazyLock<Mutex<Vec<String>>> = LazyLock::new(Mutex::default);

#[tokio::test]
async fn what_is_emitted_is_what_is_documented() {
    // a rotation within this process: its own comes after thirty days
    metrics::start(None, |line| {
        if line.contains(r#""function":"key-rotation""#) {
            ROTATIONS.lock().unwrap().push(line.to_owned());
        }
    });
    let app = App::start().await;
    app.clock.advance(2 * DAY);
    let secrets_manager = app.stack.aws.secrets_manager();
    let rotated = countersign::rotation::rotate(&app.stack.key_rotation, &secrets_manager);
    metrics::measured("key-rotation", "test", rotated).await.unwrap();

    let folder = tempdir().unwrap();
    let arguments = ["--ready", "json", "--listen", "127.0.0.1:0", "--signing-algorithm", "ES256", "--metrics"];
    let stack = Deployment::spawn(command(folder.path(), &arguments)).await.unwrap();
    let token = stack.token().await;
    stack.token().await;
    assert!(stack.is_active(&token).await);
    stack.revoke(&token).await;
    send(stack.raw(TOKEN, "grant_type=client_credentials")).await;
    let body = json!({ "email": "nobody@acme.example", "password": "wrong", "one_time_password": "000000" });
    assert_eq!(send(stack.json("/v1/session", &body)).await.status, 401);
    stack.stop("TERM").await;

    let (log, rotations) = (log_of(folder.path()), ROTATIONS.lock().unwrap().join("\n"));
    let emitted = emitted(metric_lines(&log).chain(rotations.lines()));
    assert_eq!(emitted, documented());
    let declared: BTreeSet<String> = Metric::ALL.iter().map(|metric| metric.as_str().to_owned()).collect();
    assert_eq!(emitted.into_keys().collect::<BTreeSet<_>>(), declared);

    let total = |name: &str| -> f64 {
        let lines = metric_lines(&log).map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter_map(|line| line[name].as_f64()).sum()
    };
    let counted = ["TokensIssued", "TokensRefused", "TokensIntrospected", "TokensRevoked", "SignInsRefused"].map(total);
    assert_eq!(counted.map(|count| count.to_string()), ["2", "1", "1", "1", "1"]);
    // the same secret each time: verified once, and the password of the sign-in
    assert_eq!([total("Argon2Runs"), total("VerificationCacheHits")].map(|count| count.to_string()), ["2", "3"]);
    assert!(total("DynamoDbTime") > 0.0);
    assert!(metric_lines(&log).any(|line| line.contains(r#""reason":"invalid_client""#)), "{log}");
}

#[tokio::test]
async fn log_lines_say_which_request_whose_and_what_came_of_it() {
    let folder = tempdir().unwrap();
    let arguments = ["--ready", "json", "--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"];
    let mut starting = command(folder.path(), &arguments);
    starting.env("RUST_LOG", "info");
    let stack = Deployment::spawn(starting).await.unwrap();
    let traced = stack
        .raw(TOKEN, "grant_type=client_credentials")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .basic_auth(stack.said("client_id"), Some("cs_000000000000000000000000000000000000000000000000000000"));
    let refused = send(traced).await;
    let beyond = stack.post(TOKEN, "grant_type=client_credentials&scope=banking%2Fadmin").await;
    assert_eq!((refused.status.as_u16(), beyond.status.as_u16()), (401, 400));
    stack.post(INTROSPECT, "token=x").await;
    let client_id = stack.said("client_id").to_owned();
    stack.stop("TERM").await;

    let log = log_of(folder.path());
    assert_eq!(metric_lines(&log).count(), 0, "nobody asked for metrics");
    let line_of = |request_id: &str| -> Value {
        let line = log.lines().find(|line| line.contains(request_id) && line.contains(r#""outcome""#));
        serde_json::from_str(line.unwrap_or_else(|| panic!("no line of {request_id} in {log}"))).unwrap()
    };
    let line = line_of(refused.header("x-request-id"));
    assert_eq!((&line["outcome"], &line["error"]), (&json!("refused"), &json!("invalid_client")));
    assert_eq!(line["span"]["function"], "token-endpoint");
    assert_eq!(line["span"]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(line["span"]["client_id"], client_id);
    let line = line_of(beyond.header("x-request-id"));
    assert_eq!((&line["error"], &line["span"]["organization"]), (&json!("invalid_scope"), &json!("acme")));
    assert_eq!(line["span"].get("trace_id"), None);
}
