//! `countersign doctor`.

use aws_sdk_secretsmanager::types::RotationRulesType;
use countersign::names::{JWKS_SECRET, KEY_SET_SECRET, TABLE_PREFIX};
use shared::clock::Clock;
use shared::domain::time::plus_seconds;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::key_set::KeySet;
use shared::keys::vault::Vault;
use shared::store::schema;
use tempfile::tempdir;

use crate::support::app::App;
use crate::support::commands::{on_aws, refused, said, wipe};
use crate::support::process::{Deployment, free_port, run};
use crate::support::rotation::DAY;

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
    App::with(|configuration| configuration.clock = Clock::fixed_at(at)).await
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
        let (status, what) = line.split_once(char::is_whitespace).unwrap();
        let (what, how) = what.trim_start().split_once(": ").unwrap();
        // the embedded engine protects no table, and nothing has sent reminders yet
        let warned = unprotected.contains(&what) && how == "without deletion protection" || what == "reminders";
        assert_eq!(status, if warned { "warn" } else { "ok" }, "{line}");
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
