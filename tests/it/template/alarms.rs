//! Alarms, metric filters and the dashboard.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::telemetry::metrics::{self, Metric};

use crate::support::sources::{literals, sources};
use crate::support::template::{text, with};

#[test]
fn silence_is_a_day_without_a_complete_run_and_nothing_else_breaks_it() {
    let alarm = with(&[]).properties("NotifierSilenceAlarm").clone();
    assert_eq!(alarm["MetricName"], Metric::ReminderRunsCompleted.as_str());
    assert_eq!((&alarm["TreatMissingData"], &alarm["Statistic"]), (&json!("breaching"), &json!("Sum")));
    let seconds = alarm["Period"].as_u64().unwrap() * alarm["EvaluationPeriods"].as_u64().unwrap();
    assert!((25 * 3_600..=48 * 3_600).contains(&seconds), "{seconds}");
}

#[test]
fn metric_filters_look_for_what_the_functions_say() {
    let deployed = with(&[]);
    for (id, folder) in
        [("SignInsRefused", "functions/management-api/src"), ("ClientsRefused", "functions/token-endpoint/src")]
    {
        let pattern = text(&deployed.properties(id)["FilterPattern"]);
        let said: Vec<&str> = pattern.split('"').skip(1).step_by(2).collect();
        assert!(!said.is_empty(), "{id}");
        let sources = sources(&[folder]);
        for text in said {
            let written = sources.iter().any(|source| literals(&source.code).contains(&text));
            assert!(written, "{id} of infra/template.yaml looks for {text:?}, which nothing in {folder} says any more");
        }
    }
}

#[test]
fn alarms_watch_metrics_that_exist_and_somebody_hears_them() {
    let deployed = with(&[]);
    let own: BTreeSet<String> = deployed
        .of_type("AWS::Logs::MetricFilter")
        .map(|(_, filter)| text(&filter["Properties"]["MetricTransformations"][0]["MetricName"]))
        .collect();
    for (id, alarm) in deployed.of_type("AWS::CloudWatch::Alarm") {
        let alarm = &alarm["Properties"];
        assert_eq!(alarm["AlarmActions"], json!(["Alarms"]), "{id}");
        let metric = alarm["MetricName"].as_str().unwrap_or_default();
        match alarm["Namespace"].as_str().unwrap_or_default() {
            metrics::NAMESPACE => {
                assert!(Metric::ALL.iter().any(|known| known.as_str() == metric), "{id}: nobody counts {metric}");
                let dimension = &alarm["Dimensions"][0];
                assert_eq!(
                    (&dimension["Name"], &dimension["Value"]),
                    (&json!("function"), &json!("countersign-expiry-notifier"))
                );
            }
            "Countersign/countersign" => assert!(own.contains(metric), "{id}: no filter counts {metric}"),
            aws => assert!(aws.is_empty() || aws.starts_with("AWS/"), "{id}: {aws}"),
        }
    }
    assert_eq!(deployed.properties("AlarmsToOperator")["Endpoint"], "operator@id.example");
    let body = text(&deployed.properties("Dashboard")["DashboardBody"]);
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("the dashboard is no JSON: {e}\n{body}"));
    assert!(body["widgets"].as_array().unwrap().len() >= 8);
}
