//! Change requests of machines, which can request and collect but not decide.

use serde_json::json;
use shared::domain::privilege::Role;
use shared::domain::resource::AccessLevel;

use crate::support::answer::{Answer, refusal};
use crate::support::browser::Browser;
use crate::support::change_requests::{ApprovalFixture, REQUESTS, waiting};
use crate::support::clients::TestClient;

const OWN: &str = "/v1/clients/@me/secrets/regenerate";

async fn order(machine: &Browser, id: &str, verb: &str) -> Answer {
    machine.order(&format!("{REQUESTS}/{id}/{verb}")).await
}

/// Somebody who may approve, beside the two of the fixture.
async fn third(fixture: &ApprovalFixture) -> Browser {
    let third = fixture.app.hire("third@acme.example", Some("acme"), Role::Owner.privileges()).await;
    fixture.app.signed_in(&third).await
}

#[tokio::test]
async fn what_a_machine_asks_for_takes_two_people_since_one_may_have_its_secret() {
    let fixture = ApprovalFixture::open().await;
    let (_, machine) = fixture.app.machine("automatic", AccessLevel::Change).await;
    let before = fixture.state().await;
    let asked = machine.patch(&fixture.path(), &json!({ "notes": "by one alone" })).await;
    let id = waiting(&asked);
    assert_eq!(asked.json()["approvals_required"], 2);
    let first = fixture.approve(&id).await.ok();
    assert_eq!((&first["status"], &first["decided_by"]), (&json!("pending"), &json!(null)));
    assert_eq!(first["first_approved_by"]["email"], fixture.approver_account.email);
    assert_eq!(first["permissions"]["approve"], false);
    assert_eq!(fixture.state().await, before, "one approval changes nothing");
    assert_eq!(fixture.approve(&id).await.problem(), refusal(403, "own-request"));
    assert_eq!(order(&fixture.requester, &id, "approve").await.ok()["status"], "approved");
    assert_eq!(fixture.requester.get(&fixture.path()).await.ok()["notes"], "by one alone");
    // the second may also refuse
    let id = waiting(&machine.patch(&fixture.path(), &json!({ "notes": "again" })).await);
    fixture.approve(&id).await.ok();
    let refused = fixture.requester.post(&format!("{REQUESTS}/{id}/reject"), &json!({ "comment": "No." })).await;
    assert_eq!(refused.ok()["status"], "rejected");
}

#[tokio::test]
async fn a_machine_that_regenerates_its_own_secret_waits_for_a_person_and_collects_it_with_its_token() {
    let fixture = ApprovalFixture::open().await;
    let (client, machine) = fixture.app.machine("rotating", AccessLevel::Change).await;
    let answer = machine.post(OWN, &json!({ "overlap_seconds": 60 })).await;
    let (id, asked) = (waiting(&answer), answer.json());
    assert_eq!(asked["requested_by"], json!({ "type": "client", "id": client.id, "email": null }));
    let may = json!({ "approve": false, "reject": false, "withdraw": true, "collect": false, "comment": false });
    assert_eq!(asked["permissions"], may);
    assert_eq!(order(&machine, &id, "collect").await.problem(), refusal(409, "not-collectable"));
    assert_eq!(fixture.approve(&id).await.ok()["status"], "pending");
    assert_eq!(order(&fixture.requester, &id, "approve").await.ok()["status"], "collectable");
    // nobody else gets it, whoever they are
    assert_eq!(order(&fixture.approver, &id, "collect").await.problem(), refusal(403, "not-requester"));
    let (_, other) = fixture.app.machine("other", AccessLevel::Change).await;
    assert_eq!(order(&other, &id, "collect").await.problem(), refusal(403, "not-requester"));
    let collected = order(&machine, &id, "collect").await.made();
    let fresh = TestClient { secret: collected["secret"].as_str().unwrap().to_owned(), ..client.clone() };
    fixture.app.token(&fresh, "").await.token();
    fixture.app.token(&client, "").await.token();
    fixture.app.clock.advance(60);
    assert_eq!(fixture.app.token(&client, "").await.status, 401);
    fixture.app.token(&fresh, "").await.token();
}

#[tokio::test]
async fn no_machine_decides_and_none_makes_a_change_that_waits() {
    let fixture = ApprovalFixture::open().await;
    let (_, machine) = fixture.app.machine("helper", AccessLevel::Change).await;
    let persons = fixture.rename("Other").await;
    let (path, before) = (fixture.path(), fixture.state().await);
    let own = waiting(&machine.patch(&path, &json!({ "name": "Third" })).await);
    for id in [&persons, &own] {
        assert_eq!(order(&machine, id, "approve").await.problem(), refusal(403, "missing-privilege"));
        let said = json!({ "comment": "x" });
        let rejected = machine.post(&format!("{REQUESTS}/{id}/reject"), &said).await;
        assert_eq!(rejected.problem(), refusal(403, "missing-privilege"));
    }
    assert_eq!(order(&machine, &persons, "withdraw").await.problem(), refusal(403, "not-requester"));
    let listed = machine.get(&format!("{REQUESTS}?waiting_for_me=true")).await.ok();
    assert_eq!(listed["items"], json!([]));
    assert_eq!(waiting(&machine.post("/v1/clients", &json!({ "key": "more", "name": "More" })).await).len(), 25);
    waiting(&machine.delete(&path).await);
    waiting(&machine.order(&format!("{path}/disable")).await);
    waiting(&machine.post(&fixture.secrets(), &json!({})).await);
    waiting(&machine.order(&format!("{}/regenerate", fixture.secret())).await);
    assert_eq!(fixture.state().await, before);
    assert_eq!(order(&machine, &own, "withdraw").await.ok()["status"], "withdrawn");
}

#[tokio::test]
async fn a_machine_that_may_not_make_the_change_any_more_gets_no_approval_for_it() {
    let fixture = ApprovalFixture::open().await;
    let (client, machine) = fixture.app.machine("helper", AccessLevel::Change).await;
    let id = waiting(&machine.patch(&fixture.path(), &json!({ "name": "Third" })).await);
    let lost = refusal(409, "requester-lacks-privilege");
    fixture.app.set_enabled(&client, false).await;
    assert_eq!(fixture.approve(&id).await.problem(), lost);
    fixture.app.set_enabled(&client, true).await;
    fixture.approve(&id).await.ok();
    assert_eq!(order(&third(&fixture).await, &id, "approve").await.ok()["status"], "approved");
    let id = waiting(&machine.patch(&fixture.path(), &json!({ "name": "Fourth" })).await);
    fixture.app.delete(&client).await;
    assert_eq!(fixture.approve(&id).await.problem(), lost);
    assert_eq!(machine.get(REQUESTS).await.problem(), refusal(401, "invalid-token"));
}
