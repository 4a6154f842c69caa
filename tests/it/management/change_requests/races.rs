//! Change requests when many people do the same thing at the same moment, and when the storage fails underneath.

use std::collections::BTreeSet;

use serde_json::json;
use shared::domain::event::{Action, Trail};

use crate::support::answer::{Answer, refusal};
use crate::support::audit::fill_up_trail;
use crate::support::change_requests::{Office, REQUESTS, at_once, waiting};
use crate::support::clients::TestClient;
use crate::support::storage::{changed_since, everything};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_approvals_of_one_request_at_once_apply_it_once() {
    let office = Office::open().await;
    let id = office.rename("Other").await;
    let version = office.asks.get(&office.path()).await.ok()["version"].as_u64().unwrap();
    let answers = at_once(vec![(office.decides.clone(), format!("{REQUESTS}/{id}/approve")); 50]).await;
    let (approved, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(approved.len(), 1);
    for other in others {
        assert_eq!(other.problem(), refusal(409, "not-pending"), "{}", other.text);
    }
    assert_eq!(office.asks.get(&office.path()).await.ok()["version"], version + 1);
    assert_eq!(office.app.count_events(Some("acme"), Action::ClientUpdated).await, 1);
    assert_eq!(office.app.count_events(Some("acme"), Action::ChangeRequestApproved).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_approval_and_a_withdrawal_at_once_one_wins() {
    let office = Office::open().await;
    let mut outcomes = BTreeSet::new();
    for number in 0..20 {
        let name = format!("Name {number}");
        let id = office.rename(&name).await;
        let orders = ["withdraw", "approve"].map(|verb| format!("{REQUESTS}/{id}/{verb}"));
        let [withdraw, approve] = orders;
        let mut orders = vec![(office.asks.clone(), withdraw), (office.decides.clone(), approve)];
        if number % 2 == 0 {
            orders.reverse();
        }
        let answers = at_once(orders).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        let lost = answers.iter().find(|answer| answer.status != 200).unwrap();
        assert_eq!(lost.problem(), refusal(409, "not-pending"));
        let state = won[0]["status"].as_str().unwrap().to_owned();
        assert_eq!(office.request(&id).await["status"], state);
        let renamed = office.asks.get(&office.path()).await.ok()["name"] == name;
        assert_eq!(renamed, state == "approved");
        outcomes.insert(state);
    }
    assert!(outcomes.iter().all(|state| ["approved", "withdrawn"].contains(&state.as_str())), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_collections_at_once_one_gets_the_secret() {
    let office = Office::open().await;
    let id = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
    office.approve(&id).await.ok();
    let answers = at_once(vec![(office.asks.clone(), format!("{REQUESTS}/{id}/collect")); 50]).await;
    let (collected, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(collected.len(), 1);
    for other in others {
        assert_eq!(other.problem(), refusal(409, "not-collectable"), "{}", other.text);
    }
    let secret = collected[0].json()["secret"].as_str().unwrap().to_owned();
    office.app.token(&TestClient { secret, ..office.client.clone() }, "").await.token();
    let listed = office.asks.get(&office.secrets()).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(office.app.count_events(Some("acme"), Action::SecretAdded).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_changes_of_one_client_approved_at_once_none_overwrites_another() {
    let office = Office::open().await;
    let mut orders = Vec::new();
    for number in 0..10 {
        let id = office.rename(&format!("Name {number}")).await;
        orders.push((office.decides.clone(), format!("{REQUESTS}/{id}/approve")));
    }
    let answers = at_once(orders).await;
    let (approved, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(approved.len(), 1, "each was made on the same version");
    for other in others {
        assert_eq!(other.problem(), refusal(409, "conflict"));
    }
    let name = approved[0].json()["changes"][0]["to"].clone();
    assert_eq!(office.asks.get(&office.path()).await.ok()["name"], name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_collected_at_once_never_pass_the_limit() {
    let office = Office::open().await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        let id = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
        office.approve(&id).await.ok();
        orders.push((office.asks.clone(), format!("{REQUESTS}/{id}/collect")));
    }
    let answers = at_once(orders).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = [refusal(409, "too-many-secrets"), refusal(409, "conflict")];
    assert!(answers.iter().all(|answer| answer.status == 201 || refused.contains(&answer.problem())), "{answers:?}");
    let listed = office.asks.get(&office.secrets()).await.ok()["items"].as_array().unwrap().len();
    assert_eq!(listed, made + 1);
    assert!((2..=5).contains(&listed), "{listed}");
}

#[tokio::test]
async fn a_storage_that_fails_leaves_all_of_an_approval_or_nothing() {
    let office = Office::open().await;
    let rename = office.rename("Other").await;
    let add = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
    let collectable = waiting(&office.asks.post(&office.secrets(), &json!({})).await);
    let delete = waiting(&office.asks.delete(&office.path()).await);
    office.approve(&collectable).await.ok();
    fill_up_trail(&office.app, Trail::Organization("acme".parse().unwrap())).await;
    let before = everything(&office.app).await;
    for id in [&rename, &add, &delete] {
        assert_eq!(office.approve(id).await.problem(), refusal(503, "unavailable"));
        assert_eq!(office.reject(id).await.problem(), refusal(503, "unavailable"));
        assert_eq!(office.withdraw(id).await.problem(), refusal(503, "unavailable"));
    }
    assert_eq!(office.collect(&collectable).await.problem(), refusal(503, "unavailable"));
    let asked = office.asks.patch(&office.path(), &json!({ "name": "Third" })).await;
    assert_eq!(asked.problem(), refusal(503, "unavailable"));
    assert_eq!(changed_since(&office.app, &before).await, Vec::<String>::new());
    assert_eq!(office.request(&rename).await["status"], "pending");
    assert_eq!(office.request(&collectable).await["status"], "collectable");
}
