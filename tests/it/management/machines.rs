//! Machines at the management API: tokens that it accepts, and what they allow.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign::names::{JWKS_SECRET, KEY_SET_SECRET};
use management_api::SESSION_COOKIE;
use reqwest::{Method, header};
use serde_json::{Value, json};
use shared::domain::event::{Action, Actor, Attribution};
use shared::domain::id::RequestId;
use shared::domain::privilege::Privilege;
use shared::domain::resource::AccessLevel;
use shared::entropy;
use shared::keys::algorithm::SigningAlgorithm;
use shared::keys::key_set::KeySet;
use shared::keys::vault::Vault;

use crate::support::answer::{Answer, refusal, send};
use crate::support::app::{App, REVOKE};
use crate::support::browser::Browser;
use crate::support::clients::{ClientOptions, TestClient};
use crate::support::encoding::parts;

const MINE: &str = "/v1/clients/@me";
const REGENERATE: &str = "/v1/clients/@me/secrets/regenerate";

/// What it says of a token that is not accepted.
#[track_caller]
fn invalid_token(answer: &Answer, because: &str) {
    assert_eq!(answer.problem(), refusal(401, "invalid-token"), "{because}");
    let expected = r#"Bearer realm="countersign", error="invalid_token""#;
    assert_eq!(answer.header("www-authenticate"), expected, "{because}");
    assert!(answer.json()["detail"].as_str().unwrap().contains(because), "{}", answer.text);
}

/// The token with other claims or another header, signed by the deployment's own key.
async fn forged(app: &App, token: &str, change: impl Fn(&mut Value, &mut Value)) -> String {
    let (mut head, mut claims) = parts(token);
    change(&mut head, &mut claims);
    let keys = Vault::new(app.stack.aws.secrets_manager()).key_set(KEY_SET_SECRET).await.unwrap();
    let stored: Value = serde_json::from_str(&keys.to_json()).unwrap();
    let private = STANDARD.decode(stored["current"]["private_key"].as_str().unwrap()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private).unwrap();
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encoded(&head), encoded(&claims));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_token_is_ours_unexpired_and_meant_for_the_management_api() {
    let app = App::start().await;
    let (client, machine) = app.machine("deployer", AccessLevel::View).await;
    machine.get(MINE).await.ok();
    let token = machine.token().to_owned();
    let with = |token: &str| app.anonymous().with_token(token);

    for garbage in ["", "x", "a.b.c", "...", &"A".repeat(9_000), &token[1..], &format!("{token}x")] {
        invalid_token(&with(garbage).get(MINE).await, "");
    }
    let banking = app.token(&client, "scope=banking/view").await;
    assert_eq!(banking.refused().0, 400, "it is granted nothing else");
    let elsewhere = app.token(&app.demo_client(), "").await.token();
    invalid_token(&with(&elsewhere).get(MINE).await, "another audience");
    let other_issuer = forged(&app, &token, |_, claims| claims["iss"] = json!("https://evil.example")).await;
    invalid_token(&with(&other_issuer).get(MINE).await, "another issuer");
    let no_access_token = forged(&app, &token, |head, _| head["typ"] = json!("JWT")).await;
    invalid_token(&with(&no_access_token).get(MINE).await, "form");
    let unsigned = forged(&app, &token, |head, _| head["alg"] = json!("none")).await;
    invalid_token(&with(&unsigned).get(MINE).await, "form");
    let nobody = forged(&app, &token, |_, claims| {
        claims["client_id"] = json!("wallet-acme-nobody");
        claims["sub"] = json!("wallet-acme-nobody");
    });
    invalid_token(&with(&nobody.await).get(MINE).await, "its client");
    with(&forged(&app, &token, |_, claims| claims["env"] = json!("production")).await).get(MINE).await.ok();

    app.clock.advance(899);
    machine.get(MINE).await.ok();
    app.clock.advance(1);
    invalid_token(&machine.get(MINE).await, "expired");
    app.clock.advance(1);
    invalid_token(&machine.get(MINE).await, "expired");
}

#[tokio::test]
async fn a_token_stops_at_once_with_its_revocation_its_client_and_its_grant() {
    let app = App::start().await;
    let (client, machine) = app.machine("deployer", AccessLevel::Change).await;
    app.set_enabled(&client, false).await;
    invalid_token(&machine.get(MINE).await, "its client");
    app.set_enabled(&client, true).await;
    machine.get(MINE).await.ok();

    let owner = app.owner().await;
    owner.patch(&format!("/v1/clients/{}", client.id), &json!({ "grants": { "countersign": "view" } })).await.ok();
    machine.get(MINE).await.ok();
    assert_eq!(machine.patch(MINE, &json!({ "name": "x" })).await.problem(), refusal(403, "missing-privilege"));
    owner.patch(&format!("/v1/clients/{}", client.id), &json!({ "grants": { "banking": "view" } })).await.ok();
    assert_eq!(machine.get(MINE).await.problem(), refusal(403, "missing-privilege"));

    let (client, machine) = app.machine("other", AccessLevel::View).await;
    assert_eq!(app.as_client(&client, REVOKE, &format!("token={}", machine.token())).await.status, 200);
    invalid_token(&machine.get(MINE).await, "revoked");
    let (client, machine) = app.machine("third", AccessLevel::View).await;
    app.delete(&client).await;
    invalid_token(&machine.get(MINE).await, "its client");
}

#[tokio::test]
async fn a_request_says_once_who_calls_and_a_token_stands_in_the_header_alone() {
    let app = App::start().await;
    let (_, machine) = app.machine("deployer", AccessLevel::View).await;
    let owner = app.owner().await;
    let both = owner.clone().with_token(machine.token()).get(MINE).await;
    assert_eq!(both.problem(), refusal(400, "multiple-credentials"));
    assert_eq!(both.header("www-authenticate"), r#"Bearer realm="countersign", error="invalid_request""#);
    let made_up = app.anonymous().with_cookie(format!("{SESSION_COOKIE}=x")).with_token("x").get(MINE).await;
    assert_eq!(made_up.problem(), refusal(400, "multiple-credentials"));
    machine.clone().with_cookie("theme=dark").get(MINE).await.ok();

    let bare = app.anonymous().get(&format!("/v1/clients?access_token={}", machine.token())).await;
    assert_eq!(bare.problem(), refusal(401, "not-signed-in"));
    let challenges = r#"Session realm="countersign", Bearer realm="countersign""#;
    assert_eq!(bare.header("www-authenticate"), challenges);
    for (scheme, status) in [("bearer", 200), ("BEARER", 200), ("Basic", 401), ("Token", 401)] {
        let request = app.request(Method::GET, MINE).header("authorization", format!("{scheme} {}", machine.token()));
        assert_eq!(send(request).await.status, status, "{scheme}");
    }
}

#[tokio::test]
async fn a_machine_is_called_me_and_no_person_is() {
    let app = App::start().await;
    let (client, machine) = app.machine("deployer", AccessLevel::Change).await;
    let shown = machine.get(MINE).await.ok();
    assert_eq!(shown["client_id"], client.id);
    assert_eq!(machine.get(&format!("/v1/clients/{}", client.id)).await.ok(), shown);
    let secrets = machine.get(&format!("{MINE}/secrets")).await.ok();
    let secret_id = secrets["items"][0]["id"].as_str().unwrap();
    assert_eq!(secret_id, client.secret_id().as_str());
    assert_eq!(machine.patch(MINE, &json!({ "name": "Deployer" })).await.ok()["name"], "Deployer");
    assert_eq!(app.last_event(Some("acme")).await.by.actor, Actor::Client(client.client_id()));
    let added = machine.post(&format!("{MINE}/secrets"), &json!({ "label": "next" })).await.made();
    assert_eq!(added["client_id"], client.id);
    let deleted = machine.delete(&format!("{MINE}/secrets/{}", added["id"].as_str().unwrap())).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);

    let owner = app.owner().await;
    for path in [MINE.to_owned(), format!("{MINE}/secrets")] {
        assert_eq!(owner.get(&path).await.problem(), refusal(404, "not-found"), "{path}");
    }
    assert_eq!(machine.get("/v1/clients/@you").await.problem(), refusal(404, "not-found"));
    let secret_called_me = machine.order(&format!("{MINE}/secrets/@me/deactivate")).await;
    assert_eq!(secret_called_me.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn a_machine_sees_and_changes_its_own_organization_alone() {
    let app = App::start().await;
    let (_, machine) = app.machine("deployer", AccessLevel::Change).await;
    app.organization(&app.operator().await, "globex")
        .await
        .post("/v1/clients", &json!({ "key": "a", "name": "a" }))
        .await
        .made();
    machine.get("/v1/clients/wallet-acme-reporting").await.ok();
    for path in ["/v1/clients/wallet-globex-a", "/v1/clients?organization=globex", "/v1/organizations/globex"] {
        assert_eq!(machine.get(path).await.problem(), refusal(404, "not-found"), "{path}");
    }
    let organizations = machine.get("/v1/organizations").await.ok();
    assert_eq!(organizations["items"].as_array().unwrap().len(), 1);
    machine.post("/v1/clients", &json!({ "key": "made-by-machine", "name": "Made" })).await.made();
    let with_grants = json!({ "key": "more", "name": "More", "grants": { "banking": "view" } });
    let refused = machine.post("/v1/clients", &with_grants).await;
    assert_eq!(refused.problem(), refusal(403, "missing-privilege"));
    assert_eq!(refused.header("www-authenticate"), "", "no scope brings it");
    let event = app.last_event(Some("acme")).await;
    assert_eq!(event.what.action, Action::PrivilegeRefused);
    assert!(matches!(event.by.actor, Actor::Client(_)));
}

/// Asks for a token with a secret that an answer showed.
async fn token_with(app: &App, client: &TestClient, shown: &Value) -> Answer {
    let secret = shown["secret"].as_str().unwrap().to_owned();
    app.token(&TestClient { id: client.id.clone(), secret }, "").await
}

#[tokio::test]
async fn a_machine_rotates_its_own_secret_and_needs_no_one_time_password() {
    let app = App::start().await;
    let (client, machine) = app.machine("deployer", AccessLevel::Change).await;
    let made = machine.post(REGENERATE, &json!({ "overlap_seconds": 600, "label": "rotated" })).await.made();
    assert_eq!((&made["client_id"], &made["label"]), (&json!(client.id), &json!("rotated")));
    assert_eq!(made["previous"]["id"], client.secret_id().as_str());
    token_with(&app, &client, &made).await.token();
    let event = app.last_event(Some("acme")).await;
    assert_eq!((event.what.action, event.by.actor), (Action::SecretRegenerated, Actor::Client(client.client_id())));

    // the answer was lost: whoever asks again gets a successor of the successor
    let again = machine.order(REGENERATE).await.made();
    assert_eq!(again["previous"]["id"], made["id"]);
    let named = machine.post(REGENERATE, &json!({ "secret_id": again["id"], "overlap_seconds": 0 })).await.made();
    assert_eq!(token_with(&app, &client, &again).await.refused(), (401, "invalid_client".to_owned()));
    token_with(&app, &client, &named).await.token();

    for (at, works) in [(599, true), (1, false), (1, false)] {
        app.clock.advance(at);
        assert_eq!(app.token(&client, "").await.status.is_success(), works);
    }
    let foreign = app.demo_client().secret_id();
    let refused = machine.post(REGENERATE, &json!({ "secret_id": foreign })).await;
    assert_eq!(refused.problem(), refusal(404, "not-found"));
    let replaced = machine.post(REGENERATE, &json!({ "secret_id": again["id"] })).await;
    assert_eq!(replaced.problem(), refusal(409, "not-regenerable"));
    assert_eq!(machine.post(REGENERATE, &json!({ "overlap": 5 })).await.wrong_fields(), ["overlap"]);
    let person = app.owner().await.post(REGENERATE, &json!({})).await;
    assert_eq!(person.problem(), refusal(403, "missing-privilege"));
}

#[tokio::test]
async fn a_machine_without_a_working_secret_cannot_regenerate_one() {
    let app = App::start().await;
    let (client, machine) = app.machine("deployer", AccessLevel::Change).await;
    app.set_secret_active(&client, false).await;
    assert_eq!(machine.order(REGENERATE).await.problem(), refusal(404, "not-found"));
}

#[tokio::test]
async fn the_management_api_is_a_resource_that_is_always_there_and_stays_as_it_is() {
    let app = App::start().await;
    let operator = app.operator().await;
    let resources = operator.get("/v1/resources").await.ok();
    let items = resources["items"].as_array().unwrap();
    let built_in: Vec<_> = items.iter().filter(|item| item["built_in"] == true).collect();
    let expected = json!({
        "key": "countersign", "name": "Countersign management API", "audience": format!("{}/v1", app.stack.issuer.as_str()),
        "levels": { "view": "countersign/read", "change": "countersign/write" }, "built_in": true, "created_at": null,
    });
    assert_eq!(built_in.len(), 1);
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&built_in[0][name], value, "{name}");
    }
    assert!(items.iter().any(|item| item["key"] == "banking" && item["created_at"].is_string()));
    for body in [
        json!({ "key": "countersign", "name": "x", "levels": { "view": null } }),
        json!({ "key": "other", "name": "x", "audience": format!("{}/v1", app.base), "levels": { "view": null } }),
        json!({ "key": "other", "name": "x", "levels": { "view": "countersign/write" } }),
    ] {
        assert_eq!(operator.post("/v1/resources", &body).await.problem(), refusal(409, "already-exists"), "{body}");
    }
    let body = json!({ "organization": "acme", "key": "a", "name": "a", "grants": { "countersign": "administer" } });
    assert_eq!(operator.post("/v1/clients", &body).await.wrong_fields(), ["grants.countersign"]);
}

#[tokio::test]
async fn nobody_lets_a_machine_do_what_they_may_not_do() {
    let app = App::start().await;
    let privileges = [Privilege::ClientsRead, Privilege::ClientsChange, Privilege::ResourcesAssign];
    let person = app.hire("half@acme.example", Some("acme"), privileges.into()).await;
    let half: Browser = app.signed_in(&person).await;
    let body = |key: &str, level: &str| json!({ "key": key, "name": key, "grants": { "countersign": level } });
    half.post("/v1/clients", &body("viewer", "view")).await.made();
    let refused = half.post("/v1/clients", &body("changer", "change")).await;
    assert_eq!(refused.problem(), refusal(403, "missing-privilege"));
    assert!(refused.text.contains("secrets:manage"), "{}", refused.text);
    let raised = half.patch("/v1/clients/wallet-acme-viewer", &json!({ "grants": { "countersign": "change" } })).await;
    assert_eq!(raised.problem(), refusal(403, "missing-privilege"));
    app.administrator().await.post("/v1/clients", &body("changer", "change")).await.made();
}

#[tokio::test]
async fn a_key_that_was_published_after_the_start_is_read_and_one_that_is_gone_is_refused() {
    let app = App::start().await;
    let (client, machine) = app.machine("deployer", AccessLevel::View).await;
    machine.get(MINE).await.ok();
    let secrets_manager = app.stack.aws.secrets_manager();
    let vault = Vault::new(secrets_manager.clone());
    let fresh = KeySet::generate(SigningAlgorithm::EdDsa, app.now()).unwrap();
    vault.publish(JWKS_SECRET, &fresh).await.unwrap();
    let stored = fresh.to_json();
    secrets_manager.put_secret_value().secret_id(KEY_SET_SECRET).secret_string(stored.as_str()).send().await.unwrap();
    app.clock.advance(300);
    let new = app.token(&client, "").await.token();
    assert_eq!(parts(&new).0["kid"], fresh.current.kid());
    app.anonymous().with_token(&new).get(MINE).await.ok();
    invalid_token(&machine.get(MINE).await, "unknown key");
}

#[tokio::test]
async fn a_dropped_key_no_longer_opens_the_management_api() {
    let app = App::start().await;
    let (_, machine) = app.machine("deployer", AccessLevel::View).await;
    machine.get(MINE).await.ok();
    let leaked = parts(machine.token()).0["kid"].as_str().unwrap().to_owned();
    let by = Attribution {
        actor: Actor::System,
        source: None,
        request_id: RequestId::random(&mut entropy::os_rng()),
        at: app.now(),
    };
    app.stack.key_rotation.drop_keys(&[leaked].into(), &app.stack.trail, &by).await.unwrap();
    app.clock.advance(300);
    invalid_token(&machine.get(MINE).await, "unknown key");
}

#[tokio::test]
async fn without_published_keys_people_go_on_and_machines_are_told_to_wait() {
    let app = App::start().await;
    let (_, machine) = app.machine("deployer", AccessLevel::View).await;
    let secrets_manager = app.stack.aws.secrets_manager();
    secrets_manager.put_secret_value().secret_id(JWKS_SECRET).secret_string("torn").send().await.unwrap();
    let answer = machine.get(MINE).await;
    assert_eq!(answer.problem(), refusal(503, "unavailable"));
    assert_eq!(answer.header(header::RETRY_AFTER.as_str()), "1");
    app.owner().await.get("/v1/clients").await.ok();
    let keys = Vault::new(secrets_manager.clone()).key_set(KEY_SET_SECRET).await.unwrap();
    Vault::new(secrets_manager).publish(JWKS_SECRET, &keys).await.unwrap();
    app.clock.advance(1);
    machine.get(MINE).await.ok();
}

#[tokio::test]
async fn a_scope_that_was_not_asked_for_brings_nothing() {
    let app = App::start().await;
    let grants = vec![("countersign", AccessLevel::Change), ("banking", AccessLevel::View)];
    let client = app.client_with("deployer", ClientOptions { grants, ..Default::default() }).await;
    let with = async |more: &str| app.anonymous().with_token(&app.token(&client, more).await.token());
    let narrow = with("scope=countersign/read").await;
    narrow.get(MINE).await.ok();
    let refused = narrow.patch(MINE, &json!({ "name": "x" })).await;
    assert_eq!(refused.problem(), refusal(403, "missing-privilege"));
    let challenge = r#"Bearer realm="countersign", error="insufficient_scope", scope="countersign/write""#;
    assert_eq!(refused.header("www-authenticate"), challenge);
    with("").await.patch(MINE, &json!({ "name": "x" })).await.ok();
    let audience = format!("resource={}/v1", app.base);
    with(&audience).await.patch(MINE, &json!({ "name": "y" })).await.ok();
    invalid_token(&with("scope=banking/read").await.get(MINE).await, "another audience");
}

#[tokio::test]
async fn obtaining_a_machines_secret_needs_the_machines_privileges() {
    let app = App::start().await;
    let (client, _) = app.machine("automatic", AccessLevel::Change).await;
    let owner = app.owner().await;
    let revealable = json!({ "settings": { "custody": "revealable" } });
    owner.patch("/v1/organizations/acme", &revealable).await.ok();
    let secrets = format!("/v1/clients/{}/secrets", client.id);
    let added = owner.post(&secrets, &json!({})).await.made()["id"].as_str().unwrap().to_owned();
    let manager = app.credential_manager().await;
    for path in [secrets.clone(), format!("{secrets}/{added}/regenerate"), format!("{secrets}/{added}/reveal")] {
        let answer = manager.post(&path, &json!({})).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{path}");
        assert!(answer.text.contains("clients:change"), "{}", answer.text);
        assert_eq!(app.last_event(Some("acme")).await.what.action, Action::PrivilegeRefused);
    }
    assert_eq!(manager.order(&format!("{secrets}/{added}/deactivate")).await.status, 200, "the brake is theirs");
    assert_eq!(manager.order(&format!("{secrets}/{added}/reactivate")).await.status, 403);
    // where a machine only looks, it brings what they have
    let (reader, _) = app.machine("reader", AccessLevel::View).await;
    manager.post(&format!("/v1/clients/{}/secrets", reader.id), &json!({})).await.made();
}
