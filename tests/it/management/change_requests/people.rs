//! Change requests about administrators, and the mail they send.

use serde_json::{Value, json};
use shared::domain::event::Action;
use shared::domain::privilege::{Privilege, Role};

use crate::support::answer::refusal;
use crate::support::app::App;
use crate::support::change_requests::{ACME, ApprovalFixture, REQUESTS, second_owner, waiting};
use crate::support::invitations::{INVITATIONS, invitation};

async fn account_of(fixture: &ApprovalFixture, person: &countersign::demo::Person) -> String {
    format!("/v1/administrators/{}", fixture.app.account(person).await.id)
}

#[tokio::test]
async fn an_invitation_goes_out_once_a_second_administrator_has_approved_it() {
    let fixture = ApprovalFixture::open().await;
    let asked = fixture.requester.post(INVITATIONS, &invitation("new@acme.example", Role::Viewer)).await;
    let id = waiting(&asked);
    let request = asked.json();
    assert_eq!(request["action"], "administrator.invite");
    assert_eq!(request["summary"], "Invite new@acme.example, \"New Comer\", as an administrator.");
    assert!(fixture.app.mail_to("new@acme.example").is_empty());
    assert_eq!(fixture.requester.get(INVITATIONS).await.ok()["items"], json!([]));
    assert_eq!(fixture.app.viewer().await.get(&format!("{REQUESTS}/{id}")).await.problem(), refusal(404, "not-found"));
    assert_eq!(fixture.approve(&id).await.ok()["status"], "approved");
    let newcomer = fixture.app.join(&fixture.app.invitation_token("new@acme.example")).await;
    assert_eq!(newcomer.browser.get("/v1/session").await.ok()["role"], "viewer");
    let again = fixture.requester.post(INVITATIONS, &invitation("new@acme.example", Role::Viewer)).await;
    assert_eq!(again.problem(), refusal(409, "already-exists"));
}

#[tokio::test]
async fn nobody_grants_privileges_that_they_or_the_approver_lack() {
    let fixture = ApprovalFixture::open().await;
    let few = [Privilege::ClientsRead, Privilege::AdministratorsManage];
    let manager = fixture.app.hire("manager@acme.example", Some("acme"), few.into()).await;
    let browser = fixture.app.signed_in(&manager).await;
    let id = waiting(&fixture.requester.post(INVITATIONS, &invitation("new@acme.example", Role::Owner)).await);
    let answer = browser.order(&format!("{REQUESTS}/{id}/approve")).await;
    assert_eq!(answer.problem(), refusal(403, "missing-privilege"));
    fixture.app.set_privileges(&fixture.requester_account, few.into()).await;
    assert_eq!(fixture.approve(&id).await.problem(), refusal(409, "requester-lacks-privilege"));
    assert!(fixture.app.mail_to("new@acme.example").is_empty());
    assert_eq!(fixture.request(&id).await["status"], "pending");
}

#[tokio::test]
async fn privileges_and_removals_wait_and_nothing_leaves_fewer_than_two() {
    let fixture = ApprovalFixture::open().await;
    let decider = account_of(&fixture, &fixture.approver_account).await;
    let few = refusal(409, "too-few-approvers");
    assert_eq!(fixture.requester.delete(&decider).await.problem(), few);
    assert_eq!(fixture.requester.patch(&decider, &json!({ "role": "viewer" })).await.problem(), few);
    let third = fixture.app.hire("third@acme.example", Some("acme"), Role::Owner.privileges()).await;
    let third = account_of(&fixture, &third).await;
    let (lower, remove) = (
        waiting(&fixture.requester.patch(&third, &json!({ "role": "viewer" })).await),
        waiting(&fixture.requester.delete(&account_of(&fixture, &fixture.approver_account).await).await),
    );
    assert_eq!(fixture.requester.get(&third).await.ok()["role"], "owner");
    assert_eq!(fixture.approve(&lower).await.ok()["status"], "approved");
    assert_eq!(fixture.requester.get(&third).await.ok()["role"], "viewer");
    // of three, one was lowered meanwhile: nobody else may go
    assert_eq!(fixture.approve(&remove).await.problem(), few);
    fixture.withdraw(&remove).await.ok();
    let gone = waiting(&fixture.requester.delete(&third).await);
    assert_eq!(fixture.approve(&gone).await.ok()["status"], "approved");
    assert_eq!(fixture.requester.get(&third).await.problem(), refusal(404, "not-found"));
    assert_eq!(fixture.app.count_events(Some("acme"), Action::AdministratorRemoved).await, 1);
}

#[tokio::test]
async fn an_account_is_reset_once_a_second_administrator_has_approved_it() {
    let fixture = ApprovalFixture::open().await;
    let viewer = fixture.app.person(Role::Viewer);
    let account = account_of(&fixture, &viewer).await;
    let id = waiting(&fixture.requester.order(&format!("{account}/reset")).await);
    assert!(fixture.app.mail_to(&viewer.email).is_empty());
    let renamed = waiting(&fixture.requester.patch(&account, &json!({ "name": "Other" })).await);
    fixture.approve(&renamed).await.ok();
    assert_eq!(fixture.approve(&id).await.ok()["status"], "approved");
    assert!(!fixture.app.invitation_token(&viewer.email).is_empty());
}

#[tokio::test]
async fn nobody_keeps_their_removal_from_being_approved_by_moving_their_account() {
    let fixture = ApprovalFixture::open().await;
    let third = fixture.app.hire("third@acme.example", Some("acme"), Role::Owner.privileges()).await;
    let path = account_of(&fixture, &third).await;
    let removal = waiting(&fixture.requester.delete(&path).await);
    let browser = fixture.app.signed_in(&third).await;
    assert_eq!(browser.delete("/v1/account/sessions").await.status, 204);
    assert_eq!(fixture.approve(&removal).await.ok()["status"], "approved");
    // what was to be removed is not who is there
    let fourth = fixture.app.hire("fourth@acme.example", Some("acme"), Role::Viewer.privileges()).await;
    let path = account_of(&fixture, &fourth).await;
    let (removal, renamed) = (
        waiting(&fixture.requester.delete(&path).await),
        waiting(&fixture.requester.patch(&path, &json!({ "name": "Other" })).await),
    );
    fixture.approve(&renamed).await.ok();
    assert_eq!(fixture.approve(&removal).await.problem(), refusal(409, "conflict"));
}

#[tokio::test]
async fn an_invitation_that_nobody_approved_makes_no_approver() {
    let app = App::start().await;
    let owner = app.owner().await;
    let (invited, token) = app.invite(&owner, "crony@acme.example", Role::Owner).await;
    second_owner(&app).await;
    owner.patch(ACME, &json!({ "settings": { "multi_admin": true } })).await.ok();
    let opened = app.anonymous().post("/v1/invitation", &json!({ "token": token })).await;
    assert_eq!(opened.problem(), refusal(404, "not-found"));
    let path = format!("{INVITATIONS}/{}", invited["id"].as_str().unwrap());
    assert_eq!(owner.order(&format!("{path}/resend")).await.problem(), refusal(409, "not-pending"));
    assert_eq!(owner.delete(&path).await.status, 204);
}

#[tokio::test]
async fn an_invitation_that_was_approved_can_be_sent_again_and_used() {
    let fixture = ApprovalFixture::open().await;
    let asked = fixture.requester.post(INVITATIONS, &invitation("new@acme.example", Role::Viewer)).await;
    fixture.approve(&waiting(&asked)).await.ok();
    let id = fixture.requester.get(INVITATIONS).await.ok()["items"][0]["id"].as_str().unwrap().to_owned();
    fixture.requester.order(&format!("{INVITATIONS}/{id}/resend")).await.ok();
    let newcomer = fixture.app.join(&fixture.app.invitation_token("new@acme.example")).await;
    assert_eq!(newcomer.browser.get("/v1/session").await.ok()["role"], "viewer");
}

#[tokio::test]
async fn the_setting_takes_two_who_can_decide_on_people_and_settings() {
    let app = App::start().await;
    let owner = app.owner().await;
    let few = [Privilege::AdministratorsManage].into();
    app.hire("manager@acme.example", Some("acme"), few).await;
    let on = json!({ "settings": { "multi_admin": true } });
    assert_eq!(owner.patch(ACME, &on).await.problem(), refusal(409, "too-few-approvers"));
    second_owner(&app).await;
    owner.patch(ACME, &on).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_removals_and_the_setting_at_once_two_approvers_are_left() {
    let fixture = ApprovalFixture::open().await;
    let mut removals = Vec::new();
    for name in ["third", "fourth"] {
        let person = fixture.app.hire(&format!("{name}@acme.example"), Some("acme"), Role::Owner.privileges()).await;
        removals.push(waiting(&fixture.requester.delete(&account_of(&fixture, &person).await).await));
    }
    removals.push(waiting(&fixture.requester.delete(&account_of(&fixture, &fixture.approver_account).await).await));
    let approvals: Vec<_> = removals.iter().map(|id| format!("{REQUESTS}/{id}/approve")).collect();
    let answers = crate::support::change_requests::at_once(
        approvals.into_iter().map(|path| (fixture.approver.clone(), path)).collect(),
    )
    .await;
    assert!(answers.iter().filter(|answer| answer.status == 200).count() <= 2, "{answers:?}");
    let managers = fixture.app.stack.administrators.managers(Some(&"acme".parse().unwrap())).await.unwrap();
    assert!(managers.members.len() >= 2, "{managers:?}");
}

#[tokio::test]
async fn approvers_are_mailed_and_then_the_requester() {
    let fixture = ApprovalFixture::open().await;
    let asked = json!({ "name": "<b>Invoices</b>\u{7}" });
    assert_eq!(fixture.requester.patch(&fixture.path(), &asked).await.wrong_fields(), ["name"]);
    let id = fixture.rename("<b>Invoices</b> & more").await;
    let told =
        |email: &str| fixture.app.mail_to(email).into_iter().filter(|mail| mail.html.as_ref().unwrap().contains(&id));
    let mail = told(&fixture.approver_account.email).next().unwrap();
    assert_eq!(mail.subject, "To approve: Change the client wallet-acme-billing: name.");
    let (text, html) = (mail.text.unwrap(), mail.html.unwrap());
    assert!(text.contains(&format!("{}/console/#/requests/{id}", fixture.app.base)), "{text}");
    assert!(text.contains("billing \u{2192} <b>Invoices</b> & more"), "{text}");
    assert!(html.contains("&lt;b&gt;Invoices&lt;/b&gt; &amp; more") && !html.contains("<b>Invoices"), "{html}");
    // the administrator may change clients, and so decide; the others may not, and whoever asked never does
    assert_eq!(told(&fixture.app.person(Role::Administrator).email).count(), 1);
    for role in [Role::CredentialManager, Role::Viewer, Role::Owner, Role::Operator] {
        assert_eq!(told(&fixture.app.person(role).email).count(), 0, "{}", role.as_str());
    }
    let comment = json!({ "comment": "No.\n<script>alert(1)</script>\n-- \nPay here: https://evil.example" });
    fixture.approver.post(&format!("{REQUESTS}/{id}/reject"), &comment).await.ok();
    let mail = told(&fixture.requester_account.email).next().unwrap();
    assert_eq!(mail.subject, "Rejected: Change the client wallet-acme-billing: name.");
    let (text, html) = (mail.text.unwrap(), mail.html.unwrap());
    assert!(text.contains("\n   Pay here: https://evil.example"), "{text}");
    assert!(!html.contains("<script>"), "{html}");

    let add = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
    fixture.approve(&add).await.ok();
    let mails = fixture.app.mail_to(&fixture.requester_account.email);
    assert!(mails.last().unwrap().text.as_ref().unwrap().contains("Collect the secret until: 8 March 2026, 12:00 UTC"));
}

#[tokio::test]
async fn a_mail_that_fails_undoes_nothing() {
    let fixture = ApprovalFixture::open().await;
    fixture.app.stack.aws.mailbox().refuse(&fixture.approver_account.email);
    fixture.app.stack.aws.mailbox().refuse(&fixture.requester_account.email);
    let id = fixture.rename("Other").await;
    assert_eq!(fixture.approve(&id).await.ok()["status"], "approved");
    assert_eq!(fixture.requester.get(&fixture.path()).await.ok()["name"], "Other");
    let listed: Value = fixture.requester.get(REQUESTS).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn many_requests_do_not_flood_a_mailbox() {
    let fixture = ApprovalFixture::open().await;
    for number in 0..32 {
        fixture.rename(&format!("Name {number}")).await;
    }
    let mails = fixture.app.mail_to(&fixture.approver_account.email);
    assert_eq!(mails.iter().filter(|mail| mail.subject.starts_with("To approve")).count(), 30);
    let waiting = fixture.approver.get(&format!("{REQUESTS}?waiting_for_me=true&limit=100")).await.ok();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 32);
}
