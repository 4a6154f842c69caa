//! Inviting the first operator, by command and by invoking the function.

use management_api::lambda::Command;
use serde_json::{Value, json};
use shared::domain::event::{Action, Actor};
use tempfile::tempdir;

use crate::support::app::App;
use crate::support::invitations::ACCOUNT;
use crate::support::process::{Deployment, run};

fn token_of(link: &str) -> &str {
    link.trim_end().rsplit_once("/console/#/invitation/").expect("a link").1
}

#[tokio::test]
async fn an_invocation_of_the_function_makes_the_link_of_an_operator() {
    let app = App::start().await;
    let command: Command =
        serde_json::from_value(json!({ "invite_operator": { "email": "Root@Platform.example", "name": "Root" } }))
            .unwrap();
    let said = app.stack.management().obey(command).await.unwrap();
    let event = app.last_event(None).await;
    assert_eq!((event.what.action, event.by.actor), (Action::InvitationCreated, Actor::System));
    let link = said["link"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/console/#/invitation/inv_", app.base)), "{link}");
    assert_eq!(said["expires_at"], "2026-03-08T12:00:00Z");
    let root = app.join(token_of(link)).await;
    let account = root.browser.get(ACCOUNT).await.ok();
    assert_eq!((&account["role"], &account["organization"]), (&json!("operator"), &Value::Null));
    root.browser.post("/v1/organizations", &json!({ "key": "globex", "name": "Globex" })).await.made();
    let again: Command =
        serde_json::from_value(json!({ "invite_operator": { "email": "root@platform.example", "name": "Root" } }))
            .unwrap();
    let refused = app.stack.management().obey(again).await.unwrap_err();
    assert_eq!(refused.to_string(), "root@platform.example has an account already");
}

#[tokio::test]
async fn the_command_prints_a_link_that_works_when_the_server_is_started() {
    let folder = tempdir().unwrap();
    Deployment::start(&folder, &["--listen", "127.0.0.1:0"]).await.stop("TERM").await;
    let arguments = ["invite-operator", "--email", "root@platform.example", "--name", "Root"];
    let said = run(folder.path(), &arguments).await;
    assert_eq!((said.status.code(), said.err.as_str()), (Some(0), ""), "{said:?}");
    assert!(said.out.starts_with("http://127.0.0.1:8080/console/#/invitation/inv_"), "{}", said.out);
    let stack = Deployment::start(&folder, &["--listen", "127.0.0.1:0"]).await;
    let opened =
        crate::support::answer::send(stack.json("/v1/invitation", &json!({ "token": token_of(&said.out) }))).await;
    assert_eq!(opened.ok()["email"], "root@platform.example");
    let meanwhile = run(folder.path(), &arguments).await;
    assert_eq!(meanwhile.status.code(), Some(1));
    assert!(meanwhile.err.contains("stop the server first"), "{}", meanwhile.err);
}
