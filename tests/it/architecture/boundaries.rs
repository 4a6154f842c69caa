//! Rules on the sources: what each part may use, and where it may write.

use std::collections::BTreeSet;

use crate::support::sources::{Source, literals, product, sources};

#[test]
fn the_domain_uses_no_storage_http_environment_runtime_or_clock() {
    let foreign =
        ["aws_", "axum", "http::", "lambda_", "std::env", "tokio", "now()", "SystemTime", "Instant::", "os_rng"];
    let mut found = Vec::new();
    for Source { path, code } in sources(&["shared/src/domain"]) {
        found.extend(foreign.iter().filter(|name| code.contains(**name)).map(|name| format!("{name} in {path}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_management_api_cannot_reach_the_signing_keys() {
    let ways = ["key_set", "KeySet", "KEY_SET", "keys::ring", "keys::signing", "KeyRing"];
    let mut found = Vec::new();
    for Source { path, code } in sources(&["functions/management-api/src"]) {
        found.extend(ways.iter().filter(|name| code.contains(**name)).map(|name| format!("{name} in {path}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The names of attributes: each is a constant of the schema or of one kind of item.
fn attribute_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for Source { path, code } in sources(&["shared/src/store"]) {
        if path.starts_with("shared/src/store/item/") || path.ends_with("/schema.rs") {
            let constants = code.lines().filter(|line| line.contains("const ") && line.contains(": &str = \""));
            names.extend(constants.map(|line| literals(line)[0].to_owned()));
        }
    }
    assert!(names.contains("client_id") && names.contains("verifier"), "the constants have moved: {names:?}");
    names
}

#[test]
fn attribute_names_are_written_in_item_and_schema_only() {
    let names = attribute_names();
    let mut found = Vec::new();
    for Source { path, code } in sources(&["shared/src/store"]) {
        if path.starts_with("shared/src/store/item/") || path.ends_with("/schema.rs") {
            continue;
        }
        // the fields of an event are named as the management API names them
        let own: Vec<&str> = code.lines().filter(|line| !line.contains("FieldChange::between(")).collect();
        let own = own.join("\n");
        found.extend(
            literals(&own).into_iter().filter(|text| names.contains(*text)).map(|text| format!("{text:?} in {path}")),
        );
        let constants = own.lines().filter(|line| line.contains("const ") && line.contains(": &str"));
        found.extend(constants.map(|line| format!("a name of its own in {path}: {line}")));
        for expression in own.split("_expression(").skip(1).filter_map(|rest| rest.strip_prefix('"')) {
            let expression = expression.split('"').next().unwrap();
            let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && !"_#:{}".contains(c));
            let known =
                ["", "SET", "ADD", "REMOVE", "OR", "AND", "BETWEEN", "attribute_exists", "attribute_not_exists"];
            let written = words.filter(|word| !word.starts_with(['#', ':', '{']) && !known.contains(word));
            found.extend(written.map(|word| format!("{word} in an expression of {path}")));
        }
    }
    for Source { path, code } in product() {
        let local_aws = path.starts_with("infra/local/src/aws/");
        if path.starts_with("shared/src/store/") || local_aws {
            continue;
        }
        let means =
            ["AttributeValue", "expression_attribute_", "_expression(", "Writer::default", "Reader::new", ".set_item("];
        found.extend(means.iter().filter(|name| code.contains(**name)).map(|name| format!("{name} in {path}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Every write that is committed without an event, with the reason why it may be: none of them is a change of state
/// that an administrator makes.
const WRITES_WITHOUT_EVENT: [(&str, &str, &str); 9] = [
    ("shared/src/store/administrators/sessions.rs", "update_item", "when a session was last used, once a minute"),
    ("shared/src/store/attempts.rs", "update_item", "counts of failed authentications, kept for minutes"),
    ("shared/src/store/batch.rs", "batch_write_item", "the marks of many mails at once, in the ledger"),
    ("shared/src/store/clients.rs", "update_item", "a secret's last use, and its hash under new parameters"),
    ("shared/src/store/idempotency.rs", "put_item", "that a request under an idempotency key began, for a day"),
    ("shared/src/store/idempotency.rs", "update_item", "what came of such a request"),
    ("shared/src/store/idempotency.rs", "delete_item", "that such a request was refused, and nothing came of it"),
    ("shared/src/store/reminders.rs", "update_item", "the ledger of mails, and addresses that refuse them"),
    ("shared/src/store/revocations.rs", "put_item", "tokens that their own client gave up, until they end"),
];

#[test]
fn writes_without_an_event_are_those_of_a_short_list() {
    let writes = [
        "transact_write_items",
        "put_item",
        "update_item",
        "delete_item",
        "batch_write_item",
        "execute_statement",
        "execute_transaction",
        "batch_execute_statement",
    ];
    let mut found = BTreeSet::new();
    // what arrives at the embedded database itself was written by somebody else
    for Source { path, code } in product().into_iter().filter(|source| source.path != "infra/local/src/aws/dynamodb.rs")
    {
        for write in writes {
            let calls = code.matches(&format!(".{write}(")).count();
            assert!(calls <= 1, "{path} calls {write} {calls} times");
            found.extend((calls == 1).then(|| (path.clone(), write)));
        }
    }
    assert!(found.remove(&("shared/src/store/audit.rs".to_owned(), "transact_write_items")));
    let listed: BTreeSet<_> = WRITES_WITHOUT_EVENT.map(|(path, write, _)| (path.to_owned(), write)).into();
    assert_eq!(found, listed);
}

#[test]
fn clients_and_secrets_change_in_one_place_alone() {
    let ways = ["clients.commit(", "clients.writes("];
    let mut found = BTreeSet::new();
    for Source { path, code } in product() {
        if path.starts_with("functions/") && ways.iter().any(|way| code.contains(way)) {
            found.insert(path);
        }
    }
    let commands = ["effect.rs", "submit.rs"].map(|file| format!("functions/management-api/src/app/commands/{file}"));
    assert_eq!(found, commands.into(), "a way around the second administrator");
}
