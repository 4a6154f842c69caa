//! Reading, filtering, exporting and verifying the audit trail.

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use countersign::demo;
use countersign::names::TABLE_PREFIX;
use serde_json::{Value, json};
use shared::domain::email::Email;
use shared::domain::event::{Action, Actor, Attribution, NewEvent, Target, Trail};
use shared::domain::id::{AdministratorId, OrganizationKey, RequestId};
use shared::entropy;
use shared::store::{item, schema};

use crate::support::app::App;

fn actions(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect()
}

fn sequences(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()).collect()
}

/// Writes `count` events into the trail of `acme`, by somebody with this address, straight into the store.
async fn write_events(app: &App, count: usize, email: &str) {
    let organization = OrganizationKey::parse(demo::ORGANIZATION).unwrap();
    let event = NewEvent {
        trail: Trail::Organization(organization),
        action: Action::PrivilegeRefused,
        target: Target::Route("GET /v1/=cmd".to_owned()),
        changes: Vec::new(),
    };
    let newest = app.stack.trail.page(&event.trail, None, 1).await.unwrap().items.pop().unwrap();
    let (mut sequence, mut hash) = (newest.sequence, newest.hash);
    let mut puts = Vec::new();
    for _ in 0..count {
        let by = Attribution {
            actor: Actor::Administrator {
                id: AdministratorId::random(&mut entropy::os_rng()),
                email: Email::parse(email).unwrap(),
            },
            source: None,
            request_id: RequestId::random(&mut entropy::os_rng()),
            at: app.now(),
        };
        sequence += 1;
        let item = item::event::write(&event, &by, sequence, &hash);
        hash = item::event::read_link(&item).unwrap().1;
        let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
        puts.push(WriteRequest::builder().put_request(put).build());
    }
    let table = schema::AUDIT_EVENTS.name_in(TABLE_PREFIX);
    for puts in puts.chunks(25) {
        app.stack.aws.dynamodb().batch_write_item().request_items(&table, puts.to_vec()).send().await.unwrap();
    }
}

#[tokio::test]
async fn an_event_says_who_did_what_to_what_from_where_and_what_changed() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client_id = demo::client_id(&app.stack);
    owner.patch(&format!("/v1/clients/{client_id}"), &json!({ "name": "Other" })).await.ok();

    let page = owner.get("/v1/audit?limit=2").await.ok();

    let [event, before] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!(event["actor"]["type"], "administrator");
    assert_eq!(event["actor"]["email"], "owner@acme.example");
    assert!(event["actor"]["id"].as_str().unwrap().starts_with("adm_"));
    assert_eq!(event["action"], "client.updated");
    assert_eq!(event["target"], json!({ "type": "client", "client_id": client_id }));
    assert_eq!(event["at"], crate::support::app::START);
    assert_eq!(event["source"], "127.0.0.1");
    assert!(event["request_id"].as_str().unwrap().starts_with("req_"));
    assert_eq!(event["changes"], json!([{ "field": "name", "from": "Reporting", "to": "Other" }]));
    assert_eq!(event["previous_hash"], before["hash"]);
    assert_eq!(event["hash"].as_str().unwrap().len(), 64);
    assert_eq!(before["action"], "session.created");
}

#[tokio::test]
async fn pages_stay_as_they_are_while_new_events_come() {
    let app = App::start().await;
    let owner = app.owner().await;
    let first = owner.get("/v1/audit?limit=3").await.ok();
    write_events(&app, 2, "a@acme.example").await;
    let mut seen = sequences(&first);
    let mut next = first["next_cursor"].as_str().map(str::to_owned);
    while let Some(cursor) = next {
        let page = owner.get(&format!("/v1/audit?limit=3&cursor={cursor}")).await.ok();
        seen.extend(sequences(&page));
        next = page["next_cursor"].as_str().map(str::to_owned);
    }
    let newest = seen[0];
    assert_eq!(seen, (1..=newest).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn filters_narrow_the_trail_and_combine() {
    let app = App::start().await;
    let owner = app.owner().await;
    let client_id = demo::client_id(&app.stack);
    app.clock.advance(600);
    owner.order(&format!("/v1/clients/{client_id}/disable")).await.ok();
    owner.post(&format!("/v1/clients/{client_id}/secrets"), &json!({})).await.made();

    let of = async |query: &str| owner.get(&format!("/v1/audit?{query}")).await.ok();
    assert_eq!(actions(&of("action=client.disabled").await), ["client.disabled"]);
    assert_eq!(
        actions(&of(&format!("client_id={client_id}")).await),
        ["secret.added", "client.disabled", "client.created"]
    );
    assert_eq!(
        actions(&of(&format!("client_id={client_id}&actor=OWNER@acme.example")).await),
        ["secret.added", "client.disabled"]
    );
    assert_eq!(actions(&of(&format!("client_id={client_id}&actor=system")).await), ["client.created"]);
    // from is within, to is not
    assert_eq!(actions(&of("from=2026-03-01T12:10:00Z").await), ["secret.added", "client.disabled"]);
    assert_eq!(
        actions(&of("from=2026-03-01T12:00:00Z&to=2026-03-01T12:10:00Z&action=session.created").await),
        ["session.created"]
    );
    assert_eq!(actions(&of("from=2026-03-01T14:10:00%2B02:00&action=secret.added").await), ["secret.added"]);
    assert!(actions(&of("to=2026-03-01T12:00:00Z").await).is_empty());
}

#[tokio::test]
async fn refusals_are_in_the_trail() {
    let app = App::start().await;
    let viewer = app.viewer().await;
    assert_eq!(viewer.get("/v1/audit").await.status, 403);
    let owner = app.owner().await;
    let page = owner.get("/v1/audit?action=privilege.refused").await.ok();
    assert_eq!(page["items"][0]["actor"]["email"], "viewer@acme.example");
    assert_eq!(page["items"][0]["target"], json!({ "type": "route", "route": "GET /v1/audit" }));
}

#[tokio::test]
async fn an_operator_names_the_trail_and_nobody_else_reads_another_one() {
    let app = App::start().await;
    let operator = app.operator().await;
    assert_eq!(operator.get("/v1/audit").await.status, 422);
    assert_eq!(operator.get("/v1/audit?organization=nobody").await.status, 404);
    assert_eq!(operator.get("/v1/audit?organization=acme&trail=platform").await.status, 422);
    let acme = operator.get("/v1/audit?organization=acme&action=organization.created").await.ok();
    assert_eq!(acme["items"][0]["actor"], json!({ "type": "system", "id": null, "email": null }));
    let platform = operator.get("/v1/audit?trail=platform&action=resource.created").await.ok();
    assert_eq!(platform["items"].as_array().unwrap().len(), 2);
    operator.post("/v1/organizations", &json!({ "key": "other", "name": "Other" })).await.made();

    let owner = app.owner().await;
    for path in ["", "/export", "/verify"] {
        assert_eq!(owner.get(&format!("/v1/audit{path}?organization=other")).await.status, 404);
        assert_eq!(owner.get(&format!("/v1/audit{path}?trail=platform")).await.status, 403);
    }
}

#[tokio::test]
async fn wrong_parameters_are_named_together() {
    let app = App::start().await;
    let owner = app.owner().await;
    let query = "organization=A&client_id=_&action=x&from=yesterday&to=2026-13-01&limit=0&cursor=!&trail=all";
    let answer = owner.get(&format!("/v1/audit?{query}")).await;
    let errors = answer.json()["errors"].clone();
    let mut fields: Vec<_> = errors.as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["action", "client_id", "cursor", "from", "limit", "organization", "to", "trail"]);
    assert_eq!(owner.get("/v1/audit/export?format=xml").await.status, 422);
    assert_eq!(owner.get("/v1/audit?limit=1&limit=2").await.status, 422);
}

#[tokio::test]
async fn a_filter_that_fits_little_is_answered_in_bounded_steps() {
    let app = App::start().await;
    let owner = app.owner().await;
    write_events(&app, 1_000, "a@acme.example").await;
    let first = owner.get("/v1/audit?action=organization.created").await.ok();
    assert!(actions(&first).is_empty());
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = owner.get(&format!("/v1/audit?action=organization.created&cursor={cursor}")).await.ok();
    assert_eq!(actions(&second), ["organization.created"]);
    assert_eq!(second["next_cursor"], Value::Null);
    // a lower bound of time ends the walk early
    app.clock.advance(1_500);
    write_events(&app, 1, "b@acme.example").await;
    let recent = owner.get("/v1/audit?from=2026-03-01T12:20:00Z").await.ok();
    assert_eq!((actions(&recent).len(), &recent["next_cursor"]), (1, &Value::Null));
}

#[tokio::test]
async fn the_export_pages_put_together_are_the_whole_trail() {
    let app = App::start().await;
    let owner = app.owner().await;
    write_events(&app, 5_001, "a@acme.example").await;
    for (format, media_type) in [("csv", "text/csv; charset=utf-8"), ("jsonl", "application/jsonl")] {
        let mut path = format!("/v1/audit/export?format={format}&action=privilege.refused");
        let (mut file, mut pages) = (String::new(), 0);
        loop {
            let answer = owner.get(&path).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, media_type));
            let name = format!("attachment; filename=\"audit-acme.{format}\"");
            assert_eq!(answer.header("content-disposition"), name);
            assert!(answer.text.len() < 3 * 1024 * 1024);
            file.push_str(&answer.text);
            pages += 1;
            match answer.header("link").strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")) {
                Some(next) => path = next.strip_prefix(&app.base).unwrap().to_owned(),
                None => break,
            }
        }
        assert!(pages >= 2, "{pages}");
        let header = usize::from(format == "csv");
        assert_eq!(file.lines().count(), 5_001 + header, "{format}");
        assert_eq!(file.matches("previous_hash").count(), if format == "csv" { 1 } else { 5_001 });
    }
}

#[tokio::test]
async fn a_cell_of_the_export_is_never_a_formula() {
    let app = App::start().await;
    let owner = app.owner().await;
    write_events(&app, 1, "=1+2@acme.example").await;
    let name = "a \"quoted\", name";
    let client_id = demo::client_id(&app.stack);
    owner.patch(&format!("/v1/clients/{client_id}"), &json!({ "name": name })).await.ok();

    let csv = owner.get("/v1/audit/export?from=2026-03-01T12:00:00Z").await.text;

    assert!(csv.starts_with("sequence,at,actor_type,actor_id,actor_email,action,target_type,target,"), "{csv}");
    assert!(csv.contains(",'=1+2@acme.example,privilege.refused,route,GET /v1/=cmd,"), "{csv}");
    let quoted = r#""[{""field"":""name"",""from"":""Reporting"",""to"":""a \""quoted\"", name""}]""#;
    assert!(csv.contains(quoted), "{csv}");
    assert!(csv.lines().count() > 2 && csv.ends_with("\r\n"));
}

#[tokio::test]
async fn an_untouched_trail_verifies_whole_and_in_steps() {
    let app = App::start().await;
    let owner = app.owner().await;
    let newest = owner.get("/v1/audit?limit=1").await.ok()["items"][0].clone();
    let head = json!({ "sequence": newest["sequence"], "hash": newest["hash"] });
    let whole = owner.get("/v1/audit/verify").await.ok();
    let expected = json!({ "verified": true, "events_checked": newest["sequence"], "head": head, "broken": null,
        "next_cursor": null });
    assert_eq!(whole, expected);

    let (mut step, mut steps) = (owner.get("/v1/audit/verify?limit=2").await.ok(), 1);
    while let Some(cursor) = step["next_cursor"].as_str() {
        step = owner.get(&format!("/v1/audit/verify?limit=2&cursor={cursor}")).await.ok();
        steps += 1;
    }
    assert_eq!(step, expected);
    assert_eq!(steps, newest["sequence"].as_u64().unwrap().div_ceil(2));
    let operator = app.operator().await;
    assert_eq!(operator.get("/v1/audit/verify?trail=platform").await.ok()["verified"], true);
}

#[tokio::test]
async fn a_trail_that_was_tampered_with_says_where() {
    let app = App::start().await;
    let owner = app.owner().await;
    write_events(&app, 10, "a@acme.example").await;
    let table = schema::AUDIT_EVENTS.name_in(TABLE_PREFIX);
    let dynamodb = app.stack.aws.dynamodb();
    let key = |sequence: u64| {
        [
            (schema::TRAIL.to_owned(), AttributeValue::S(demo::ORGANIZATION.to_owned())),
            (schema::SEQUENCE.to_owned(), AttributeValue::N(sequence.to_string())),
        ]
    };
    let stored = async |sequence| {
        let got = dynamodb.get_item().table_name(&table).set_key(Some(key(sequence).into())).send().await.unwrap();
        got.item.unwrap()
    };
    let put = async |item| {
        dynamodb.put_item().table_name(&table).set_item(Some(item)).send().await.unwrap();
    };
    let broken = async || {
        let found = owner.get("/v1/audit/verify").await.ok();
        assert_eq!(found["verified"], false, "{found}");
        found["broken"].clone()
    };

    let kept = stored(5).await;
    let mut altered = kept.clone();
    altered.insert("action".to_owned(), AttributeValue::S("client.enabled".to_owned()));
    put(altered.clone()).await;
    assert_eq!(broken().await, json!({ "sequence": 5, "reason": "altered" }));
    // whoever makes the hash right again breaks the link of the next
    let rehashed = item::event::hash_of(&altered);
    altered.insert("hash".to_owned(), AttributeValue::S(rehashed));
    put(altered).await;
    assert_eq!(broken().await, json!({ "sequence": 6, "reason": "unlinked" }));
    dynamodb.delete_item().table_name(&table).set_key(Some(key(5).into())).send().await.unwrap();
    assert_eq!(broken().await, json!({ "sequence": 5, "reason": "missing" }));
    // an earlier step finds nothing yet
    let step = owner.get("/v1/audit/verify?limit=4").await.ok();
    assert_eq!((&step["verified"], &step["events_checked"]), (&json!(true), &json!(4)));
    put(kept).await;
    assert_eq!(owner.get("/v1/audit/verify").await.ok()["verified"], true);
}
