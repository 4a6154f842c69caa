//! The form of responses and problems (RFC 9457, RFC 9110).

use management_api::rate::RequestRate;
use management_api::{Kind, routes};
use reqwest::{Method, header};
use serde_json::json;
use shared::domain::resource::AccessLevel;

use crate::support::answer::{refusal, send};
use crate::support::app::App;
use crate::support::people::SESSION;

#[tokio::test]
async fn a_problems_type_leads_to_its_section() {
    let app = App::start().await;
    let owner = app.owner().await;
    let problems = [
        app.anonymous().get("/v1/clients").await,
        owner.get("/v1/nothing").await,
        owner.get("/v1/clients?limit=0").await,
        owner.raw(Method::POST, "/v1/clients", "{").await,
        owner.post("/v1/resources", &json!({})).await,
    ];
    for problem in problems {
        let kind = problem.problem().1;
        let url = problem.json()["type"].as_str().unwrap().to_owned();
        assert_eq!(url, format!("{}/docs/errors#{kind}", app.base));
        let page = send(app.http.get(&url)).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.text.contains(&format!(" id=\"{kind}\"")), "{url}");
    }
    let page = app.get("/docs/errors").await.text;
    for kind in Kind::ALL {
        let (status, anchor) = (kind.status().as_u16(), kind.anchor());
        assert!(page.contains(&format!("<h2 id=\"{anchor}\">{status}: ")), "{anchor}");
    }
}

#[tokio::test]
async fn a_problem_has_the_members_of_its_kind_and_no_others() {
    let app = App::start().await;
    let members = |answer: crate::support::answer::Answer| {
        let mut names: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let usual = ["detail", "request_id", "status", "title", "type"];
    assert_eq!(members(app.get("/v1/clients").await), usual);
    let owner = app.owner().await;
    let invalid = owner.post("/v1/clients", &json!({})).await;
    assert_eq!(members(invalid), ["detail", "errors", "request_id", "status", "title", "type"]);
}

#[tokio::test]
async fn every_request_has_its_own_id() {
    let app = App::start().await;
    let first = app.get("/v1/clients").await;
    let request = app.request(Method::GET, "/v1/clients").header("x-request-id", first.header("x-request-id"));
    let second = send(request).await;
    for answer in [&first, &second] {
        let id = answer.header("x-request-id");
        assert!(id.starts_with("req_") && id.len() == 24, "{id}");
        assert_eq!(answer.json()["request_id"], id);
    }
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_405_with_those_that_it_takes() {
    let app = App::start().await;
    let owner = app.owner().await;
    let all = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
    let mut paths: Vec<_> = routes().iter().map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let mut taken: Vec<_> = routes().iter().filter(|r| r.path == path).map(|r| r.method.to_string()).collect();
        if taken.contains(&"GET".to_owned()) {
            taken.push("HEAD".to_owned());
        }
        taken.sort();
        let real = path
            .replace("{organization}", "acme")
            .replace("{client_id}", "wallet-acme-reporting")
            .replace("{secret_id}", "cs_AAAAAAAAAAAA");
        for method in all.iter().filter(|method| !taken.contains(&(**method).to_owned())) {
            for browser in [&owner, &app.anonymous()] {
                let method: Method = method.parse().unwrap();
                let answer = send(browser.request(method.clone(), &real)).await;
                assert_eq!(answer.problem(), refusal(405, "method-not-allowed"), "{method} {path}");
                let mut allowed: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
                allowed.sort_unstable();
                assert_eq!(allowed, taken, "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_404_signed_in_or_not() {
    let app = App::start().await;
    let owner = app.owner().await;
    for path in [
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/clients",
        "/v1/clients/",
        "/v1/clients/wallet-acme-reporting/",
        "/v1//clients",
        "/v1/Clients",
        "/v1/clients/wallet-acme-reporting/secrets/cs_AAAAAAAAAAAA/reveal-it",
        "/docs/",
    ] {
        for browser in [&owner, &app.anonymous()] {
            assert_eq!(browser.get(path).await.problem(), refusal(404, "not-found"), "{path}");
        }
    }
    for id in ["%FF", "%00", "..%2Facme", "Wallet-acme-reporting", "wallet-acme-reporting%20", &"a".repeat(500)] {
        let answer = owner.get(&format!("/v1/clients/{id}")).await;
        assert_eq!(answer.problem(), refusal(404, "not-found"), "{id}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_announced_as_json_is_415() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({ "key": "a", "name": "a" }).to_string();
    for announced in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "multipart/form-data"]
    {
        let request = owner.request(Method::POST, "/v1/clients").header(header::CONTENT_TYPE, announced);
        let answer = send(request.body(body.clone())).await;
        assert_eq!(answer.problem(), refusal(415, "unsupported-media-type"), "{announced}");
    }
    let silent = send(owner.request(Method::POST, "/v1/clients").body(body.clone())).await;
    assert_eq!(silent.problem(), refusal(415, "unsupported-media-type"));
    let request = owner.request(Method::POST, "/v1/clients");
    let request = request.header(header::CONTENT_TYPE, "Application/JSON; charset=UTF-8");
    send(request.body(body)).await.made();
}

#[tokio::test]
async fn a_body_over_64_kibibytes_is_413_and_one_of_just_that_is_read() {
    let app = App::start().await;
    let owner = app.owner().await;
    let padded = |length: usize| {
        let body = json!({ "key": "a", "name": "a" }).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let over = owner.raw(Method::POST, "/v1/clients", padded(64 * 1024 + 1)).await;
    assert_eq!(over.problem(), refusal(413, "body-too-large"));
    let far_over = owner.raw(Method::POST, "/v1/clients", padded(2 * 1024 * 1024)).await;
    assert_eq!(far_over.problem(), refusal(413, "body-too-large"));
    owner.raw(Method::POST, "/v1/clients", padded(64 * 1024)).await.made();
    let signing_in = app.anonymous().raw(Method::POST, SESSION, padded(64 * 1024 + 1)).await;
    assert_eq!(signing_in.problem(), refusal(413, "body-too-large"));
}

#[tokio::test]
async fn malformed_json_is_400_and_says_where() {
    let app = App::start().await;
    let owner = app.owner().await;
    for (body, place) in [
        ("", "line 1, column 0"),
        ("{", "line 1, column 1"),
        ("{\n\"key\":}", "line 2, column 7"),
        ("{\"key\":\"a\"} {}", "line 1, column 13"),
        ("{'key':'a'}", "line 1, column 2"),
        ("{\"key\":\"a\",}", "line 1, column 12"),
        ("{\"key\":NaN}", "line 1, column"),
        ("{\"key\":\"\\ud800\"}", "line 1, column"),
        ("{\"key\":\"a\nb\"}", "control character"),
    ] {
        let answer = owner.raw(Method::POST, "/v1/clients", body).await;
        assert_eq!(answer.problem(), refusal(400, "malformed-body"), "{body:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(place), "{body:?}: {}", answer.text);
    }
    let no_text = owner.raw(Method::POST, "/v1/clients", b"{\"key\":\"\xff\"}".to_vec()).await;
    assert_eq!(no_text.problem(), refusal(400, "malformed-body"));
}

#[tokio::test]
async fn unknown_and_mistyped_fields_are_named() {
    let app = App::start().await;
    let owner = app.owner().await;
    for (body, field) in [
        (json!({ "key": "a" }), "name"),
        (json!({ "name": "a" }), "key"),
        (json!({ "key": "a", "name": "a", "colour": "red" }), "colour"),
        (json!({ "key": "a", "name": "a", "Name": "b" }), "Name"),
        (json!({ "key": 7, "name": "a" }), "key"),
        (json!({ "key": "a", "name": ["a"] }), "name"),
        (json!({ "key": "a", "name": "a", "enabled": "true" }), "enabled"),
        (json!({ "key": "a", "name": "a", "notes": null }), "notes"),
        (json!({ "key": "a", "name": "a", "token_lifetime_seconds": 900.5 }), "token_lifetime_seconds"),
        (json!({ "key": "a", "name": "a", "grants": { "Banking": "view" } }), "grants.Banking"),
        (json!([]), "body"),
        (json!(["a", "a"]), "body"),
        (json!(null), "body"),
        (json!("text"), "body"),
    ] {
        assert_eq!(owner.post("/v1/clients", &body).await.wrong_fields(), [field], "{body}");
    }
    let twice = owner.raw(Method::POST, "/v1/clients", "{\"key\":\"a\",\"name\":\"a\",\"key\":\"b\"}").await;
    assert_eq!(twice.wrong_fields(), ["key"]);
}

#[tokio::test]
async fn the_store_out_of_reach_is_503_with_retry_after_and_says_nothing_of_itself() {
    let app = App::start().await;
    let owner = app.owner().await;
    let anonymous = app.anonymous();
    let credentials =
        crate::support::people::credentials(&app.person(shared::domain::privilege::Role::Viewer), "123456");
    app.stack.aws.stop().await;
    let answers = [
        owner.get("/v1/clients").await,
        owner.post("/v1/clients", &json!({ "key": "a", "name": "a" })).await,
        owner.delete(SESSION).await,
        anonymous.post(SESSION, &credentials).await,
    ];
    for answer in answers {
        assert_eq!(answer.problem(), refusal(503, "unavailable"));
        assert_eq!(answer.header("retry-after"), "1");
        let problem = answer.json();
        assert_eq!(problem["detail"], "Storage did not respond. Try again in a moment.");
        assert_eq!(answer.header("set-cookie"), "");
    }
    assert_eq!(anonymous.get("/docs/errors").await.status, 200);
    assert_eq!(anonymous.get("/v1/clients").await.problem(), refusal(401, "not-signed-in"));
}

#[tokio::test]
async fn a_rate_limited_caller_is_told_when_to_retry_and_others_are_not_limited() {
    let app = App::with(|configuration| configuration.request_rate = RequestRate { burst: 5, per_second: 2 }).await;
    let (owner, viewer) = (app.owner().await, app.viewer().await);
    let (_, machine) = app.machine("deployer", AccessLevel::View).await;
    for by in [&owner, &machine] {
        for _ in 0..5 {
            by.get("/v1/clients").await.ok();
        }
        let answer = by.get("/v1/clients").await;
        assert_eq!(answer.problem(), refusal(429, "too-many-requests"));
        assert_eq!(answer.header("retry-after"), "1");
    }
    viewer.get("/v1/clients").await.ok();
    app.get("/docs/errors").await;
    app.clock.advance(1);
    for status in [200, 200, 429] {
        assert_eq!(owner.get("/v1/clients").await.status, status);
    }
}
