//! `countersign export` and `countersign import`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use countersign::names::TABLE_PREFIX;
use serde_json::{Value, json};
use shared::store::schema;
use tempfile::{TempDir, tempdir};

use crate::support::answer::send;
use crate::support::app::{App, TOKEN};
use crate::support::commands::{on_aws, refused, said, wipe};
use crate::support::people::code_of;
use crate::support::process::{Deployment, Ended, free_port, run};
use shared::clock::Clock;

/// What the demo keeps of its credentials.
fn demo(folder: &TempDir) -> Value {
    let json = std::fs::read_to_string(folder.path().join(".countersign/demo.json")).unwrap();
    serde_json::from_str(&json).unwrap()
}

/// Imports this text.
async fn import(folder: &Path, text: &str, options: &[&str]) -> Ended {
    std::fs::write(folder.join("tried.jsonl"), text).unwrap();
    run(folder, &[&["import", "tried.jsonl"], options].concat()).await
}

/// The lines with an end that counts them.
fn whole(lines: &[&str]) -> String {
    let end = json!({ "kind": "end", "records": lines.len() - 1 }).to_string();
    [lines, &[end.as_str()]].concat().join("\n")
}

fn owner(demo: &Value) -> &Value {
    demo["administrators"].as_array().unwrap().iter().find(|person| person["role"] == "owner").unwrap()
}

/// Whether a client gets a token with its secret.
async fn gets_a_token(stack: &Deployment, client_id: &str, secret: &str) -> bool {
    let request = stack.raw(TOKEN, "grant_type=client_credentials").basic_auth(client_id, Some(secret));
    send(request).await.status.is_success()
}

async fn sign_in(stack: &Deployment, person: &Value) -> String {
    let code = code_of(person["totp_secret"].as_str().unwrap(), Clock::System.now());
    let body = json!({ "email": person["email"], "password": person["password"], "one_time_password": code });
    let answer = send(stack.json("/v1/session", &body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// A folder whose deployment was started once and stopped, with its organization in `acme.jsonl`.
async fn exported() -> (TempDir, String) {
    let folder = tempdir().unwrap();
    let stack = Deployment::start_on(&folder, free_port()).await;
    stack.stop("TERM").await;
    let export = ["export", "acme", "--output", "acme.jsonl", "--administrators"];
    let ended = run(folder.path(), &export).await;
    assert!(said(&ended).contains("acme are in acme.jsonl"), "{ended:?}");
    let file = std::fs::read_to_string(folder.path().join("acme.jsonl")).unwrap();
    (folder, file)
}

#[tokio::test]
async fn the_restore_drill_brings_back_clients_people_and_settings() {
    let (folder, file) = exported().await;
    let demo = demo(&folder);
    for secret in [&demo["client_secret"], &demo["expiring_client_secret"], &demo["administrators"][0]["password"]] {
        assert!(!file.contains(secret.as_str().unwrap()), "a secret in clear stands in the file");
    }
    let mode = std::fs::metadata(folder.path().join("acme.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    wipe(folder.path());
    let ended = run(folder.path(), &["import", "acme.jsonl"]).await;
    let restored = said(&ended).to_owned();
    assert!(restored.starts_with("acme is back: ") && restored.contains("0 there already"), "{restored}");

    let stack = Deployment::start_on(&folder, free_port()).await;
    let secret = |name: &str| demo[name].as_str().unwrap().to_owned();
    assert!(gets_a_token(&stack, "wallet-acme-reporting", &secret("client_secret")).await);
    assert!(gets_a_token(&stack, "wallet-acme-legacy-import", &secret("expiring_client_secret")).await);
    let cookie = sign_in(&stack, owner(&demo)).await;
    let clients = stack.get_with_cookie("/v1/clients", &cookie).await.json();
    assert_eq!(clients["items"].as_array().unwrap().len(), 2, "{clients}");
    for action in ["organization.imported", "client.imported", "administrator.imported"] {
        let events = stack.get_with_cookie(&format!("/v1/audit?action={action}"), &cookie).await.json();
        assert!(!events["items"].as_array().unwrap().is_empty(), "{action}: {events}");
    }
    stack.stop("TERM").await;
}

#[tokio::test]
async fn an_import_goes_on_where_it_was_interrupted() {
    let (folder, file) = exported().await;
    let lines: Vec<&str> = file.lines().collect();
    let records = lines.len() - 2;
    wipe(folder.path());

    // what an import had done that was ended in the middle
    let half = records / 2;
    said(&import(folder.path(), &whole(&lines[..=half]), &[]).await);

    let ended = run(folder.path(), &["import", "acme.jsonl"]).await;
    let expected = format!("acme is back: {} created, 0 replaced, {half} there already\n", records - half);
    assert_eq!(said(&ended), expected);
    let again = run(folder.path(), &["import", "acme.jsonl"]).await;
    assert_eq!(said(&again), format!("acme is back: 0 created, 0 replaced, {records} there already\n"));
}

#[tokio::test]
async fn an_import_replaces_nothing_unless_it_is_told_to() {
    let (folder, file) = exported().await;
    let other = file.replace(r#"{"S":"Reporting"}"#, r#"{"S":"Renamed"}"#);
    assert_ne!(file, other);
    // the catalogue's resource has the same name, and is permanent
    let other: Vec<String> = other
        .lines()
        .zip(file.lines())
        .map(|(new, old)| if old.contains(r#""kind":"resource""#) { old } else { new }.to_owned())
        .collect();
    let other = other.join("\n");

    let ended = import(folder.path(), &other, &[]).await;
    let told = refused(&ended);
    assert!(told.contains("nothing was imported") && told.contains("the client wallet-acme-reporting"), "{told}");
    assert!(told.contains("--overwrite"), "{told}");
    let ended = import(folder.path(), &other, &["--overwrite"]).await;
    assert!(said(&ended).contains("0 created, 1 replaced"), "{ended:?}");

    let stack = Deployment::start_on(&folder, free_port()).await;
    assert!(gets_a_token(&stack, "wallet-acme-reporting", demo(&folder)["client_secret"].as_str().unwrap()).await);
    stack.stop("TERM").await;
    assert!(refused(&run(folder.path(), &["import", "acme.jsonl"]).await).contains("differs from the file"));
}

#[tokio::test]
async fn an_import_refuses_the_settings_that_the_api_refuses() {
    let contradictions = [
        (json!({ "secret_lifetime_days": 91, "secret_lifetime_max_days": 90 }), "secret_lifetime_days"),
        (json!({ "overlap_seconds": 3601, "overlap_max_seconds": 3600 }), "overlap_seconds"),
        (json!({ "reminder_days": [366] }), "reminder_days"),
        (json!({ "reminder_days": (0..13).collect::<Vec<_>>() }), "reminder_days"),
    ];
    let (folder, file) = exported().await;
    let app = App::start().await;
    let owner = app.owner().await;
    for (wrong, field) in contradictions {
        let answer = owner.patch("/v1/organizations/acme", &json!({ "settings": wrong })).await;
        assert_eq!(answer.wrong_fields(), [format!("settings.{field}")], "{wrong}");

        let ended = import(folder.path(), &with_settings(&file, &wrong), &["--overwrite"]).await;
        let told = refused(&ended);
        assert!(told.contains("nothing was imported") && told.contains("the organization acme"), "{told}");
        assert!(told.contains(&format!("settings.{field}")), "{wrong}: {told}");
    }
}

/// The export with these settings of the organization.
fn with_settings(file: &str, changed: &Value) -> String {
    let line = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if record["kind"] != "organization" {
            return line.to_owned();
        }
        let stored = &mut record["items"][0]["settings"]["S"];
        let mut settings: Value = serde_json::from_str(stored.as_str().unwrap()).unwrap();
        settings.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        *stored = settings.to_string().into();
        record.to_string()
    };
    file.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_import_takes_nothing_away_from_another_organization() {
    let (folder, file) = exported().await;
    let beta = file.replace("acme", "beta");
    for options in [&[][..], &["--overwrite"]] {
        let ended = import(folder.path(), &beta, options).await;
        let told = refused(&ended);
        assert!(told.contains("nothing was imported") && told.contains("belongs to the organization acme"), "{told}");
        assert!(told.contains("the administrator owner@beta.example (adm_"), "{told}");
    }
    let people_of_nobody = import(folder.path(), &beta, &["--overwrite", "--without-administrators"]).await;
    assert!(said(&people_of_nobody).starts_with("beta is back: 3 created, 0 replaced, "), "{people_of_nobody:?}");

    let stack = Deployment::start_on(&folder, free_port()).await;
    let cookie = sign_in(&stack, owner(&demo(&folder))).await;
    let people = stack.get_with_cookie("/v1/administrators", &cookie).await.json();
    assert_eq!(people["items"].as_array().unwrap().len(), 4, "{people}");
    stack.stop("TERM").await;
}

#[tokio::test]
async fn what_follows_from_a_record_is_not_taken_from_the_file() {
    let (folder, file) = exported().await;
    let misled = file
        .replace(r#""listed_in":{"S":"acme"}"#, r#""listed_in":{"S":"beta"}"#)
        .replace(r#""expiry_day":{"S":"2"#, r#""expiry_day":{"S":"3"#);
    assert!(misled != file && misled.contains(r#""expiry_day":{"S":"3"#));
    let unchanged = import(folder.path(), &misled, &[]).await;
    assert!(said(&unchanged).starts_with("acme is back: 0 created, 0 replaced"), "{unchanged:?}");
    wipe(folder.path());
    said(&import(folder.path(), &misled, &[]).await);
    let again = run(folder.path(), &["export", "acme", "--output", "again.jsonl", "--administrators"]).await;
    said(&again);
    let records = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let exported = std::fs::read_to_string(folder.path().join("again.jsonl")).unwrap();
    assert_eq!(records(&exported), records(&file));
}

#[tokio::test]
async fn an_address_that_somebody_else_has_meanwhile_stops_an_import_before_anything_is_written() {
    let (folder, file) = exported().await;
    wipe(folder.path());
    // a start makes the demo anew, with other accounts under the same addresses
    Deployment::start_on(&folder, free_port()).await.stop("TERM").await;
    let ended = import(folder.path(), &file, &["--overwrite"]).await;
    let told = refused(&ended);
    assert!(told.contains("nothing was imported"), "{told}");
    assert!(told.contains("the address of the administrator owner@acme.example (adm_"), "{told}");
    assert!(told.contains("is that of the account adm_") && told.contains("--without-administrators"), "{told}");
    let ended = import(folder.path(), &file, &["--overwrite", "--without-administrators"]).await;
    // how many differ depends on how far apart the two starts were
    assert!(said(&ended).starts_with("acme is back: 0 created, "), "{ended:?}");
}

#[tokio::test]
async fn a_suspended_organization_comes_back_suspended_with_its_clients() {
    let (folder, file) = exported().await;
    let at = r#""settings""#;
    let suspended = file.replace(at, &format!(r#""suspended_at":{{"S":"2026-03-01T12:00:00Z"}},{at}"#));
    wipe(folder.path());
    said(&import(folder.path(), &suspended, &[]).await);
    let stack = Deployment::start_on(&folder, free_port()).await;
    let secret = demo(&folder)["client_secret"].as_str().unwrap().to_owned();
    assert!(!gets_a_token(&stack, "wallet-acme-reporting", &secret).await);
    stack.stop("TERM").await;
    said(&import(folder.path(), &file, &["--overwrite"]).await);
    let stack = Deployment::start_on(&folder, free_port()).await;
    assert!(gets_a_token(&stack, "wallet-acme-reporting", &secret).await);
    stack.stop("TERM").await;
}

#[tokio::test]
async fn a_file_that_is_cut_off_changed_or_of_other_keys_is_refused() {
    let (folder, file) = exported().await;
    let lines: Vec<&str> = file.lines().collect();
    let records = &lines[..lines.len() - 1];
    let of_kind = |kind: &str| {
        let begins = format!(r#""kind":"{kind}""#);
        *lines.iter().find(|line| line.contains(&begins)).unwrap()
    };
    let client = of_kind("client");
    let foreign = file.replacen(r#"{"S":"acme"}"#, r#"{"S":"other"}"#, 1);
    let unknown = file.replacen(r#""kind":"client""#, r#""kind":"cat""#, 1);
    let later = file.replacen(r#""format":1"#, r#""format":2"#, 1);
    let renamed = file.replace("wallet-acme-", "wallet-beta-");
    let attribute = file.replacen(r#""notes""#, r#""later":{"S":"x"},"notes""#, 1);
    let without: Vec<&str> = records.iter().copied().filter(|line| *line != of_kind("organization")).collect();
    let same_address = of_kind("administrator").replace("adm_", "adm_AAAAAAAA");
    let same_address = {
        let id = same_address.split("adm_AAAAAAAA").nth(1).unwrap()[..16].to_owned();
        same_address.replace(&format!("adm_AAAAAAAA{id}"), "adm_AAAAAAAAAAAAAAAA")
    };
    for (text, expected) in [
        (records.join("\n"), "cut off"),
        (String::new(), "empty"),
        ("{}".to_owned(), "no export of format 1"),
        (later, "no export of format 1"),
        (foreign, "of another organization"),
        (unknown, "its kind is cat"),
        (file[..file.len() / 2].to_owned(), "is not JSON"),
        (format!("{file}{file}"), "stands behind the end"),
        (whole(&[records, &[client]].concat()), "stands in line"),
        (whole(&[records, &[same_address.as_str()]].concat()), "stands in line"),
        (renamed, "does not begin with wallet-acme-"),
        (attribute, "has the attribute later"),
        (whole(&without), "does not hold its organization"),
    ] {
        let ended = import(folder.path(), &text, &["--overwrite"]).await;
        assert!(refused(&ended).contains(expected), "{expected}: {ended:?}");
    }
    let prefixed = import(folder.path(), &file, &["--client-id-prefix", "id"]).await;
    assert!(refused(&prefixed).contains("does not begin with id-acme-"), "{prefixed:?}");

    let elsewhere = tempdir().unwrap();
    Deployment::start_on(&elsewhere, free_port()).await.stop("TERM").await;
    wipe(elsewhere.path());
    let ended = import(elsewhere.path(), &file, &[]).await;
    let told = refused(&ended);
    assert!(told.contains("the pepper is another") && told.contains("the data key is another"), "{told}");
    said(&import(elsewhere.path(), &file, &["--despite-other-keys"]).await);
}

#[tokio::test]
async fn an_export_goes_to_standard_output_and_may_hold_the_trail() {
    let (folder, file) = exported().await;
    let ended = run(folder.path(), &["export", "acme", "--output", "-", "--administrators", "--with-trail"]).await;
    let text = said(&ended).to_owned();
    assert!(!folder.path().join("-").exists());
    let events = text.lines().filter(|line| line.contains(r#""kind":"event""#)).count();
    assert_eq!(text.lines().count(), file.lines().count() + events);
    assert!(text.contains("organization.created") && text.contains("organization.exported"), "{text}");
    wipe(folder.path());
    let records = file.lines().count() - 2;
    let restored = import(folder.path(), &text, &[]).await;
    assert_eq!(said(&restored), format!("acme is back: {records} created, 0 replaced, 0 there already\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_brings_back_a_lost_table_beside_what_stayed() {
    let (app, folder) = (App::start().await, tempdir().unwrap());
    let (dynamodb, client) = (app.stack.aws.dynamodb(), app.demo_client());
    let aws = async |arguments: &[&str]| on_aws(&app, None, folder.path(), arguments).await;
    app.operator().await.order("/v1/organizations/acme/suspend").await.ok();
    said(&aws(&["export", "acme", "--output", "acme.jsonl"]).await);
    let table = schema::CLIENTS.name_in(TABLE_PREFIX);
    dynamodb.delete_table().table_name(table).send().await.unwrap();
    schema::CLIENTS.create_if_missing(&dynamodb, TABLE_PREFIX).await.unwrap();

    // the mark of the suspension was lost with the clients, while the organization stayed
    let ended = aws(&["import", "acme.jsonl"]).await;
    assert!(said(&ended).starts_with("acme is back: 2 created, 1 replaced, 2 there already"), "{ended:?}");
    assert!(!app.token(&client, "").await.status.is_success());
    let ended = aws(&["import", "acme.jsonl"]).await;
    assert!(said(&ended).starts_with("acme is back: 0 created, 0 replaced, 5 there already"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_promises_to_go_on_only_where_it_would() {
    let (app, folder) = (App::start().await, tempdir().unwrap());
    let aws = async |arguments: &[&str]| on_aws(&app, None, folder.path(), arguments).await;
    said(&aws(&["export", "acme", "--output", "acme.jsonl"]).await);
    let file = std::fs::read_to_string(folder.path().join("acme.jsonl")).unwrap();
    let renamed = file.replace(r#""notes":{"S":""}"#, r#""notes":{"S":"as it was"}"#);
    assert_ne!(file, renamed);
    std::fs::write(folder.path().join("acme.jsonl"), renamed).unwrap();
    let table = schema::AUDIT_EVENTS.name_in(TABLE_PREFIX);
    app.stack.aws.dynamodb().delete_table().table_name(table).send().await.unwrap();
    let ended = aws(&["import", "acme.jsonl", "--overwrite"]).await;
    let told = refused(&ended);
    assert!(told.contains("the import stopped at the client wallet-acme-"), "{told}");
    assert!(told.contains("ResourceNotFoundException; what was imported before it stays"), "{told}");
    assert!(!told.contains("run it again"), "{told}");
}
