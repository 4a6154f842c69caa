//! The operator's command line, as it is run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_sdk_secretsmanager::types::RotationRulesType;
use countersign::stack::{JWKS_SECRET, KEY_SET_SECRET, TABLE_PREFIX};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::domain::time::plus_seconds;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::key_set::KeySet;
use shared::keys::vault::Vault;
use shared::store::schema;
use tempfile::{TempDir, tempdir};

use crate::support::app::{App, JWKS, TOKEN, send};
use crate::support::aws_port::AwsPort;
use crate::support::process::{Deployment, Ended, command, free_port, run};
use crate::support::rotation::DAY;

/// Runs a command that has to succeed; answers with what it printed.
#[track_caller]
fn said(ended: &Ended) -> &str {
    assert!(ended.status.success(), "{ended:?}");
    &ended.out
}

/// Runs a command that has to fail; answers with what it said.
#[track_caller]
fn refused(ended: &Ended) -> &str {
    assert_eq!((ended.status.code(), ended.out.as_str()), (Some(1), ""), "{ended:?}");
    &ended.err
}

/// What the demo keeps of its credentials.
fn demo(folder: &TempDir) -> Value {
    let json = std::fs::read_to_string(folder.path().join(".countersign/demo.json")).unwrap();
    serde_json::from_str(&json).unwrap()
}

/// Takes all tables away, as a lost disk or a wrong deletion does; the keys of the deployment are kept elsewhere.
fn wipe(folder: &Path) {
    for file in ["dynamodb.sqlite", "dynamodb.sqlite-wal", "dynamodb.sqlite-shm"] {
        drop(std::fs::remove_file(folder.join(".countersign").join(file)));
    }
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
    let key = totp_rs::Secret::try_from_base32(person["totp_secret"].as_str().unwrap()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(key.as_ref().to_vec()).build().unwrap();
    let code = totp.generate(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).to_string();
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

#[tokio::test]
async fn a_command_makes_no_deployment_and_says_how_one_is_made() {
    let folder = tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(folder.path().join("acme.jsonl"), "").unwrap();
    for command in [
        &["doctor"][..],
        &["keys", "list"],
        &["export", "acme", "--output", "-"],
        &["notify"],
        &["invite-operator", "--email", "root@platform.example", "--name", "Root"],
    ] {
        let ended = run(folder.path(), &[command, &["--data", "empty"]].concat()).await;
        let told = refused(&ended);
        assert!(told.contains("there is no deployment in empty: start the server there once"), "{told}");
        assert_eq!(empty.read_dir().unwrap().count(), 0, "{command:?}");
    }
}

#[tokio::test]
async fn data_without_its_secrets_is_refused_by_commands_and_by_the_server() {
    let folder = tempdir().unwrap();
    Deployment::start_on(&folder, free_port()).await.stop("TERM").await;
    let (secrets, away) = (folder.path().join(".countersign/secrets.json"), folder.path().join("away"));
    std::fs::rename(&secrets, &away).unwrap();
    for command in [&["doctor"][..], &["keys", "list"], &["--listen", "127.0.0.1:0", "--ready", "json"]] {
        let ended = run(folder.path(), command).await;
        let told = refused(&ended);
        assert!(told.contains("holds data, but no pepper and no data key any more"), "{told}");
        assert!(told.contains("put secrets.json back"), "{told}");
        assert!(!secrets.exists(), "{command:?}");
    }
    std::fs::rename(&away, &secrets).unwrap();
    said(&run(folder.path(), &["doctor"]).await);
}

#[tokio::test]
async fn lost_tables_are_named_and_a_start_makes_them_anew() {
    let folder = tempdir().unwrap();
    Deployment::start_on(&folder, free_port()).await.stop("TERM").await;
    wipe(folder.path());
    let ended = run(folder.path(), &["doctor"]).await;
    let told = refused(&ended);
    assert!(told.contains("of its tables these are gone: organizations, administrators, clients"), "{told}");
    assert!(told.contains("countersign import"), "{told}");
    let stack = Deployment::start_on(&folder, free_port()).await;
    stack.token().await;
    stack.stop("TERM").await;
    said(&run(folder.path(), &["doctor"]).await);
}

#[tokio::test]
async fn keys_are_listed_and_dropped_and_rotated_when_they_may_be() {
    let folder = tempdir().unwrap();
    Deployment::start_on(&folder, free_port()).await.stop("TERM").await;
    let listed = run(folder.path(), &["keys", "list"]).await;
    let kid = |place: &str, text: &str| {
        let line = text.lines().find(|line| line.starts_with(place)).unwrap_or_else(|| panic!("{text}"));
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let (current, next) = (kid("current", said(&listed)), kid("next", said(&listed)));

    let early = run(folder.path(), &["keys", "rotate"]).await;
    assert!(refused(&early).contains("the next key was published too recently: it may sign from"), "{early:?}");
    // nothing was begun that could not come to its end
    let healthy = run(folder.path(), &["doctor"]).await;
    assert!(said(&healthy).contains("ok    rotation: every 30 days, and none is unfinished"), "{healthy:?}");
    let unknown = run(folder.path(), &["keys", "drop", "nothing"]).await;
    assert!(refused(&unknown).contains(&current), "{unknown:?}");
    let dropped = run(folder.path(), &["keys", "drop", &current]).await;
    assert_eq!(kid("current", said(&dropped)), next);
    assert!(said(&dropped).contains("ES256"), "new keys are of the kind that the old ones were");

    let stack = Deployment::start_on(&folder, free_port()).await;
    let published = stack.get(JWKS).await.text;
    assert!(published.contains(&next) && !published.contains(&current), "{published}");
    let busy = run(folder.path(), &["keys", "list"]).await;
    assert!(refused(&busy).contains("stop the server first"), "{busy:?}");
    stack.stop("TERM").await;

    let nowhere = run(folder.path(), &["keys", "list", "--data", "elsewhere"]).await;
    assert!(refused(&nowhere).contains("there is no data folder elsewhere"), "{nowhere:?}");
    assert!(!folder.path().join("elsewhere").exists());
}

#[tokio::test]
async fn reminders_are_previewed_and_sent_by_hand() {
    let folder = tempdir().unwrap();
    Deployment::start_on(&folder, free_port()).await.stop("TERM").await;
    let preview = run(folder.path(), &["notify", "--organization", "acme", "--dry-run"]).await;
    assert!(said(&preview).contains(r#""dry_run": true"#), "{preview:?}");
    let unknown = run(folder.path(), &["notify", "--organization", "nobody"]).await;
    assert!(refused(&unknown).contains("there is no organization nobody"), "{unknown:?}");
    said(&run(folder.path(), &["notify"]).await);
}

#[tokio::test]
async fn the_doctor_finds_a_folder_well() {
    let folder = tempdir().unwrap();
    Deployment::start_on(&folder, free_port()).await.stop("TERM").await;
    let ended = run(folder.path(), &["doctor"]).await;
    let lines: Vec<&str> = said(&ended).lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("ok ")), "{lines:#?}");
    for table in schema::TABLES {
        assert!(lines.iter().any(|line| line.starts_with(&format!("ok    {}: ", table.name))), "{lines:#?}");
    }
}

/// Runs a command against the services of `app`, as if they were AWS, with the SES at `ses` in the place of its own, where
/// one is named.
async fn on_aws(app: &App, ses: Option<&str>, folder: &Path, arguments: &[&str]) -> Ended {
    let aws = AwsPort::open(&app.stack.aws).await;
    let mut command = command(folder, &[arguments, &["--aws"]].concat());
    command.envs(aws.environment());
    command.envs(ses.map(|ses| ("AWS_ENDPOINT_URL_SES", ses)));
    let output = command.stderr(std::process::Stdio::piped()).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { status: output.status, out: text(output.stdout), err: text(output.stderr) }
}

/// An SES out of its sandbox, in which one domain is verified.
async fn verified_ses(domain: &'static str) -> String {
    let answer = move |body: String| async move {
        let action =
            if body.contains("Action=GetSendQuota") { "GetSendQuota" } else { "GetIdentityVerificationAttributes" };
        let result = if action == "GetSendQuota" {
            "<Max24HourSend>50000</Max24HourSend><MaxSendRate>14</MaxSendRate><SentLast24Hours>7</SentLast24Hours>"
                .to_owned()
        } else if body.contains(domain) {
            format!(
                "<VerificationAttributes><entry><key>{domain}</key><value><VerificationStatus>Success</VerificationStatus>\
                 </value></entry></VerificationAttributes>"
            )
        } else {
            "<VerificationAttributes/>".to_owned()
        };
        let body = format!(
            "<{action}Response xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><{action}Result>{result}\
             </{action}Result></{action}Response>"
        );
        ([("content-type", "text/xml")], body)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    endpoint
}

/// A deployment whose clock stands as many days behind this machine's, by which commands go.
async fn made_days_ago(days: i64) -> App {
    let at = plus_seconds(Clock::System.now(), -days * DAY);
    App::with(|configuration| configuration.clock = Clock::standing_at(at)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_works_on_aws_as_on_a_folder() {
    let app = App::start().await;
    let folder = tempdir().unwrap();
    app.clock.advance(DAY);
    let aws = async |arguments: &[&str]| on_aws(&app, None, folder.path(), arguments).await;
    let listed = aws(&["keys", "list"]).await;
    assert!(said(&listed).starts_with("current "), "{listed:?}");
    let exported = aws(&["export", "acme", "--output", "acme.jsonl"]).await;
    assert!(said(&exported).contains("records of acme"), "{exported:?}");
    let imported = aws(&["import", "acme.jsonl"]).await;
    assert!(said(&imported).contains("0 created, 0 replaced"), "{imported:?}");
    let issuer = ["--issuer", app.base.as_str()];
    let addresses = ["notify", "--dry-run", "--sender", "no-reply@id.example", "--operator", "ops@id.example"];
    said(&aws(&[&addresses[..], &issuer].concat()).await);
    let unnamed = aws(&[&["notify", "--dry-run"][..], &issuer].concat()).await;
    assert!(refused(&unnamed).contains("--sender"), "{unnamed:?}");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_a_deployment_on_aws_well() {
    let (app, folder) = (made_days_ago(60).await, tempdir().unwrap());
    let ses = verified_ses("id.example").await;
    let doctor = ["doctor", "--issuer", &app.base, "--sender", "no-reply@id.example"];
    let rules = RotationRulesType::builder().automatically_after_days(90).build();
    let scheduled = app.stack.aws.secrets_manager().rotate_secret().secret_id(KEY_SET_SECRET);
    scheduled.rotation_rules(rules).rotate_immediately(false).send().await.unwrap();
    let ended = on_aws(&app, Some(&ses), folder.path(), &doctor).await;
    let unprotected: Vec<&str> = schema::TABLES.iter().map(|table| table.name).collect();
    for line in said(&ended).lines().filter(|line| !line.starts_with(' ')) {
        let (standing, what) = line.split_once(char::is_whitespace).unwrap();
        let (what, how) = what.trim_start().split_once(": ").unwrap();
        // the embedded engine protects no table, and nothing has sent reminders yet
        let warned = unprotected.contains(&what) && how == "without deletion protection" || what == "reminders";
        assert_eq!(standing, if warned { "warn" } else { "ok" }, "{line}");
    }
    for expected in [
        "ok    metadata: ",
        "ok    keys: ",
        "ok    clock: ",
        "ok    rotation: every 90 days",
        "ok    public keys: they are those of the key set",
        "ok    mail: SES sends 7 of 50000 mails a day",
        "ok    sender: id.example is verified",
        "warn  reminders: no run",
    ] {
        assert!(ended.out.contains(expected), "{expected} in {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_names_what_is_broken_on_standard_output() {
    let (app, folder) = (made_days_ago(60).await, tempdir().unwrap());
    let ses = verified_ses("other.example").await;
    let table = schema::REVOCATIONS.name_in(TABLE_PREFIX);
    app.stack.aws.dynamodb().delete_table().table_name(table).send().await.unwrap();
    let other = KeySet::generate(SigningAlgorithm::Es256, app.now()).unwrap();
    Vault::new(app.stack.aws.secrets_manager()).publish(JWKS_SECRET, &other).await.unwrap();
    let doctor = ["doctor", "--issuer", &app.base, "--sender", "no-reply@id.example"];
    let ended = on_aws(&app, Some(&ses), folder.path(), &doctor).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.err.starts_with("countersign: not everything is well: of ") && ended.err.lines().count() == 1);
    for expected in [
        "fail  revocations: it does not exist\n      Deploy the template again",
        "fail  public keys: countersign/jwks holds other keys than the key set\n      Put what",
        "fail  sender: neither no-reply@id.example nor id.example is verified",
        "warn  rotation: every 30 days, but none since",
    ] {
        assert!(ended.out.contains(expected), "{expected} in {ended:?}");
    }
}

#[tokio::test]
async fn help_explains_each_command() {
    let folder = tempdir().unwrap();
    let whole = run(folder.path(), &["--help"]).await;
    for command in ["doctor", "export", "import", "keys", "notify"] {
        assert!(said(&whole).contains(&format!("\n  {command}")), "{whole:?}");
        said(&run(folder.path(), &[command, "--help"]).await);
    }
    let export = run(folder.path(), &["export", "--help"]).await;
    assert!(said(&export).contains("only where the pepper is the same"), "{export:?}");
}
