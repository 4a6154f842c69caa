//! infra/template.yaml says the same as the code: tables, environment, routes, schedules, keys and rights.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use expiry_notifier::invocation::{Invocation, RunRequest};
use expiry_notifier::settings::{Settings as NotifierSettings, Zone};
use jiff::Timestamp;
use key_rotation::settings::Settings as RotationSettings;
use management_api::settings::Settings as ManagementSettings;
use serde_json::{Value, json};
use shared::env::{Environment, EnvironmentError};
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::hashing::Pepper;
use shared::keys::sealing::DataKey;
use shared::store::schema::{self, Index, KeyAttribute, Table};
use shared::telemetry::metrics::{self, Metric};
use token_endpoint::settings::Settings as TokenSettings;
use token_endpoint::{documents, introspection, revocation, token};

use crate::support::process::repository;
use crate::support::rights::{allowed, rights, seen, statements};
use crate::support::sources::{literals, sources};
use crate::support::template::{Deployed, STACK, Template, text};

/// The two parameters without a default.
pub const ADDRESSES: [(&str, &str); 2] =
    [("SenderAddress", "no-reply@id.example"), ("OperatorAddress", "operator@id.example")];

fn with(more: &[(&str, &str)]) -> Deployed {
    Template::read().deployed(&[&ADDRESSES, more].concat())
}

#[test]
fn every_function_of_the_workspace_is_deployed() {
    let folders = repository().join("functions").read_dir().unwrap().map(|entry| entry.unwrap());
    let packages: BTreeSet<String> = folders
        .filter(|folder| folder.path().join("Cargo.toml").exists())
        .map(|folder| folder.file_name().into_string().unwrap())
        .collect();
    let deployed = with(&[]);
    let functions = deployed.functions();
    let named: BTreeSet<String> = functions.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(named, packages, "infra/template.yaml (left) and the packages in functions/ (right)");
    for (name, (_, properties)) in functions {
        assert_eq!(properties["CodeUri"], format!("../functions/{name}/"));
        assert_eq!(properties["FunctionName"], format!("countersign-{name}"));
    }
}

/// A table as the template has to say it.
fn described(table: &Table) -> Value {
    let key = |partition: &KeyAttribute, sort: Option<&KeyAttribute>| {
        let element = |(name, _): &KeyAttribute, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        [Some(element(partition, "HASH")), sort.map(|sort| element(sort, "RANGE"))]
            .into_iter()
            .flatten()
            .collect::<Value>()
    };
    let index = |index: &Index| {
        json!({
            "IndexName": index.name,
            "KeySchema": key(&index.partition, Some(&index.sort)),
            "Projection": { "ProjectionType": "ALL" },
        })
    };
    let keys = [Some(&table.partition), table.sort.as_ref()].into_iter().flatten();
    let keys = keys.chain(table.indexes.iter().flat_map(|index| [&index.partition, &index.sort]));
    let attributes: BTreeMap<&str, &str> = keys.map(|(name, kind)| (*name, kind.as_str())).collect();
    let attributes = attributes.into_iter().map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }));
    let mut described = json!({
        "TableName": table.name_in(STACK),
        "AttributeDefinitions": attributes.collect::<Value>(),
        "KeySchema": key(&table.partition, table.sort.as_ref()),
    });
    if !table.indexes.is_empty() {
        described["GlobalSecondaryIndexes"] = table.indexes.iter().map(index).collect();
    }
    if let Some(attribute) = table.time_to_live {
        described["TimeToLiveSpecification"] = json!({ "AttributeName": attribute, "Enabled": true });
    }
    described
}

#[test]
fn tables_are_those_of_the_schema_and_none_can_be_lost() {
    let safe = json!({
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": true,
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:x:1:key/k" },
    });
    let deployed = with(&[("KmsKeyArn", "arn:aws:kms:x:1:key/k")]);
    let mut found = BTreeMap::new();
    for (id, table) in deployed.of_type("AWS::DynamoDB::Table") {
        assert_eq!(
            (&table["DeletionPolicy"], &table["UpdateReplacePolicy"]),
            (&json!("RetainExceptOnCreate"), &json!("Retain")),
            "{id}"
        );
        let mut properties = table["Properties"].clone();
        for (name, value) in safe.as_object().unwrap() {
            assert_eq!(properties.as_object_mut().unwrap().remove(name).as_ref(), Some(value), "{name} of {id}");
        }
        found.insert(text(&properties["TableName"]), properties);
    }
    for table in schema::TABLES {
        let name = table.name_in(STACK);
        let template = found.remove(&name);
        let schema = described(&table);
        assert_eq!(
            template.as_ref(),
            Some(&schema),
            "infra/template.yaml (left) has to say of {name} what the schema does"
        );
    }
    assert!(found.is_empty(), "the schema has no {:?}", found.keys());
    let without = with(&[("DeletionProtection", "false")]);
    for (id, table) in without.of_type("AWS::DynamoDB::Table") {
        let properties = &table["Properties"];
        assert_eq!(properties["DeletionProtectionEnabled"], false, "{id}");
        assert!(properties.get("SSESpecification").is_none(), "{id}");
    }
}

/// What a function reads its settings with; they themselves are not looked at.
type Reader = fn(Environment<'_>) -> Result<(), EnvironmentError>;

const READERS: [(&str, Reader); 4] = [
    ("token-endpoint", |environment| TokenSettings::read(environment).map(drop)),
    ("management-api", |environment| ManagementSettings::read(environment).map(drop)),
    ("expiry-notifier", |environment| NotifierSettings::read(environment).map(drop)),
    ("key-rotation", |environment| RotationSettings::read(environment).map(drop)),
];

/// The names of the settings that a function does not start without.
pub fn required(function: &str) -> Vec<String> {
    let reader = READERS.iter().find(|(name, _)| *name == function).unwrap().1;
    let error = reader(Environment::from_fn(|_| None)).unwrap_err();
    let missing = |line: &String| line.strip_suffix(" is missing").unwrap_or_else(|| panic!("{line}")).to_owned();
    error.0.iter().map(missing).collect()
}

#[test]
fn each_function_has_the_variables_that_it_reads_and_no_other() {
    for more in
        [&[][..], &[("DomainName", "id.example"), ("CertificateArn", "arn:aws:acm:x"), ("IssuerPath", "/partner")]]
    {
        let deployed = with(more);
        assert_eq!(deployed.functions().into_keys().collect::<Vec<_>>().len(), READERS.len(), "READERS is incomplete");
        for (function, reader) in READERS {
            let environment = deployed.environment(function);
            let asked = RefCell::new(BTreeSet::new());
            let read = reader(Environment::from_fn(|name| {
                asked.borrow_mut().insert(name.to_owned());
                environment.get(name).cloned()
            }));
            let set: BTreeSet<String> = environment.keys().cloned().collect();
            let asked = asked.into_inner();
            let (missing, idle): (Vec<_>, Vec<_>) =
                (asked.difference(&set).collect(), set.difference(&asked).collect());
            assert!(
                missing.is_empty() && idle.is_empty(),
                "infra/template.yaml: {function} needs {missing:?} under Environment.Variables, and does not read {idle:?}"
            );
            assert_eq!(read, Ok(()), "{function} refuses what infra/template.yaml gives it");
            for table in schema::TABLES {
                let given = environment.get(table.variable);
                assert!(given.is_none_or(|name| *name == table.name_in(STACK)), "{function}: {given:?}");
            }
        }
    }
}

#[test]
fn the_issuer_is_the_domain_or_the_addresss_of_the_api() {
    let issuer = |more: &[(&str, &str)]| with(more).environment("token-endpoint")["COUNTERSIGN_ISSUER"].clone();
    assert_eq!(issuer(&[]), "https://HttpApi.execute-api.us-east-1.amazonaws.com");
    let domain = [("DomainName", "id.example"), ("CertificateArn", "arn:aws:acm:x"), ("IssuerPath", "/partner")];
    assert_eq!(issuer(&domain), "https://id.example/partner");
    for (function, _) in READERS {
        let environment = with(&domain).environment(function);
        assert!(environment.get("COUNTERSIGN_ISSUER").is_none_or(|issuer| issuer == "https://id.example/partner"));
    }
    assert_eq!(with(&domain).output("Issuer"), "https://id.example/partner");
}

/// The function that the HTTP API hands a path to: an exact route, else the longest greedy one, else `$default`.
fn serving(deployed: &Deployed, path: &str) -> String {
    let mut best: Option<(usize, String)> = None;
    for (id, route) in deployed.of_type("AWS::ApiGatewayV2::Route") {
        let key = text(&route["Properties"]["RouteKey"]);
        let matched = match key.strip_prefix("ANY ") {
            None => (key == "$default").then_some(0),
            Some(exact) if exact == path => Some(usize::MAX),
            Some(greedy) => greedy
                .strip_suffix("{proxy+}")
                .filter(|prefix| path.len() > prefix.len() && path.starts_with(*prefix))
                .map(str::len),
        };
        let Some(length) = matched else { continue };
        if best.as_ref().is_none_or(|(longest, _)| length >= *longest) {
            let target = text(&route["Properties"]["Target"]);
            let integration = target.strip_prefix("integrations/").unwrap_or_else(|| panic!("{id}: {target}"));
            best = Some((length, text(&deployed.properties(integration)["IntegrationUri"])));
        }
    }
    best.unwrap_or_else(|| panic!("nothing serves {path}")).1
}

#[test]
fn every_path_reaches_the_function_that_serves_it() {
    for issuer_path in ["", "/partner"] {
        let deployed = with(&[("IssuerPath", issuer_path)]);
        let under = |path: &str| format!("{issuer_path}{path}");
        let mut tokens =
            [token::PATH, introspection::PATH, revocation::PATH, documents::JWKS_PATH, documents::OPENID_PATH]
                .map(under)
                .to_vec();
        tokens.push(format!("{}{issuer_path}", documents::OAUTH_PATH));
        for path in tokens {
            assert_eq!(serving(&deployed, &path), "TokenEndpoint.Arn", "{path}");
        }
        for route in management_api::routes() {
            assert_eq!(serving(&deployed, &under(route.path)), "ManagementApi.Arn", "{}", route.path);
        }
        for path in ["", "/", "/nothing", "/oauth2"].map(under) {
            assert_eq!(serving(&deployed, &path), "ManagementApi.Arn", "{path}");
        }
        assert_eq!(deployed.properties("Stage")["StageName"], "$default", "another would be part of every path");
    }
    let behind_path = with(&[("IssuerPath", "/partner")]);
    assert_eq!(serving(&behind_path, token::PATH), "ManagementApi.Arn", "what is not below the issuer is nobody's");
}

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
fn silence_is_a_day_without_a_complete_run_and_nothing_else_breaks_it() {
    let alarm = with(&[]).properties("NotifierSilenceAlarm").clone();
    assert_eq!(alarm["MetricName"], Metric::ReminderRunsCompleted.as_str());
    assert_eq!((&alarm["TreatMissingData"], &alarm["Statistic"]), (&json!("breaching"), &json!("Sum")));
    let seconds = alarm["Period"].as_u64().unwrap() * alarm["EvaluationPeriods"].as_u64().unwrap();
    assert!((25 * 3_600..=48 * 3_600).contains(&seconds), "{seconds}");
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

#[test]
fn cloudformation_generates_pepper_and_data_key_as_the_code_reads_them() {
    let deployed = with(&[]);
    for (id, member) in [("PepperSecret", "pepper"), ("DataKeySecret", "data_key")] {
        let generated = &deployed.properties(id)["GenerateSecretString"];
        // any other makes new ones at the next deployment, and every secret and password of the deployment is void
        let unchanged = json!({
            "SecretStringTemplate": "{\"format\":1}",
            "GenerateStringKey": member,
            "PasswordLength": 64,
            "ExcludeCharacters": "ghijklmnopqrstuvwxyz",
            "ExcludeUppercase": true,
            "ExcludePunctuation": true,
        });
        assert_eq!(generated, &unchanged, "{id}");
        let json = format!("{{\"format\":1,\"{member}\":\"{}\"}}", "0f".repeat(32));
        assert!(if member == "pepper" { Pepper::from_json(&json).is_ok() } else { DataKey::from_json(&json).is_ok() });
    }
    for (id, secret) in deployed.of_type("AWS::SecretsManager::Secret") {
        assert_eq!(
            (&secret["DeletionPolicy"], &secret["UpdateReplacePolicy"]),
            (&json!("RetainExceptOnCreate"), &json!("Retain")),
            "{id}"
        );
    }
}

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
