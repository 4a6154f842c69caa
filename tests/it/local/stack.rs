//! The local stack: the binary itself, on one port.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tempfile::{TempDir, tempdir};
use tokio::io::BufReader;
use tokio::process::Command;

use crate::support::app::{INTROSPECT, JWKS, REVOKE, TOKEN, WHOAMI};
use crate::support::encoding::parts;
use crate::support::process::{Deployment, command, free_port, line_of, log_of, run};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const ROLES: [&str; 5] = ["operator", "owner", "administrator", "credential_manager", "viewer"];

/// Whether this run must not leave anything out.
fn everything_counts() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

async fn ephemeral(folder: &TempDir) -> Deployment {
    Deployment::start(folder, &["--ephemeral", "--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"]).await
}

#[tokio::test]
async fn the_ready_line_is_one_line_of_json_and_at_that_moment_everything_answers() {
    let folder = tempdir().unwrap();
    let stack = Deployment::start(&folder, &["--listen", "127.0.0.1:0"]).await;
    let token = stack.token().await;
    let names: Vec<&String> = stack.ready.as_object().unwrap().keys().collect();
    let expected = ["administrators", "client_id", "client_secret", "console", "issuer", "mailbox", "token_endpoint"];
    assert_eq!(names, expected);
    let issuer = stack.said("issuer");
    assert!(issuer.starts_with("http://127.0.0.1:") && !issuer.ends_with(":0"), "{issuer}");
    assert_eq!(stack.said("token_endpoint"), format!("{issuer}{TOKEN}"));
    assert_eq!(stack.said("console"), format!("{issuer}/console/"));
    let people = stack.ready["administrators"].as_array().unwrap();
    assert_eq!(people.iter().map(|person| person["role"].as_str().unwrap()).collect::<Vec<_>>(), ROLES);
    for person in people {
        for name in ["email", "password", "totp_secret", "role"] {
            assert!(!person[name].as_str().unwrap().is_empty(), "{name}");
        }
        let organization = &person["organization"];
        assert_eq!(organization.as_str(), (person["role"] != "operator").then_some("acme"));
    }
    let metadata = stack.get(OAUTH).await.json();
    assert_eq!(
        (metadata["issuer"].as_str(), metadata["token_endpoint"].as_str()),
        (Some(issuer), Some(stack.said("token_endpoint")))
    );
    assert_eq!(stack.get(JWKS).await.status, 200);
    assert_eq!(stack.get(WHOAMI).await.status, 401);
    assert!(!stack.get("/").await.status.is_server_error());
    assert!(stack.is_active(&token).await);
    stack.revoke(&token).await;
    assert!(!stack.is_active(&token).await);
    let (status, rest) = stack.stop("TERM").await;
    assert_eq!((status.code(), rest.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn the_printed_commands_work_when_pasted() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().await.is_err() {
        assert!(!everything_counts(), "curl is missing");
        eprintln!("SKIPPED: the printed commands were not tried, since there is no curl. Install it to try them.");
        return;
    }
    let folder = tempdir().unwrap();
    let mut child = command(folder.path(), &["--ephemeral", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut commands = Vec::new();
    loop {
        let line = line_of(&mut out).await.unwrap();
        if line.starts_with("Documents:") {
            break;
        }
        commands.extend(line.trim().starts_with("curl ").then(|| line.trim().to_owned()));
    }
    let pasted = async |command: &str| {
        let output = Command::new("sh").arg("-c").arg(command).output().await.unwrap();
        assert!(output.status.success(), "{command}");
        String::from_utf8(output.stdout).unwrap()
    };
    let answer: Value = serde_json::from_str(&pasted(&commands[0]).await).unwrap();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(parts(answer["access_token"].as_str().unwrap()).1["client_id"], "wallet-acme-reporting");
    let caller: Value = serde_json::from_str(&pasted(&commands[1]).await).unwrap();
    assert_eq!(caller["client_id"], "wallet-acme-reporting");
    assert_eq!((&caller["organization"], &caller["environment"]), (&"acme".into(), &"production".into()));
}

#[tokio::test]
async fn the_printed_documents_are_there() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    let (listen, issuer) = (format!("127.0.0.1:{port}"), format!("http://127.0.0.1:{port}/realms/partner"));
    let mut child = command(folder.path(), &["--ephemeral", "--listen", &listen, "--issuer", &issuer]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let documents = loop {
        let line = line_of(&mut out).await.unwrap();
        if let Some(documents) = line.strip_prefix("Documents: ") {
            break documents.to_owned();
        }
    };
    let mut documents = documents.split_whitespace();
    let metadata: Value = reqwest::get(documents.next().unwrap()).await.unwrap().json().await.unwrap();
    assert_eq!(metadata["issuer"], *issuer);
    let keys: Value = reqwest::get(documents.next().unwrap()).await.unwrap().json().await.unwrap();
    assert!(keys["keys"].is_array());
}

#[tokio::test]
async fn a_restart_keeps_the_ready_line_the_client_its_secret_and_the_keys() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    let stack = Deployment::start_on(&folder, port).await;
    let (line, jwks) = (stack.line.clone(), stack.get(JWKS).await.text);
    let (before, revoked) = (stack.token().await, stack.token().await);
    stack.revoke(&revoked).await;
    assert_eq!(stack.stop("TERM").await.0.code(), Some(0));
    let stack = Deployment::start_on(&folder, port).await;
    assert_eq!(stack.line, line);
    assert_eq!(stack.get(JWKS).await.text, jwks);
    let after = stack.token().await;
    assert_eq!(parts(&before).0["kid"], parts(&after).0["kid"]);
    assert!(stack.is_active(&before).await && stack.is_active(&after).await);
    assert!(!stack.is_active(&revoked).await);
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_right_behind_it() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    let mut stack = Deployment::start_on(&folder, port).await;
    let line = stack.line.clone();
    let kept = stack.token().await;
    stack.kill().await;
    let mut revoked = Vec::new();
    for round in 0..4 {
        stack = Deployment::start_on(&folder, port).await;
        assert_eq!(stack.line, line);
        assert!(stack.is_active(&kept).await, "round {round}");
        let token = stack.token().await;
        assert!(stack.is_active(&token).await);
        stack.revoke(&token).await;
        stack.kill().await;
        revoked.push(token);
    }
    stack = Deployment::start_on(&folder, port).await;
    for (round, token) in revoked.iter().enumerate() {
        assert!(!stack.is_active(token).await, "round {round}");
    }
    assert!(stack.is_active(&kept).await);
}

#[tokio::test]
async fn a_first_start_that_was_killed_goes_on_where_it_stopped() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    let listen = format!("127.0.0.1:{port}");
    for milliseconds in [0, 30, 60, 120, 240, 480] {
        let mut child = command(folder.path(), &["--ready", "json", "--listen", &listen]).spawn().unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
        child.kill().await.unwrap();
    }
    let stack = Deployment::start_on(&folder, port).await;
    let token = stack.token().await;
    assert!(stack.is_active(&token).await);
}

#[tokio::test]
async fn data_without_the_list_of_its_tables_is_kept() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    let stack = Deployment::start_on(&folder, port).await;
    let token = stack.token().await;
    stack.revoke(&token).await;
    stack.kill().await;
    std::fs::remove_file(folder.path().join(".countersign/tables")).unwrap();
    let stack = Deployment::start_on(&folder, port).await;
    assert!(!stack.is_active(&token).await);
    assert!(stack.is_active(&stack.token().await).await);
}

#[tokio::test]
async fn an_ephemeral_stack_leaves_nothing_behind() {
    let folder = tempdir().unwrap();
    let (one, other) = (ephemeral(&folder).await, ephemeral(&folder).await);
    assert_ne!(one.said("client_secret"), other.said("client_secret"));
    assert!(one.is_active(&one.token().await).await);
    assert!(!other.is_active(&one.token().await).await, "another's token is foreign");
    one.stop("TERM").await;
    other.stop("TERM").await;
    let left: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["log"], "nothing but what this test itself put there");
}

#[tokio::test]
async fn an_issuer_with_a_path_has_everything_below_it() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    let issuer = "https://id.example/realms/partner";
    let listen = format!("127.0.0.1:{port}");
    let mut stack = Deployment::start(&folder, &["--issuer", issuer, "--listen", &listen, "--ephemeral"]).await;
    assert_eq!((stack.said("issuer"), stack.said("console")), (issuer, "https://id.example/realms/partner/console/"));
    assert_eq!(stack.said("token_endpoint"), "https://id.example/realms/partner/oauth2/token");
    stack.origin = format!("http://{listen}");
    let metadata = stack.get(&format!("{OAUTH}/realms/partner")).await.json();
    assert_eq!(metadata["issuer"], issuer);
    let token = stack.post("/realms/partner/oauth2/token", "grant_type=client_credentials").await.token();
    assert_eq!(parts(&token).1["iss"], issuer);
    let said = stack.post(&format!("/realms/partner{INTROSPECT}"), &format!("token={token}")).await.json();
    assert_eq!((&said["active"], &said["iss"]), (&true.into(), &issuer.into()));
    for outside in [TOKEN, INTROSPECT, REVOKE] {
        assert_eq!(stack.post(outside, "grant_type=client_credentials&token=x").await.status, 404, "{outside}");
    }
}

// whoever could reach Secrets Manager or DynamoDB would read the signing keys and the tables
#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_listens_but_the_one_port() {
    let folder = tempdir().unwrap();
    let stack = ephemeral(&folder).await;
    stack.token().await;
    let listening: Vec<String> = stack.listening().iter().map(|port| format!("http://127.0.0.1:{port}")).collect();
    assert_eq!(listening, [stack.origin.as_str()]);
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    let stack = Deployment::start_on(&folder, port).await;
    let refused = run(folder.path(), &["--ready", "json", "--listen", "127.0.0.1:0"]).await;
    assert_eq!((refused.status.code(), refused.out.as_str()), (Some(1), ""), "{refused:?}");
    assert_eq!(refused.err, "countersign: another process is using .countersign; choose another folder with --data\n");
    assert!(stack.is_active(&stack.token().await).await, "the first goes on");
    let elsewhere = Deployment::start(&folder, &["--data", "other", "--listen", "127.0.0.1:0"]).await;
    elsewhere.token().await;
    stack.kill().await;
    let stack = Deployment::start_on(&folder, port).await;
    stack.token().await;
}

#[tokio::test]
async fn a_busy_port_is_refused_with_the_option_that_chooses_another() {
    let (folder, other) = (tempdir().unwrap(), tempdir().unwrap());
    let stack = ephemeral(&folder).await;
    let address = stack.origin.strip_prefix("http://").unwrap();
    let refused = run(other.path(), &["--listen", address]).await;
    assert_eq!((refused.status.code(), refused.out.as_str()), (Some(1), ""), "{refused:?}");
    assert!(refused.err.starts_with(&format!("countersign: cannot listen on {address}: ")), "{refused:?}");
    assert!(refused.err.ends_with("choose another with --listen\n"), "{refused:?}");
    assert!(!other.path().join(".countersign").exists(), "a refused start makes no folder");
}

#[tokio::test]
async fn wrong_arguments_are_refused_with_what_would_be_right() {
    let folder = tempdir().unwrap();
    for (arguments, said) in [
        (&["--listen", "8080"][..], "--listen <ADDRESS:PORT>"),
        (&["--listen", "localhost:8080"], "this takes an IP address and a port, such as 127.0.0.1:8080"),
        (&["--trusted-proxy", "proxy"], "an IP address, or a network such as 10.0.0.0/8"),
        (&["--no-demo", "--ephemeral"], "cannot be used with"),
        (&["--issuer", "https://id.example:99999"], "the port of an issuer is a number"),
        (&["--issuer", "http://id.example"], "http only on loopback"),
        (&["--issuer", "https://id.example/"], "without query, fragment or a slash at its end"),
        (&["--signing-algorithm", "HS256"], "RS256, ES256, EdDSA"),
        (&["--ready", "xml"], "possible values: json"),
        (&["--ephemeral", "--data", "x"], "cannot be used with"),
        (&["--nonsense"], "unexpected argument '--nonsense'"),
        (&["nonsense"], "unrecognized subcommand 'nonsense'"),
        (&["doctor", "--aws"], "--issuer <URL>"),
        (&["notify", "--aws"], "--issuer <URL>"),
        (&["invite-operator", "--email", "ana", "--name", "Ana"], "not an e-mail address"),
        (&["invite-operator", "--email", "a@b.example", "--name", "Ana", "--aws"], "--issuer <URL>"),
    ] {
        let refused = run(folder.path(), arguments).await;
        assert_eq!((refused.status.code(), refused.out.as_str()), (Some(2), ""), "{arguments:?} {refused:?}");
        assert!(refused.err.contains(said), "{arguments:?} {refused:?}");
    }
    let left = folder.path().read_dir().unwrap().filter(|entry| entry.as_ref().unwrap().file_name() != "log").count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = run(folder.path(), &["--data", "file", "--listen", "127.0.0.1:0"]).await;
    assert_eq!((refused.status.code(), refused.out.as_str()), (Some(1), ""), "{refused:?}");
    assert_eq!(refused.err, "countersign: file is not a folder; choose another folder with --data\n");
}

#[tokio::test]
async fn the_help_names_every_option() {
    let folder = tempdir().unwrap();
    let help = run(folder.path(), &["--help"]).await;
    assert_eq!((help.status.code(), help.err.as_str()), (Some(0), ""));
    let options = [
        "--listen",
        "--data",
        "--ephemeral",
        "--issuer",
        "--trusted-proxy",
        "--no-demo",
        "--signing-algorithm",
        "--metrics",
        "--ready",
        "--help",
        "--version",
    ];
    let named: Vec<&str> =
        help.out.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--"))).collect();
    assert_eq!(named, options, "{}", help.out);
    for default in ["127.0.0.1:8080", ".countersign", "http://ADDRESS:PORT", "RS256"] {
        assert!(help.out.contains(&format!("[default: {default}]")), "{default} in {}", help.out);
    }
}

#[tokio::test]
async fn a_request_to_stop_ends_it_cleanly_even_right_behind_the_ready_line() {
    let (folder, port) = (tempdir().unwrap(), free_port());
    for signal in ["TERM", "INT", "TERM", "INT"] {
        let stack = Deployment::start_on(&folder, port).await;
        let (status, rest) = stack.stop(signal).await;
        assert_eq!((status.code(), rest.as_str()), (Some(0), ""), "SIG{signal}: {status}");
    }
    let stack = Deployment::start_on(&folder, port).await;
    // an idle connection of a client does not keep it
    let idle = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stack.token().await;
    assert_eq!(stack.stop("TERM").await.0.code(), Some(0));
    drop(idle);
    assert_eq!(log_of(folder.path()), "");
}

#[tokio::test]
async fn the_state_is_readable_to_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempdir().unwrap();
    let stack = Deployment::start(&folder, &["--listen", "127.0.0.1:0", "--signing-algorithm", "ES256"]).await;
    stack.token().await;
    let state = folder.path().join(".countersign");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    for entry in state.read_dir().unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
