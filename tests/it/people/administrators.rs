//! Listing, updating and removing administrators.

use reqwest::{Method, header};
use serde_json::{Value, json};
use shared::domain::event::Action;
use shared::domain::privilege::{Privilege, Role};

use crate::support::answer::{refusal, send};
use crate::support::app::App;
use crate::support::invitations::ACCOUNT;

const ADMINISTRATORS: &str = "/v1/administrators";

async fn path_of(app: &App, role: Role) -> String {
    format!("{ADMINISTRATORS}/{}", app.account(&app.person(role)).await.id)
}

#[tokio::test]
async fn people_are_listed_with_role_and_last_sign_in_and_operators_see_operators() {
    let app = App::start().await;
    let owner = app.owner().await;
    let list = owner.get(ADMINISTRATORS).await.ok();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 4);
    let own = items.iter().find(|item| item["email"] == "owner@acme.example").unwrap();
    assert_eq!(
        (&own["role"], &own["last_signed_in_at"], &own["mail_status"]),
        (&json!("owner"), &json!(app.now()), &Value::Null)
    );
    let viewer = items.iter().find(|item| item["email"] == "viewer@acme.example").unwrap();
    assert_eq!((&viewer["privileges"], &viewer["last_signed_in_at"]), (&json!(["clients:read"]), &Value::Null));
    let operator = app.operator().await;
    let operators = operator.get(ADMINISTRATORS).await.ok();
    assert_eq!(operators["items"][0]["email"], "operator@platform.example");
    assert_eq!(operator.get(&format!("{ADMINISTRATORS}?organization=acme")).await.ok(), list);
    let first = owner.get(&format!("{ADMINISTRATORS}?limit=3")).await.ok();
    let rest = format!("{ADMINISTRATORS}?limit=3&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(owner.get(&rest).await.ok()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn other_privileges_count_at_the_next_request_and_the_change_is_in_the_trail() {
    let app = App::start().await;
    let owner = app.owner().await;
    let viewer = app.viewer().await;
    let path = path_of(&app, Role::Viewer).await;
    assert_eq!(viewer.get("/v1/audit").await.status, 403);
    let body = json!({ "privileges": ["clients:read", "audit:read"], "name": "Vera" });
    let changed = owner.patch(&path, &body).await;
    assert_eq!((&changed.ok()["role"], &changed.ok()["name"]), (&Value::Null, &json!("Vera")));
    let event = app.last_event(Some("acme")).await.what;
    assert_eq!(event.action, Action::AdministratorUpdated);
    assert_eq!(event.changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), ["name", "privileges"]);
    viewer.get("/v1/audit").await.ok();
    let count = app.events(Some("acme")).await.len();
    assert_eq!(owner.patch(&path, &body).await.ok(), changed.ok());
    assert_eq!(app.events(Some("acme")).await.len(), count, "no change, no event");
    for (wrong, field) in [
        (json!({ "email": "b@acme.example" }), "email"),
        (json!({ "organization": "globex" }), "organization"),
        (json!({ "role": "viewer", "privileges": [] }), "privileges"),
        (json!({ "role": "operator" }), "privileges"),
    ] {
        assert_eq!(owner.patch(&path, &wrong).await.wrong_fields(), [field], "{wrong}");
    }
}

#[tokio::test]
async fn a_stale_version_changes_and_removes_nobody() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = path_of(&app, Role::Viewer).await;
    let tag = owner.get(&path).await.header("etag").to_owned();
    owner.patch(&path, &json!({ "name": "Vera" })).await.ok();
    for method in [Method::PATCH, Method::DELETE] {
        let request = owner.request(method, &path).header(header::IF_MATCH, &tag).json(&json!({ "name": "Vero" }));
        assert_eq!(send(request).await.problem(), refusal(412, "precondition-failed"));
    }
}

#[tokio::test]
async fn who_manages_without_more_can_lower_but_not_lift() {
    let app = App::start().await;
    let manager = [Privilege::AdministratorsManage].into();
    let hired = app.hire("hr@acme.example", Some("acme"), manager).await;
    let manager = app.signed_in(&hired).await;
    let own = format!("{ADMINISTRATORS}/{}", app.account(&hired).await.id);
    let lift = manager.patch(&own, &json!({ "role": "owner" })).await;
    assert_eq!(lift.problem(), refusal(403, "missing-privilege"));
    let viewer = path_of(&app, Role::Viewer).await;
    let lift = manager.patch(&viewer, &json!({ "role": "credential_manager" })).await;
    assert_eq!(lift.problem(), refusal(403, "missing-privilege"));
    let administrator = path_of(&app, Role::Administrator).await;
    manager.patch(&administrator, &json!({ "role": "viewer" })).await.ok();
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_once_and_the_address_is_free_again() {
    let app = App::start().await;
    let owner = app.owner().await;
    let viewer = app.viewer().await;
    let path = path_of(&app, Role::Viewer).await;
    assert_eq!(owner.delete(&path).await.status, 204);
    assert_eq!(viewer.get(ACCOUNT).await.problem(), refusal(401, "session-ended"));
    assert_eq!(app.sign_in(&app.person(Role::Viewer)).await.problem(), refusal(401, "sign-in-failed"));
    assert_eq!(owner.get(&path).await.problem(), refusal(404, "not-found"));
    assert_eq!(app.last_event(Some("acme")).await.what.action, Action::AdministratorRemoved);
    let (_, token) = app.invite(&owner, "viewer@acme.example", Role::Viewer).await;
    app.join(&token).await.browser.get(ACCOUNT).await.ok();
}

#[tokio::test]
async fn the_last_one_who_manages_administrators_is_neither_removed_nor_lowered() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = path_of(&app, Role::Owner).await;
    let last = refusal(409, "last-administrator");
    assert_eq!(owner.delete(&path).await.problem(), last);
    assert_eq!(owner.patch(&path, &json!({ "role": "administrator" })).await.problem(), last);
    assert_eq!(app.operator().await.delete(&path).await.problem(), last, "not by an operator either");
    let few = json!({ "privileges": ["clients:read", "administrators:manage", "organization:change"] });
    owner.patch(&path, &few).await.ok();
    // with a second one either may go
    let operator = app.operator_again().await;
    operator.patch(&path_of(&app, Role::Viewer).await, &json!({ "role": "owner" })).await.ok();
    assert_eq!(owner.delete(&path).await.status, 204);
    let heir = path_of(&app, Role::Viewer).await;
    assert_eq!(operator.delete(&heir).await.problem(), last);
    let operators = path_of(&app, Role::Operator).await;
    assert_eq!(operator.delete(&operators).await.problem(), last);
}

impl App {
    /// The operator in another session, with their next one-time password.
    async fn operator_again(&self) -> crate::support::browser::Browser {
        self.clock.advance(crate::support::people::CODE_SECONDS);
        self.operator().await
    }
}
