//! The operator commands.

use tempfile::tempdir;

use crate::support::app::{App, JWKS};
use crate::support::commands::{on_aws, refused, said};
use crate::support::process::{Deployment, free_port, run};
use crate::support::rotation::DAY;

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
