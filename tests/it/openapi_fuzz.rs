//! The management API under schemathesis, which makes requests of the API's own description.

use std::process::Stdio;
use std::time::Duration;

use reqwest::header;
use tokio::process::Command;

use crate::app::App;

/// Names a Python that has schemathesis, for example in a virtual environment with `pip install schemathesis==4.32.5`.
const PYTHON: &str = "COUNTERSIGN_PYTHON";

/// What is checked. Whether a request fits the description is left out: `If-Match` and the state of things refuse
/// requests that fit, and the fuzzer does not see that it always sends the session along.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,unsupported_method";

/// What would end the session that all requests need: the fuzzer takes identifiers from the answers that it gets.
const ENDS_ITS_OWN_SESSION: [&str; 3] = ["session_sign_out", "account_end_session", "administrators_end_sessions"];

#[tokio::test]
async fn a_fuzzer_finds_no_fault_and_no_answer_that_is_not_described() {
    let Some(python) = std::env::var_os(PYTHON) else {
        eprintln!("skipped: {PYTHON} names no Python with schemathesis 4.32.5");
        return;
    };
    let importable = Command::new(&python).args(["-c", "import schemathesis"]).stderr(Stdio::null()).status().await;
    if !importable.is_ok_and(|status| status.success()) {
        eprintln!("skipped: the Python of {PYTHON} has no schemathesis; pip install schemathesis==4.32.5");
        return;
    }
    let app = App::start().await;
    let owner = app.owner().await;
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
    let trail = app.operator().await.get("/v1/audit/verify?organization=acme").await.ok();
    assert_eq!(trail["verified"], true);
}
