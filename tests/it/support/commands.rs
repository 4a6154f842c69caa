//! The operator commands of the binary.

use std::path::Path;

use crate::support::app::App;
use crate::support::aws_port::AwsPort;
use crate::support::process::{Ended, command};

/// Runs a command that has to succeed; answers with what it printed.
#[track_caller]
pub fn said(ended: &Ended) -> &str {
    assert!(ended.status.success(), "{ended:?}");
    &ended.out
}

/// Runs a command that has to fail; answers with what it said.
#[track_caller]
pub fn refused(ended: &Ended) -> &str {
    assert_eq!((ended.status.code(), ended.out.as_str()), (Some(1), ""), "{ended:?}");
    &ended.err
}

/// Takes all tables away, as a lost disk or a wrong deletion does; the keys of the deployment are kept elsewhere.
pub fn wipe(folder: &Path) {
    for file in ["dynamodb.sqlite", "dynamodb.sqlite-wal", "dynamodb.sqlite-shm"] {
        drop(std::fs::remove_file(folder.join(".countersign").join(file)));
    }
}

/// Runs a command against the services of `app`, as if they were AWS, with the SES at `ses` in the place of its own, where
/// one is named.
pub async fn on_aws(app: &App, ses: Option<&str>, folder: &Path, arguments: &[&str]) -> Ended {
    let aws = AwsPort::open(&app.stack.aws).await;
    let mut command = command(folder, &[arguments, &["--aws"]].concat());
    command.envs(aws.environment());
    command.envs(ses.map(|ses| ("AWS_ENDPOINT_URL_SES", ses)));
    let output = command.stderr(std::process::Stdio::piped()).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended { status: output.status, out: text(output.stdout), err: text(output.stderr) }
}
