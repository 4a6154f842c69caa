//! Rights of each role, and a record of the calls that each function made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use countersign::aws::calls::{Call, CallLog};
use countersign::names::{OPERATOR_ADDRESS, SENDER_ADDRESS};
use serde_json::Value;

use crate::support::template::{Deployed, STACK, Template, text};

/// An action and the last part of its resource's ARN.
pub type Right = (String, String);

/// What the platform itself does in the function's name, so that the function is never seen doing it.
const PLATFORM: [&str; 2] = ["logs:", "sqs:"];

/// The statements of a function's role.
pub fn statements(deployed: &Deployed, function: &str) -> Vec<Value> {
    let (id, _) = deployed.functions()[function];
    let policies = &deployed.properties(&format!("{id}Role"))["Policies"];
    let policies = policies.as_array().into_iter().flatten();
    policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone()).collect()
}

/// Every action of the statements with this effect on every resource.
pub fn rights(statements: &[Value], effect: &str) -> BTreeSet<Right> {
    let listed = |value: &Value| match value {
        Value::Array(items) => items.iter().map(text).collect(),
        single => vec![text(single)],
    };
    let those = statements.iter().filter(|statement| statement["Effect"] == effect);
    those
        .flat_map(|statement| {
            let resources: Vec<String> = listed(&statement["Resource"]).iter().map(|arn| last_part(arn)).collect();
            let actions = listed(&statement["Action"]);
            actions.into_iter().flat_map(move |action| {
                resources.clone().into_iter().map(move |resource| (action.clone(), resource)).collect::<Vec<_>>()
            })
        })
        .collect()
}

/// What stands behind account and Region; a secret stands as its name.
fn last_part(resource: &str) -> String {
    match resource.strip_prefix("arn:") {
        Some(arn) => arn.splitn(5, ':').last().unwrap_or_default().to_owned(),
        None => format!("secret:{resource}"),
    }
}

/// What each function may do of itself.
pub fn allowed() -> &'static BTreeMap<String, BTreeSet<Right>> {
    static ALLOWED: LazyLock<BTreeMap<String, BTreeSet<Right>>> = LazyLock::new(|| {
        let addresses = [("SenderAddress", SENDER_ADDRESS), ("OperatorAddress", OPERATOR_ADDRESS)];
        let deployed = Template::read().deployed(&addresses);
        let of = |function: &str| {
            let mut rights = rights(&statements(&deployed, function), "Allow");
            rights.retain(|(action, _)| !PLATFORM.iter().any(|service| action.starts_with(service)));
            (function.to_owned(), rights)
        };
        deployed.functions().into_keys().map(of).collect()
    });
    &ALLOWED
}

/// What a call needs. SES judges the identity that it finds for the sender, its address or its domain, and the
/// configuration set that is the identity's default.
fn needed(call: &Call) -> Vec<Right> {
    let Some(sender) = call.resource.strip_prefix("identity/").filter(|_| call.action.starts_with("ses:")) else {
        return vec![(call.action.clone(), call.resource.clone())];
    };
    let domain = sender.rsplit('@').next().unwrap_or_default();
    [call.resource.clone(), format!("identity/{domain}"), format!("configuration-set/{STACK}")]
        .map(|resource| (call.action.clone(), resource))
        .into()
}

/// Where the tests note what they saw, so that a whole run can be compared with the template: `.ci/run` does.
fn notes() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("aws-calls")
}

/// What the last run saw, by function; none where there was no run.
pub fn seen() -> Option<BTreeMap<String, BTreeSet<Right>>> {
    let notes = fs::read_to_string(notes()).ok()?;
    let mut seen = BTreeMap::<String, BTreeSet<Right>>::new();
    for note in notes.lines() {
        let [function, action, resource] = note.split(' ').collect::<Vec<_>>()[..] else { panic!("no note: {note}") };
        seen.entry(function.to_owned()).or_default().insert((action.to_owned(), resource.to_owned()));
    }
    Some(seen)
}

/// Notes at the end of a test which calls each function made, and fails the test where one is not allowed.
pub struct Recorder(pub CallLog);

impl Drop for Recorder {
    fn drop(&mut self) {
        static NOTED: Mutex<BTreeSet<(&str, Right)>> = Mutex::new(BTreeSet::new());
        let mut forbidden = Vec::new();
        for call in self.0.calls() {
            let Some(allowed) = allowed().get(call.caller) else { continue };
            for right in needed(&call) {
                let (action, resource) = &right;
                if !allowed.contains(&right) {
                    forbidden.push(format!(
                        "{} calls {action} on {resource}, which infra/template.yaml does not allow: add it to its role",
                        call.caller
                    ));
                    continue;
                }
                let mut noted = NOTED.lock().unwrap();
                if noted.insert((call.caller, right.clone())) {
                    let mut file = OpenOptions::new().create(true).append(true).open(notes()).unwrap();
                    // one write, so that two processes do not mix their lines
                    file.write_all(format!("{} {action} {resource}\n", call.caller).as_bytes()).unwrap();
                }
            }
        }
        assert!(forbidden.is_empty() || std::thread::panicking(), "{}", forbidden.join("\n"));
    }
}
