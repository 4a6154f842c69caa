//! Rights of each role, compared with the calls that its function makes.

use std::collections::BTreeSet;

use shared::store::schema;

use crate::support::rights::{allowed, rights, seen, statements};
use crate::support::template::{STACK, with};

#[test]
fn no_role_may_touch_more_than_its_own() {
    let deployed = with(&[]);
    for function in deployed.functions().into_keys() {
        for (action, resource) in rights(&statements(&deployed, function), "Allow") {
            assert!(!action.contains('*') && !resource.contains('*'), "{function}: {action} on {resource}");
        }
    }
    let sampled = with(&[("TraceRequests", "true")]);
    assert!(deployed.of_type("AWS::IAM::ManagedPolicy").next().is_none(), "nothing beside the roles unless asked for");
    let tracing = [&deployed, &sampled].map(|deployed| deployed.of_every_function()["Tracing"].clone());
    assert_eq!(tracing, ["PassThrough", "Active"]);
    let traces = sampled.properties("TracePolicy")["PolicyDocument"]["Statement"].clone();
    let traces = rights(traces.as_array().unwrap(), "Allow");
    assert!(traces.iter().all(|(action, _)| action.starts_with("xray:")), "{traces:?}");
}

#[test]
fn audit_events_are_only_ever_appended() {
    let deployed = with(&[]);
    let trail = format!("table/{}", schema::AUDIT_EVENTS.name_in(STACK));
    let on_trail = |(_, resource): &(String, String)| resource.starts_with(&trail);
    let writing = ["UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"];
    for function in deployed.functions().into_keys() {
        let statements = statements(&deployed, function);
        let allowed: BTreeSet<String> =
            rights(&statements, "Allow").into_iter().filter(on_trail).map(|(action, _)| action).collect();
        if allowed.is_empty() {
            continue;
        }
        let denied: BTreeSet<String> = rights(&statements, "Deny").into_iter().map(|(action, _)| action).collect();
        let expected: BTreeSet<String> = writing.map(|action| format!("dynamodb:{action}")).into();
        assert_eq!(denied, expected, "{function}");
        assert!(rights(&statements, "Deny").iter().all(on_trail), "{function}");
        let reading_and_appending = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan"];
        assert!(
            allowed.iter().all(|action| reading_and_appending.contains(&action.as_str())),
            "{function}: {allowed:?}"
        );
    }
}

/// `.ci/run` runs it after all others; what they saw goes through [`crate::support::rights::Recorder`].
#[test]
#[ignore = "compares with what a whole run of the other tests saw"]
fn every_right_was_used_in_the_run() {
    let seen = seen().expect("the other tests ran before");
    let mut idle = Vec::new();
    for (function, rights) in allowed() {
        let used = seen.get(function).cloned().unwrap_or_default();
        idle.extend(rights.difference(&used).map(|(action, resource)| format!("{function}: {action} on {resource}")));
    }
    assert!(
        idle.is_empty(),
        "infra/template.yaml allows what no test saw used; take it out of the role, or test what needs it:\n{}",
        idle.join("\n")
    );
}
