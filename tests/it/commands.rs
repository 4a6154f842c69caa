//! The operator's command line, as it is run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};
use shared::store::schema;
use tempfile::{TempDir, tempdir};

use crate::app::{App, JWKS, TOKEN, send};
use crate::aws_port::AwsPort;
use crate::process::{Deployment, Ended, command, free_port, run};
use crate::rotation_world::DAY;

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
    for file in ["dynamodb.sqlite", "dynamodb.sqlite-wal", "dynamodb.sqlite-shm", "tables"] {
        drop(std::fs::remove_file(folder.join(".countersign").join(file)));
    }
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
    let owner = demo["administrators"].as_array().unwrap().iter().find(|person| person["role"] == "owner").unwrap();
    let cookie = sign_in(&stack, owner).await;
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
    let mut first: Vec<String> = lines[..=half].iter().map(|line| (*line).to_owned()).collect();
    first.push(json!({ "kind": "end", "records": half }).to_string());
    std::fs::write(folder.path().join("half.jsonl"), first.join("\n")).unwrap();
    said(&run(folder.path(), &["import", "half.jsonl"]).await);

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
    std::fs::write(folder.path().join("other.jsonl"), other.join("\n")).unwrap();

    let ended = run(folder.path(), &["import", "other.jsonl"]).await;
    let told = refused(&ended);
    assert!(told.contains("nothing was imported") && told.contains("the client wallet-acme-reporting"), "{told}");
    assert!(told.contains("--overwrite"), "{told}");
    let ended = run(folder.path(), &["import", "other.jsonl", "--overwrite"]).await;
    assert!(said(&ended).contains("0 created, 1 replaced"), "{ended:?}");

    let stack = Deployment::start_on(&folder, free_port()).await;
    assert!(gets_a_token(&stack, "wallet-acme-reporting", demo(&folder)["client_secret"].as_str().unwrap()).await);
    stack.stop("TERM").await;
    assert!(refused(&run(folder.path(), &["import", "acme.jsonl"]).await).contains("differs from the file"));
}

#[tokio::test]
async fn a_file_that_is_cut_off_changed_or_of_other_keys_is_refused() {
    let (folder, file) = exported().await;
    let lines: Vec<&str> = file.lines().collect();
    let foreign = file.replacen(r#"{"S":"acme"}"#, r#"{"S":"other"}"#, 1);
    let unknown = file.replacen(r#""kind":"client""#, r#""kind":"cat""#, 1);
    let later = file.replacen(r#""format":1"#, r#""format":2"#, 1);
    for (text, expected) in [
        (lines[..lines.len() - 1].join("\n"), "cut off"),
        (String::new(), "empty"),
        ("{}".to_owned(), "no export of format 1"),
        (later, "no export of format 1"),
        (foreign, "of another organization"),
        (unknown, "its kind is cat"),
        (file[..file.len() / 2].to_owned(), "is not JSON"),
    ] {
        std::fs::write(folder.path().join("bad.jsonl"), &text).unwrap();
        let ended = run(folder.path(), &["import", "bad.jsonl"]).await;
        assert!(refused(&ended).contains(expected), "{expected}: {ended:?}");
    }

    let elsewhere = tempdir().unwrap();
    std::fs::create_dir(elsewhere.path().join(".countersign")).unwrap();
    std::fs::write(elsewhere.path().join("acme.jsonl"), &file).unwrap();
    let ended = run(elsewhere.path(), &["import", "acme.jsonl"]).await;
    let told = refused(&ended);
    assert!(told.contains("the pepper is another") && told.contains("the data key is another"), "{told}");
    said(&run(elsewhere.path(), &["import", "acme.jsonl", "--despite-other-keys"]).await);
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

/// Runs a command against the services of `app`, as if they were AWS.
async fn on_aws(app: &App, folder: &Path, arguments: &[&str]) -> Ended {
    let aws = AwsPort::open(&app.stack.aws).await;
    let issuer = app.base.as_str();
    let mut command = command(folder, &[arguments, &["--aws", "--issuer", issuer]].concat());
    command.envs(aws.environment());
    let output = command.stderr(std::process::Stdio::piped()).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { status: output.status, out: text(output.stdout), err: text(output.stderr) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_works_on_aws_as_on_a_folder() {
    let app = App::start().await;
    let folder = tempdir().unwrap();
    app.clock.advance(DAY);
    let ended = on_aws(&app, folder.path(), &["doctor"]).await;
    let lines = said(&ended);
    for expected in ["ok    metadata: ", "ok    keys: ", "ok    clock: ", "ok    clients: ", "ok    rotation: "] {
        assert!(lines.contains(expected) || lines.contains(&expected.replace("ok  ", "warn")), "{expected} in {lines}");
    }
    assert!(lines.contains("warn  reminders: no run"), "{lines}");

    let listed = on_aws(&app, folder.path(), &["keys", "list"]).await;
    assert!(said(&listed).starts_with("current "), "{listed:?}");
    let exported = on_aws(&app, folder.path(), &["export", "acme", "--output", "acme.jsonl"]).await;
    assert!(said(&exported).contains("records of acme"), "{exported:?}");
    let imported = on_aws(&app, folder.path(), &["import", "acme.jsonl"]).await;
    assert!(said(&imported).contains("0 created, 0 replaced"), "{imported:?}");
    let arguments = ["notify", "--dry-run", "--sender", "no-reply@id.example", "--operator", "ops@id.example"];
    said(&on_aws(&app, folder.path(), &arguments).await);
    let unnamed = on_aws(&app, folder.path(), &["notify", "--dry-run"]).await;
    assert!(refused(&unnamed).contains("--sender"), "{unnamed:?}");

    // what is broken is named, with how to mend it
    let table = schema::REVOCATIONS.name_in(countersign::stack::TABLE_PREFIX);
    app.stack.aws.dynamodb().delete_table().table_name(table).send().await.unwrap();
    let ended = on_aws(&app, folder.path(), &["doctor"]).await;
    let told = refused(&ended);
    assert!(told.contains("fail  revocations: it does not exist\n      Deploy the template again"), "{told}");
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
