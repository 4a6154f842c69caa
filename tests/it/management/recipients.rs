//! Recipients of reminders, and mail that bounces.

use expiry_notifier::invocation::RunRequest;
use serde_json::{Value, json};
use shared::domain::event::Action;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;
use shared::store::{item, schema};

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::reminders::{client, key, secret};

const RECIPIENTS: &str = "/v1/reminders/recipients";

async fn recipients(browser: &Browser) -> Vec<Value> {
    browser.get(RECIPIENTS).await.ok()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn recipients_are_those_who_manage_secrets_now_and_the_team() {
    let app = App::start().await;
    let owner = app.owner().await;
    owner.patch("/v1/organizations/acme", &json!({ "settings": { "team_address": "team@acme.example" } })).await.ok();
    let listed = recipients(&owner).await;
    let team = listed.iter().find(|recipient| recipient["email"] == "team@acme.example").unwrap();
    assert_eq!(team, &json!({ "email": "team@acme.example", "team": true, "undeliverable": false, "failure": null }));
    let is_told = |role: Role| {
        let email = app.person(role).email;
        listed.iter().any(|recipient| recipient["email"] == email)
    };
    assert!(is_told(Role::Owner) && is_told(Role::Administrator) && is_told(Role::CredentialManager));
    assert!(!is_told(Role::Viewer) && !is_told(Role::Operator));
    assert_eq!(app.viewer().await.get(RECIPIENTS).await.problem(), refusal(403, "missing-privilege"));
}

#[tokio::test]
async fn an_address_that_bounced_is_shown_and_is_mailed_again_once_somebody_says_so() {
    let app = App::start().await;
    let (owner, person) = (app.owner().await, app.person(Role::CredentialManager));
    app.bounce(&person.email).await;
    let of_person = async || {
        let listed = recipients(&owner).await;
        listed.into_iter().find(|recipient| recipient["email"] == person.email).unwrap()
    };
    let failure = json!({ "cause": "bounced", "detail": "NoEmail", "at": app.now() });
    let undeliverable = json!({ "email": person.email, "team": false, "undeliverable": true, "failure": failure });
    assert_eq!(of_person().await, undeliverable);

    app.put_client(client("acme", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    app.stack.notifier.run(&RunRequest::default(), None).await.unwrap();
    assert!(app.mail_to(&person.email).is_empty());

    let retry = format!("{RECIPIENTS}/{}/retry", person.email);
    assert_eq!(owner.order(&retry).await.ok()["undeliverable"], false);
    let event = app.last_event(Some("acme")).await;
    assert_eq!(event.what.action, Action::RecipientRetried);
    assert_eq!(event.what.changes[0].from, json!(person.email));
    assert_eq!(of_person().await["failure"], Value::Null);
    // again is no different, and no event
    assert_eq!(owner.order(&retry).await.ok()["undeliverable"], false);
    assert_eq!(app.count_events(Some("acme"), Action::RecipientRetried).await, 1);

    let by_hand = RunRequest { organization: Some(key("acme")), dry_run: false };
    app.stack.notifier.run(&by_hand, None).await.unwrap();
    assert_eq!(app.mail_to(&person.email).len(), 1);
}

#[tokio::test]
async fn only_a_recipient_of_the_own_organization_can_be_tried_again() {
    let app = App::start().await;
    let operator = app.operator().await;
    let other = app.organization(&operator, "other").await;
    let person = app.person(Role::Owner);
    app.bounce(&person.email).await;
    for address in [person.email.as_str(), "nobody@acme.example", "no-address"] {
        let answer = other.order(&format!("{RECIPIENTS}/{address}/retry")).await;
        assert_eq!(answer.problem(), refusal(404, "not-found"), "{address}");
    }
    let answer = operator.order(&format!("{RECIPIENTS}/{}/retry?organization=acme", person.email)).await;
    assert_eq!(answer.ok()["undeliverable"], false);
    assert_eq!(operator.get(RECIPIENTS).await.wrong_fields(), ["organization"]);
}

#[tokio::test]
async fn one_account_or_organization_that_does_not_read_keeps_nobody_else_from_being_told() {
    let app = App::start().await;
    app.put_organization("alder", OrganizationSettings::default()).await;
    let ana = app.put_administrator("alder", "ana", Role::Owner).await;
    let ben = app.put_administrator("alder", "ben", Role::Owner).await;
    app.put_client(client("alder", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    app.put_organization("birch", OrganizationSettings::default()).await;
    let cleo = app.put_administrator("birch", "cleo", Role::Owner).await;
    app.put_client(client("birch", "billing", None), vec![secret(app.in_days(7, 0))]).await;
    let page = app.stack.administrators.page(Some(&key("alder")), None, 9).await.unwrap();
    let account = page.items.into_iter().find(|account| account.email.as_str() == ben).unwrap();
    app.spoil(schema::ADMINISTRATORS, item::administrator::key(&account.id)).await;
    app.spoil(schema::ORGANIZATIONS, item::organization::key(&key("birch"))).await;
    let summary = app.stack.notifier.run(&RunRequest::default(), None).await.unwrap();
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!((app.mail_to(&ana).len(), app.mail_to(&ben).len(), app.mail_to(&cleo).len()), (1, 0, 1));
}
