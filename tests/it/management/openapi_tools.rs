//! The OpenAPI description as other tools read it: a validator, and schemathesis.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use reqwest::header;
use tokio::process::Command;

use crate::support::app::App;

/// Names a Python that has the packages of .ci/requirements.txt, for example in a virtual environment.
const PYTHON: &str = "COUNTERSIGN_PYTHON";

/// What is checked. Whether a request fits the description is left out: `If-Match` and the state of things refuse
/// requests that fit, and the fuzzer does not see that it always sends the session along.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,response_headers_conformance,unsupported_method";

/// What would end the session that all requests need: the fuzzer takes identifiers from the answers that it gets.
const ENDS_ITS_OWN_SESSION: [&str; 3] = ["session_sign_out", "account_end_session", "administrators_end_sessions"];

/// A Python that has a module, or a word on why the test is skipped.
async fn python_with(module: &str) -> Option<OsString> {
    let how = "pip install --requirement .ci/requirements.txt";
    let Some(python) = std::env::var_os(PYTHON) else {
        eprintln!("skipped: {PYTHON} names no Python with {module}; {how}");
        return None;
    };
    let import = format!("import {module}");
    let imported = Command::new(&python).args(["-c", &import]).stderr(Stdio::null()).status().await;
    if !imported.is_ok_and(|status| status.success()) {
        eprintln!("skipped: the Python of {PYTHON} has no {module}; {how}");
        return None;
    }
    Some(python)
}

#[tokio::test]
async fn the_description_is_valid() {
    let Some(python) = python_with("openapi_spec_validator").await else { return };
    let app = App::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, app.get("/openapi.json").await.text).unwrap();
    let run = Command::new(&python).args(["-m", "openapi_spec_validator", "--schema", "3.1"]).arg(&file).output();
    let output = run.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[tokio::test]
async fn a_fuzzer_finds_no_fault_and_no_answer_that_is_not_described() {
    let Some(python) = python_with("schemathesis").await else { return };
    let app = App::start().await;
    // signed in now, since the fuzzer uses up the sign-ins that may fail
    let (owner, operator) = (app.owner().await, app.operator().await);
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(&python)
        .current_dir(&folder)
        .args(["-m", "schemathesis.cli", "run", &format!("{}/openapi.json", app.base)])
        .args(["--header", &format!("{}: {}", header::COOKIE, owner.cookie())])
        .args(["--header", &format!("{}: {}", header::ORIGIN, app.origin)])
        .args(ENDS_ITS_OWN_SESSION.iter().flat_map(|operation| ["--exclude-operation-id", operation]))
        .args(["--checks", CHECKS, "--phases", "coverage,fuzzing", "--warnings", "off", "--no-color"])
        .args(["--seed", "1", "--max-examples", "15", "--max-time", "120", "--generation-database", "none"])
        .env("NO_PROXY", "127.0.0.1")
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_mins(5), run).await.expect("it ends in time").unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains(" generated"), "{report}");
    eprintln!("{report}");
    // it was signed in to the end
    owner.get("/v1/session").await.ok();
    // nothing that was tried has harmed the trail; the fuzzer may have taken its own privilege to read it
    let trail = operator.get("/v1/audit/verify?organization=acme").await.ok();
    assert_eq!(trail["verified"], true);
}
