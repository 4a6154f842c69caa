//! Routes that wait for a second administrator, and those that do not.

use management_api::routes;
use reqwest::Method;
use serde_json::json;
use shared::domain::organization::OrganizationUpdate;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;

use crate::management::routes::samples::{Fixture, name, person};
use crate::support::app::App;
use crate::support::people::{CODE_SECONDS, SESSION};

/// Routes that change something and wait for nobody, although a second administrator has to approve changes.
const IMMEDIATE: [(&str, &str); 26] = [
    ("POST /v1/session", "is about the caller alone"),
    ("DELETE /v1/session", "is about the caller alone"),
    ("POST /v1/session/step-up", "is about the caller alone"),
    ("POST /v1/invitation", "only shows what was sent"),
    ("POST /v1/invitation/accept", "is about the account of whoever has the link"),
    ("DELETE /v1/account/sessions", "is about the caller alone"),
    ("DELETE /v1/account/sessions/{session_id}", "is about the caller alone"),
    ("POST /v1/account/password", "is about the caller alone"),
    ("POST /v1/account/authenticator", "is about the caller alone"),
    ("POST /v1/account/authenticator/confirm", "is about the caller alone"),
    ("POST /v1/account/recovery-codes", "is about the caller alone"),
    ("DELETE /v1/administrators/{administrator_id}/sessions", "is the brake for a stolen session"),
    ("DELETE /v1/invitations/{invitation_id}", "takes back what nobody has used"),
    ("POST /v1/invitations/{invitation_id}/resend", "changes nothing of what was granted"),
    ("POST /v1/organizations", "is the operator's, and touches no organization that there is"),
    ("POST /v1/organizations/{organization}/suspend", "is the operator's, and nothing that the organization decides"),
    ("POST /v1/organizations/{organization}/resume", "is the operator's, and nothing that the organization decides"),
    ("POST /v1/resources", "is the operator's, and grants nothing to anybody"),
    ("POST /v1/clients/{client_id}/secrets/{secret_id}/reveal", "changes nothing; it takes a one-time password"),
    ("POST /v1/clients/{client_id}/secrets/{secret_id}/deactivate", "is the brake for a leak, and can be undone"),
    ("POST /v1/reminders/recipients/{email}/retry", "only lets mail go out again"),
    ("POST /v1/change-requests/{change_request_id}/approve", "is the second signature itself"),
    ("POST /v1/change-requests/{change_request_id}/reject", "is the second signature refused"),
    ("POST /v1/change-requests/{change_request_id}/withdraw", "takes back what never was"),
    ("POST /v1/change-requests/{change_request_id}/comments", "only says something"),
    ("POST /v1/change-requests/{change_request_id}/collect", "makes what was approved"),
];

#[tokio::test]
async fn every_route_that_changes_something_needs_approval_or_is_listed_as_immediate() {
    let app = App::start().await;
    app.hire("second@acme.example", Some("acme"), Role::Owner.privileges()).await;
    let mut operator = app.operator().await;
    let switch = async |on: bool| {
        // to switch it off takes two: here it is only a means
        let acme = app.stack.organizations.get(&"acme".parse().unwrap()).await.unwrap().unwrap();
        let settings = Some(OrganizationSettings { multi_admin: on, ..acme.settings.clone() });
        let update = OrganizationUpdate { settings, ..OrganizationUpdate::default() };
        let Some(change) = acme.update(update).unwrap() else { return };
        let (trail, by) = (&app.stack.trail, &app.by_the_system());
        app.stack.organizations.commit(&change, trail, by).await.unwrap();
    };
    let mut immediate = Vec::new();
    for (number, route) in routes().iter().enumerate() {
        let own = ["/v1/session", "/v1/account", "/v1/invitation/"].iter().any(|path| route.path.starts_with(path));
        if route.method == Method::GET || own || route.path == "/v1/invitation" {
            let is_safe = route.method == Method::GET;
            immediate.extend((!is_safe).then(|| name(route)));
            assert!(!route.may_need_approval, "{}", name(route));
            continue;
        }
        if route.access.privilege().is_some() && !route.access.is_for_people() {
            assert!(route.may_need_approval, "{}: a machine's change waits as well", name(route));
            continue;
        }
        let mut sample = Fixture::fresh(&app, &operator, &person(&app), number).await.sample(route);
        if route.path == "/v1/organizations/{organization}" {
            sample.body = Some(json!({ "settings": { "multi_admin": false } }));
        }
        if route.path.ends_with("/enable") {
            operator.order(&sample.path.replace("/enable", "/disable")).await.ok();
        }
        if route.path.ends_with("/resend") {
            app.approve_invitation(&sample.path).await;
        }
        switch(true).await;
        let answer = sample.send(route, &operator, &[("sec-fetch-site", "same-origin")]).await;
        assert!(answer.status.is_success(), "{}: {}", name(route), answer.text);
        assert_eq!(answer.status == 202, route.may_need_approval, "{}: {}", name(route), answer.text);
        if route.may_need_approval {
            assert_eq!(answer.json()["status"], "pending", "{}", name(route));
        } else {
            immediate.push(name(route));
        }
        switch(false).await;
        if operator.get(SESSION).await.status == 401 {
            // a step-up may have used the next code already
            app.clock.advance(2 * CODE_SECONDS);
            operator = app.operator().await;
        }
    }
    immediate.sort();
    let mut listed = IMMEDIATE.map(|(route, _)| route.to_owned());
    listed.sort();
    assert_eq!(immediate, listed, "what waits for nobody needs a reason");
}
