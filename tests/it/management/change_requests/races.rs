//! Concurrent decisions on a change request, and storage that fails in between.

use std::collections::BTreeSet;

use serde_json::json;
use shared::domain::event::{Action, Trail};

use crate::support::answer::{Answer, refusal};
use crate::support::audit::fill_up_trail;
use crate::support::change_requests::{ApprovalFixture, REQUESTS, at_once, waiting};
use crate::support::clients::TestClient;
use crate::support::storage::{changed_since, everything};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_approvals_of_one_request_at_once_apply_it_once() {
    let fixture = ApprovalFixture::open().await;
    let id = fixture.rename("Other").await;
    let version = fixture.requester.get(&fixture.path()).await.ok()["version"].as_u64().unwrap();
    let answers = at_once(vec![(fixture.approver.clone(), format!("{REQUESTS}/{id}/approve")); 50]).await;
    let (approved, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(approved.len(), 1);
    for other in others {
        assert_eq!(other.problem(), refusal(409, "not-pending"), "{}", other.text);
    }
    assert_eq!(fixture.requester.get(&fixture.path()).await.ok()["version"], version + 1);
    assert_eq!(fixture.app.count_events(Some("acme"), Action::ClientUpdated).await, 1);
    assert_eq!(fixture.app.count_events(Some("acme"), Action::ChangeRequestApproved).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_approval_and_a_withdrawal_at_once_one_wins() {
    let fixture = ApprovalFixture::open().await;
    let mut outcomes = BTreeSet::new();
    for number in 0..20 {
        let name = format!("Name {number}");
        let id = fixture.rename(&name).await;
        let orders = ["withdraw", "approve"].map(|verb| format!("{REQUESTS}/{id}/{verb}"));
        let [withdraw, approve] = orders;
        let mut orders = vec![(fixture.requester.clone(), withdraw), (fixture.approver.clone(), approve)];
        if number % 2 == 0 {
            orders.reverse();
        }
        let answers = at_once(orders).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let lost = answers.iter().find(|answer| answer.status != 200).unwrap();
        assert_eq!(lost.problem(), refusal(409, "not-pending"));
        let state = won[0]["status"].as_str().unwrap().to_owned();
        assert_eq!(fixture.request(&id).await["status"], state);
        let renamed = fixture.requester.get(&fixture.path()).await.ok()["name"] == name;
        assert_eq!(renamed, state == "approved");
        outcomes.insert(state);
    }
    assert!(outcomes.iter().all(|state| ["approved", "withdrawn"].contains(&state.as_str())), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_collections_at_once_one_gets_the_secret() {
    let fixture = ApprovalFixture::open().await;
    let id = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
    fixture.approve(&id).await.ok();
    let answers = at_once(vec![(fixture.requester.clone(), format!("{REQUESTS}/{id}/collect")); 50]).await;
    let (collected, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(collected.len(), 1);
    for other in others {
        assert_eq!(other.problem(), refusal(409, "not-collectable"), "{}", other.text);
    }
    let secret = collected[0].json()["secret"].as_str().unwrap().to_owned();
    fixture.app.token(&TestClient { secret, ..fixture.client.clone() }, "").await.token();
    let listed = fixture.requester.get(&fixture.secrets()).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(fixture.app.count_events(Some("acme"), Action::SecretAdded).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_concurrent_approvals_for_one_client_do_not_overwrite_each_other() {
    let fixture = ApprovalFixture::open().await;
    let mut orders = Vec::new();
    for number in 0..10 {
        let id = fixture.rename(&format!("Name {number}")).await;
        orders.push((fixture.approver.clone(), format!("{REQUESTS}/{id}/approve")));
    }
    let answers = at_once(orders).await;
    let (approved, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(approved.len(), 1, "each was made on the same version");
    for other in others {
        assert_eq!(other.problem(), refusal(409, "conflict"));
    }
    let name = approved[0].json()["changes"][0]["to"].clone();
    assert_eq!(fixture.requester.get(&fixture.path()).await.ok()["name"], name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_collected_at_once_never_pass_the_limit() {
    let fixture = ApprovalFixture::open().await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        let id = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
        fixture.approve(&id).await.ok();
        orders.push((fixture.requester.clone(), format!("{REQUESTS}/{id}/collect")));
    }
    let answers = at_once(orders).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = [refusal(409, "too-many-secrets"), refusal(409, "conflict")];
    assert!(answers.iter().all(|answer| answer.status == 201 || refused.contains(&answer.problem())), "{answers:?}");
    let listed = fixture.requester.get(&fixture.secrets()).await.ok()["items"].as_array().unwrap().len();
    assert_eq!(listed, made + 1);
    assert!((2..=5).contains(&listed), "{listed}");
}

#[tokio::test]
async fn a_storage_that_fails_leaves_all_of_an_approval_or_nothing() {
    let fixture = ApprovalFixture::open().await;
    let rename = fixture.rename("Other").await;
    let add = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
    let collectable = waiting(&fixture.requester.post(&fixture.secrets(), &json!({})).await);
    let delete = waiting(&fixture.requester.delete(&fixture.path()).await);
    fixture.approve(&collectable).await.ok();
    fill_up_trail(&fixture.app, Trail::Organization("acme".parse().unwrap())).await;
    let before = everything(&fixture.app).await;
    for id in [&rename, &add, &delete] {
        assert_eq!(fixture.approve(id).await.problem(), refusal(503, "unavailable"));
        assert_eq!(fixture.reject(id).await.problem(), refusal(503, "unavailable"));
        assert_eq!(fixture.withdraw(id).await.problem(), refusal(503, "unavailable"));
    }
    assert_eq!(fixture.collect(&collectable).await.problem(), refusal(503, "unavailable"));
    let asked = fixture.requester.patch(&fixture.path(), &json!({ "name": "Third" })).await;
    assert_eq!(asked.problem(), refusal(503, "unavailable"));
    assert_eq!(changed_since(&fixture.app, &before).await, Vec::<String>::new());
    assert_eq!(fixture.request(&rename).await["status"], "pending");
    assert_eq!(fixture.request(&collectable).await["status"], "collectable");
}
