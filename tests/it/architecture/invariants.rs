//! What docs/ARCHITECTURE.md promises of the whole system, checked on the sources and on a running deployment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Display};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign::demo;
use countersign::stack::TABLE_PREFIX;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use shared::domain::administrator::Administrator;
use shared::domain::change_request::ChangeRequest;
use shared::domain::command::{ClientCommand, Command};
use shared::domain::email::Email;
use shared::domain::event::{Action, Actor, Attribution, FieldChange, NewEvent, Target, Trail};
use shared::domain::id::{
    AdministratorId, ChangeRequestId, OrganizationKey, RequestId, ResourceKey, SessionId, Version,
};
use shared::domain::invitation::InvitationToken;
use shared::domain::password::PasswordPlaintext;
use shared::domain::privilege::Role;
use shared::domain::recovery_code::RecoveryCode;
use shared::domain::resource::NewResource;
use shared::domain::secret::SecretPlaintext;
use shared::domain::session::{NewSession, Session, SessionDigest};
use shared::domain::text::Name;
use shared::entropy;
use shared::store::CommitError;
use shared::store::change_requests::Effect;
use shared::store::item::{self, Item};
use shared::store::schema::{self, Table};
use tempfile::tempdir;
use tokio::task::JoinSet;

use crate::architecture::stored_items::shown;
use crate::support::app::{App, INTROSPECT, REVOKE, TOKEN, escaped, send};
use crate::support::process::{Deployment, command, log_of};
use crate::support::sources::{Source, literals, product, sources};

#[test]
fn the_domain_knows_no_storage_http_environment_runtime_or_clock() {
    let foreign =
        ["aws_", "axum", "http::", "lambda_", "std::env", "tokio", "now()", "SystemTime", "Instant::", "os_rng"];
    let mut found = Vec::new();
    for Source { path, code } in sources(&["shared/src/domain"]) {
        found.extend(foreign.iter().filter(|name| code.contains(**name)).map(|name| format!("{name} in {path}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_management_api_has_no_way_to_the_signing_keys() {
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

/// Every item of a table, as DynamoDB has it.
async fn items_of(app: &App, table: &Table) -> Vec<Item> {
    let scan = app.stack.aws.dynamodb().scan().table_name(table.name_in(TABLE_PREFIX)).consistent_read(true);
    let page = scan.send().await.unwrap();
    assert!(page.last_evaluated_key().is_none());
    page.items.unwrap_or_default()
}

/// Everything that is stored, in a form to compare.
pub async fn everything(app: &App) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for table in schema::TABLES {
        let items = items_of(app, &table).await;
        all.insert(table.name, items.iter().map(|item| shown(item).to_string()).collect());
    }
    all
}

/// What is stored otherwise than `before`.
pub async fn changed_since(app: &App, before: &BTreeMap<&'static str, BTreeSet<String>>) -> Vec<String> {
    let now = everything(app).await;
    before.iter().flat_map(|(table, items)| items.symmetric_difference(&now[table])).cloned().collect()
}

fn acme() -> OrganizationKey {
    OrganizationKey::parse(demo::ORGANIZATION).unwrap()
}

fn by_the_system(app: &App) -> Attribution {
    let request_id = RequestId::random(&mut entropy::os_rng());
    Attribution { actor: Actor::System, source: None, request_id, at: app.now() }
}

/// Puts an event at the last place that a trail has, so that no other finds a place behind it.
pub async fn fill_up_trail(app: &App, trail: Trail) {
    let event = NewEvent {
        trail,
        action: Action::OrganizationUpdated,
        target: Target::Organization(acme()),
        changes: Vec::new(),
    };
    let last = item::event::write(&event, &by_the_system(app), u64::MAX, item::event::FIRST_PREVIOUS);
    let put = app.stack.aws.dynamodb().put_item().table_name(schema::AUDIT_EVENTS.name_in(TABLE_PREFIX));
    put.set_item(Some(last)).send().await.unwrap();
}

#[tokio::test]
async fn nothing_of_a_change_is_stored_where_its_event_is_not() {
    let app = App::start().await;
    let stack = &app.stack;
    let client = app.client("billing").await;
    let registration = app.registration(&client).await;
    let owner = stack.administrators.by_email(&Email::parse("owner@acme.example").unwrap()).await.unwrap().unwrap();
    let organization = stack.organizations.get(&acme()).await.unwrap().unwrap();
    let catalogue = stack.organizations.catalogue().await.unwrap();
    let digest = SessionDigest("digest".to_owned());
    let id = SessionId::random(&mut entropy::os_rng());
    let new = NewSession { id, digest, source: None, user_agent: None };
    let session = Session::begin(new, owner.id.clone(), owner.session_epoch, app.now());
    let newcomer = Administrator {
        id: AdministratorId::random(&mut entropy::os_rng()),
        email: Email::parse("newcomer@acme.example").unwrap(),
        version: Version::NEW,
        ..owner.clone()
    };
    let resource = NewResource {
        key: ResourceKey::parse("payments").unwrap(),
        name: Name::parse("Payments").unwrap(),
        audience: None,
        levels: BTreeMap::from([(shared::domain::resource::AccessLevel::View, None)]),
    };
    let resource = catalogue.add(resource, app.now()).unwrap();
    let asker = app.party(Role::Owner).await;
    let disable = Command::Client { client_id: client.client_id(), change: ClientCommand::Disable };
    let id = ChangeRequestId::random(app.now(), &mut entropy::os_rng());
    let request = ChangeRequest::make(id, acme(), disable, Vec::new(), None, &asker, app.now());
    let disabled = registration.set_enabled(false, app.now()).unwrap().unwrap();
    let effect = Effect { writes: stack.clients.writes(&disabled), events: vec![disabled.event] };
    let without_secret = registration.delete_secret(&client.secret_id(), true, app.now()).unwrap();

    fill_up_trail(&app, Trail::Organization(acme())).await;
    fill_up_trail(&app, Trail::Platform).await;
    let before = everything(&app).await;
    let (trail, by) = (&stack.trail, &by_the_system(&app));
    let refused = tokio::join!(
        stack.clients.commit(&without_secret, trail, by),
        stack.administrators.create(&newcomer, trail, by),
        stack.administrators.sign_in(&owner, 1, &session, trail, by),
        stack.organizations.commit(&organization, Action::OrganizationUpdated, Vec::new(), trail, by),
        stack.organizations.commit_resource(&catalogue, &resource, trail, by),
        stack.change_requests.commit(&request, effect, trail, by),
    );
    // two events that both want the last place are refused before they are tried again
    assert!(matches!(refused.5, Err(CommitError::Busy | CommitError::Store(_))), "{:?}", refused.5);
    let refused = [refused.0, refused.1, refused.2, refused.3, refused.4];
    for (number, outcome) in refused.into_iter().enumerate() {
        assert!(matches!(outcome, Err(CommitError::Busy)), "{number}: {outcome:?}");
    }
    assert_eq!(changed_since(&app, &before).await, Vec::<String>::new());
    app.token(&client, "").await.token();
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

#[tokio::test]
async fn an_event_that_does_not_fit_takes_its_change_with_it() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let mut change = app.registration(&client).await.set_enabled(false, app.now()).unwrap().unwrap();
    let long = Value::from("a".repeat(500_000));
    change.event.changes = FieldChange::between("notes", Value::Null, long).into_iter().collect();
    let before = everything(&app).await;
    let outcome = app.stack.clients.commit(&change, &app.stack.trail, &by_the_system(&app)).await;
    assert!(matches!(outcome, Err(CommitError::Store(_))), "{outcome:?}");
    assert_eq!(changed_since(&app, &before).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_that_comes_too_late_leaves_no_event() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let registration = app.registration(&client).await;
    app.set_enabled(&client, false).await;
    let before = everything(&app).await;
    let late = registration.delete(app.now()).unwrap();
    let outcome = app.stack.clients.commit(&late, &app.stack.trail, &by_the_system(&app)).await;
    assert!(matches!(outcome, Err(CommitError::Conflict { write: 0 })), "{outcome:?}");
    assert_eq!(changed_since(&app, &before).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_changes_at_once_make_one_chain_without_a_gap() {
    let app = Arc::new(App::start().await);
    let mut changes = JoinSet::new();
    for number in 0..30 {
        let app = Arc::clone(&app);
        changes.spawn(async move { app.client(&format!("client-{number}")).await });
    }
    let clients = changes.join_all().await;
    let mut events = items_of(&app, &schema::AUDIT_EVENTS).await;
    events.retain(|event| event[schema::TRAIL] == AttributeValue::S(demo::ORGANIZATION.to_owned()));
    events.sort_by_key(|event| item::event::read_link(event).unwrap().0);
    let mut previous = item::event::FIRST_PREVIOUS.to_owned();
    for (at, raw) in events.iter().enumerate() {
        let event = item::event::read(raw).unwrap();
        assert_eq!(event.sequence, at as u64 + 1);
        assert_eq!(event.previous_hash, previous, "at {}", event.sequence);
        assert_eq!(event.hash, item::event::hash_of(raw), "at {}", event.sequence);
        previous = event.hash;
    }
    let targets: BTreeSet<String> = events
        .iter()
        .map(|raw| item::event::read(raw).unwrap().what)
        .filter_map(|what| match (what.action, what.target) {
            (Action::ClientCreated, Target::Client(id)) => Some(id.to_string()),
            _ => None,
        })
        .collect();
    assert!(clients.iter().all(|client| targets.contains(&client.id)), "{targets:?}");

    // whoever changes a stored event breaks the chain
    let mut forged = events[3].clone();
    for value in forged.values_mut() {
        if let AttributeValue::S(text) = value
            && text == "system"
        {
            *value = AttributeValue::S("client#wallet-acme-reporting".to_owned());
        }
    }
    assert_ne!(item::event::hash_of(&forged), item::event::hash_of(&events[3]));
}

/// Does not compile where the type has one of the traits: then there are two answers to what `A` is.
macro_rules! assert_lacks {
    ($($type:ty: $($trait:path),+;)+) => {
        $(const _: fn() = || {
            trait Ambiguous<A> {
                fn answer() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            $({
                struct Has;
                impl<T: ?Sized + $trait> Ambiguous<Has> for T {}
            })+
            <$type as Ambiguous<_>>::answer();
        };)+
    };
}

assert_lacks! {
    SecretPlaintext: Debug, Display, Serialize, Clone, ToString;
    RecoveryCode: Debug, Display, Serialize, Clone, ToString;
    InvitationToken: Debug, Display, Serialize, Clone, ToString;
    shared::mail::Mail: Debug, Display, Serialize, Clone;
    PasswordPlaintext: Debug, Display, Serialize, Clone, ToString;
    token_endpoint::client_authentication::PresentedCredentials: Debug, Display, Serialize, Clone;
    token_endpoint::client_authentication::PresentedSecret: Debug, Display, Serialize, Clone;
    token_endpoint::form::Form<'static>: Debug, Display, Serialize, Clone;
    countersign::demo::Credentials: Debug, Display, Clone;
    countersign::demo::Person: Debug, Display, Clone;
    countersign::ready::Ready<'static>: Debug, Display, Clone;
}

#[test]
fn what_holds_something_secret_in_clear_cannot_be_printed() {
    let secret =
        ["Zeroizing<", "SecretPlaintext", "PasswordPlaintext", "OneTimePassword", "RecoveryCode", "InvitationToken"];
    let mut found = Vec::new();
    let mut seen = 0;
    for Source { path, code } in product() {
        for (at, _) in code.match_indices("struct ") {
            let declaration = &code[at..];
            let end = declaration.find([';', '}']).unwrap_or(declaration.len());
            if !secret.iter().any(|name| declaration[..end].contains(name)) {
                continue;
            }
            seen += 1;
            let attributes: Vec<&str> = code[..at]
                .lines()
                .rev()
                .skip(usize::from(!code[..at].ends_with('\n')))
                .take_while(|line| line.trim_start().starts_with("#["))
                .collect();
            let printed =
                ["Debug", "Display", "Serialize"].iter().filter(|name| attributes.join("\n").contains(**name));
            let name = declaration.split_whitespace().nth(1).unwrap();
            found.extend(printed.map(|printed| format!("{path}: {name} has {printed}")));
        }
    }
    assert!(seen >= 8, "only {seen} declarations were found");
    assert!(found.is_empty(), "{found:#?}");
}

/// Every text of a JSON value, those inside texts that are JSON themselves among them.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => texts(&inner, into),
            _ => into.push(text.clone()),
        },
        Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
        // the keys that are published
        Value::Object(members) if members.contains_key("kty") => assert!(!members.contains_key("d"), "{value}"),
        // the name of a key is public
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "kid").for_each(|(_, value)| texts(value, into));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn one_time_password(totp_secret: &str) -> String {
    let key = totp_rs::Secret::try_from_base32(totp_secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(key.as_ref().to_vec()).build().unwrap();
    let seconds = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    totp.generate(seconds).to_string()
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_secret_at_any_level() {
    let folder = tempdir().unwrap();
    let arguments = ["--ready", "json", "--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"];
    let mut starting = command(folder.path(), &arguments);
    starting.env("RUST_LOG", "trace");
    let stack = Deployment::spawn(starting).await.unwrap();
    let (id, secret) = (stack.said("client_id").to_owned(), stack.said("client_secret").to_owned());
    let mut secrets = vec![secret.clone()];
    let mut headers = Vec::new();

    // machines: every way to authenticate, rightly and wrongly, and every endpoint
    for (id, secret) in [(id.as_str(), secret.as_str()), (&id, "cs_WRONGWRONGWRONG"), ("wallet-acme-nobody", &secret)] {
        let grant = "grant_type=client_credentials";
        let escaped_pair = format!("{}:{}", escaped(id), escaped(secret));
        for pair in [format!("{id}:{secret}"), escaped_pair, format!("{id}%{secret}"), format!("{id}:{secret}%")] {
            let header = STANDARD.encode(pair);
            let request = stack.raw(TOKEN, grant).header("authorization", format!("Basic {header}"));
            let answer = send(request).await;
            secrets.extend(answer.json()["access_token"].as_str().map(str::to_owned));
            headers.push(header);
        }
        for path in [TOKEN, INTROSPECT, REVOKE] {
            let form = format!("{grant}&client_id={id}&client_secret={secret}&token={secret}");
            send(stack.raw(path, &form)).await;
            send(stack.raw(&format!("{path}?client_secret={secret}"), &form)).await;
            send(stack.raw(path, &format!("{form}&%"))).await;
        }
        send(stack.raw(TOKEN, grant).header("authorization", format!("Bearer {secret}"))).await;
    }
    let token = stack.token().await;
    assert!(stack.is_active(&token).await);
    for path in ["/demo/whoami", "/demo/whoami?access_token=x", "/v1/clients"] {
        let request = stack.raw(path, "").header("authorization", format!("Bearer {token}"));
        send(request).await;
    }
    stack.revoke(&token).await;
    secrets.push(token);

    // people: a sign-in that fails and one that works, and a client with a new secret
    let person = stack.ready["administrators"].as_array().unwrap().iter().find(|person| person["role"] == "owner");
    let text = |name: &str| person.unwrap()[name].as_str().unwrap().to_owned();
    let (email, password, totp_secret) = (text("email"), text("password"), text("totp_secret"));
    let wrong_password = "a-wrong-password-that-nobody-has";
    let code = one_time_password(&totp_secret);
    let mut cookie = String::new();
    for password in [wrong_password, &password] {
        let body = serde_json::json!({ "email": email, "password": password, "one_time_password": code });
        let answer = send(stack.json("/v1/session", &body)).await;
        cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        assert_eq!(answer.status.is_success(), password != wrong_password, "{answer:?}");
    }
    let new = serde_json::json!({ "key": "billing", "name": "Billing", "grants": { "banking": "view" } });
    let created = send(stack.json("/v1/clients", &new).header("cookie", &cookie)).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let mut shown = Vec::new();
    texts(&created.json(), &mut shown);
    let made: Vec<String> = shown.into_iter().filter(|text| SecretPlaintext::parse(text).is_ok()).collect();
    assert_eq!(made.len(), 1, "{}", created.text);
    secrets.extend(made);
    secrets.push(wrong_password.to_owned());
    secrets.push(cookie.split_once('=').unwrap().1.to_owned());
    let (status, _) = stack.stop("TERM").await;
    assert_eq!(status.code(), Some(0));

    // what the deployment keeps beside its tables: the demo, keys, pepper
    for (file, count) in [("demo.json", 12), ("secrets.json", 4)] {
        let json = std::fs::read_to_string(folder.path().join(".countersign").join(file)).unwrap();
        let mut kept = Vec::new();
        texts(&serde_json::from_str(&json).unwrap(), &mut kept);
        // beside them stand addresses, names and times
        let known = |text: &str| {
            text.contains('@')
                || ["countersign", "arn:"].iter().any(|start| text.starts_with(start))
                || text.parse::<Timestamp>().is_ok()
        };
        let kept: Vec<String> = kept.into_iter().filter(|text| text.len() >= 20 && !known(text)).collect();
        assert_eq!(kept.len(), count, "secrets in {file}");
        secrets.extend(kept);
    }
    let log = log_of(folder.path());
    let lines = log.lines().count();
    assert!(lines > 50, "at trace level there is more than {lines} lines");
    for (outcome, times) in [("issued", 2), ("refused", 10), ("introspected", 2), ("revoked", 1)] {
        let logged = log.matches(&format!(r#""outcome":"{outcome}""#)).count();
        assert!(logged >= times, "{outcome} is logged {logged} times");
    }
    let mut found = Vec::new();
    for secret in &secrets {
        // the id inside a secret may be shown, the rest may not
        let hidden =
            secret.strip_prefix("cs_").and_then(|rest| rest.split_once('_')).map_or(secret.as_str(), |it| it.1);
        let forms = [hidden.to_owned(), escaped(hidden), STANDARD.encode(hidden), URL_SAFE_NO_PAD.encode(hidden)];
        found.extend(forms.into_iter().filter(|form| log.contains(form)));
    }
    found.extend(headers.into_iter().filter(|header| log.contains(header)));
    let marks = ["$argon2", "__Host-", "client_secret=", "PRIVATE KEY"];
    found.extend(marks.iter().filter(|mark| log.contains(**mark)).map(|mark| (*mark).to_owned()));
    let where_found: Vec<&str> = log.lines().filter(|line| found.iter().any(|form| line.contains(form))).collect();
    assert!(found.is_empty(), "{found:#?} in\n{}", where_found.join("\n"));
}
