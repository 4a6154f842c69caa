//! Listing clients, page by page.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::browser::Browser;
use crate::support::clients::TestClient;

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["client_id"].as_str().unwrap().to_owned()).collect()
}

/// All pages of this size.
async fn pages(browser: &Browser, limit: usize) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = browser.get(&format!("/v1/clients?limit={limit}{cursor}")).await.ok();
        pages.push(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { return pages };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_hundred_and_twenty_clients_come_in_order_each_once_and_no_page_is_empty() {
    let app = App::start().await;
    let (owner, operator) = (app.owner().await, app.operator().await);
    let mut expected = vec!["wallet-acme-legacy-import".to_owned(), "wallet-acme-reporting".to_owned()];
    // not in their order
    for number in (0..120).map(|number| number * 7 % 120) {
        let key = format!("c{number:03}");
        owner.post("/v1/clients", &json!({ "key": key, "name": key })).await.made();
        expected.push(format!("wallet-acme-{key}"));
    }
    expected.sort();
    app.organization(&operator, "globex").await;
    operator.post("/v1/clients", &json!({ "organization": "globex", "key": "c", "name": "c" })).await.made();
    for (limit, lengths) in [(100, vec![100, 22]), (61, vec![61, 61]), (50, vec![50, 50, 22])] {
        let pages = pages(&owner, limit).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), lengths);
        assert_eq!(pages.concat(), expected, "{limit}");
    }
    let usual = owner.get("/v1/clients").await.ok();
    assert_eq!(ids(&usual).len(), 50);
    let by_operator = operator.get("/v1/clients?organization=acme").await.ok();
    assert_eq!(by_operator["items"], usual["items"]);
    assert!(!usual.to_string().contains("\"secret\":"));
}

#[tokio::test]
async fn a_list_and_a_client_say_alike_when_it_was_last_used_with_whichever_secret() {
    let app = App::start().await;
    let demo = app.demo_client();
    assert_eq!(app.token(&demo, "").await.status, 200);
    app.clock.advance(2 * 3600);
    let owner = app.owner().await;
    let added = owner.post(&format!("/v1/clients/{}/secrets", demo.id), &json!({})).await.made();
    let secret = added["secret"].as_str().unwrap().to_owned();
    let second = TestClient { id: demo.id.clone(), secret };
    assert_eq!(app.token(&second, "").await.status, 200);
    let listed = owner.get("/v1/clients").await.ok()["items"].clone();
    let of = |id: &str| listed.as_array().unwrap().iter().find(|item| item["client_id"] == id).unwrap().clone();
    assert_eq!(of(&demo.id)["last_used_at"], json!(app.now()));
    assert_eq!(of("wallet-acme-legacy-import")["last_used_at"], Value::Null);
    assert_eq!(owner.get(&format!("/v1/clients/{}", demo.id)).await.ok(), of(&demo.id));
}

#[tokio::test]
async fn a_list_goes_on_behind_a_client_that_was_deleted_meanwhile() {
    let app = App::start().await;
    let owner = app.owner().await;
    for key in ["a", "b", "c", "d"] {
        owner.create_client(key).await;
    }
    let first = owner.get("/v1/clients?limit=2").await.ok();
    assert_eq!(ids(&first), ["wallet-acme-a", "wallet-acme-b"]);
    owner.delete("/v1/clients/wallet-acme-b").await;
    owner.create_client("aa").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = owner.get(&format!("/v1/clients?limit=2&cursor={cursor}")).await.ok();
    assert_eq!(ids(&second), ["wallet-acme-c", "wallet-acme-d"]);
    let all = pages(&owner, 100).await.concat();
    let expected = ["a", "aa", "c", "d", "legacy-import", "reporting"].map(|key| format!("wallet-acme-{key}"));
    assert_eq!(all, expected);
}

#[tokio::test]
async fn a_list_shows_of_each_client_what_its_own_page_shows() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client = TestClient::created(&owner.create_client("billing").await);
    let path = client.path();
    for label in ["second", "third"] {
        owner.post(&format!("{path}/secrets"), &json!({ "label": label })).await.made();
    }
    owner.order(&format!("{path}/secrets/{}/deactivate", client.secret_id())).await.ok();
    let listed = owner.get("/v1/clients?limit=1").await.ok()["items"][0].clone();
    assert_eq!(listed, owner.get(&path).await.ok());
    assert_eq!(listed["secrets"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_empty_list_has_no_next_page_and_unknown_parameters_are_ignored() {
    let app = App::start().await;
    let owner = app.organization(&app.operator().await, "globex").await;
    let empty = json!({ "items": [], "next_cursor": null });
    assert_eq!(owner.get("/v1/clients?limit=1&sort=name&x=%FF").await.ok(), empty);
    let list = owner.get("/v1/clients?organization=globex").await;
    assert_eq!((list.ok(), list.header("cache-control")), (empty, "no-store"));
}
