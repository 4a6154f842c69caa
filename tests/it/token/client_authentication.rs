//! Client authentication (RFC 6749 sections 2.3.1 and 5.2, appendix B).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::header;
use shared::domain::client::secrets::NewSecret;
use shared::domain::time::{Expiry, plus_seconds};

use crate::support::answer::send;
use crate::support::app::{App, INTROSPECT, REVOKE, START, TOKEN};
use crate::support::clients::{ClientOptions, TestClient};
use crate::support::encoding::escaped;

const GRANT: &str = "grant_type=client_credentials";

fn in_body(client: &TestClient) -> String {
    format!("client_id={}&client_secret={}", escaped(&client.id), escaped(&client.secret))
}

#[tokio::test]
async fn a_raw_pair_an_escaped_pair_and_body_credentials_all_get_a_token() {
    let app = App::start().await;
    let client = app.demo_client();
    app.token(&client, "").await.token();
    for scheme in ["Basic", "basic", "BASIC"] {
        let pair = STANDARD.encode(format!("{}:{}", escaped(&client.id), escaped(&client.secret)));
        let request = app.raw(TOKEN, GRANT).header(header::AUTHORIZATION, format!("{scheme} {pair}"));
        send(request).await.token();
    }
    app.form(TOKEN, &format!("{GRANT}&{}", in_body(&client))).await.token();
}

#[tokio::test]
async fn a_malformed_basic_header_is_refused_and_never_an_error_of_ours() {
    let app = App::start().await;
    let client = app.demo_client();
    let encoded = |pair: &[u8]| format!("Basic {}", STANDARD.encode(pair));
    let headers = [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic %%%".to_owned(),
        "Basic Zm9v=".to_owned(),
        encoded(b"no-colon"),
        encoded(b"%zz:%zz"),
        encoded(b"a%:b"),
        encoded(b"\xff\xfe:\xff"),
        encoded(b"%FF:x"),
        encoded(b"a\x00b:c"),
        encoded(b"a%0Ab:c%0D"),
        encoded(format!("{}:%00{}", client.id, client.secret).as_bytes()),
        encoded(b":"),
        encoded(format!("{}:", client.id).as_bytes()),
        encoded(format!(":{}", client.secret).as_bytes()),
        encoded(&[b'a'; 6_000]),
        "Negotiate abc".to_owned(),
        format!("Bearer {}", client.secret),
    ];
    for value in headers {
        for path in [TOKEN, INTROSPECT, REVOKE] {
            let answer = send(app.raw(path, &format!("{GRANT}&token=x")).header(header::AUTHORIZATION, &value)).await;
            let (status, error) = answer.refused();
            let expected = [(400, "invalid_request"), (401, "invalid_client")];
            assert!(expected.contains(&(status, &error)), "{value}: {status} {error}");
        }
    }
}

#[tokio::test]
async fn more_than_one_mechanism_is_an_invalid_request() {
    let app = App::start().await;
    let client = app.demo_client();
    let invalid = (400, "invalid_request".to_owned());
    let both = app.token(&client, &in_body(&client)).await;
    assert_eq!(both.refused(), invalid);
    let assertion = app.token(&client, "client_assertion_type=x&client_assertion=y").await;
    assert_eq!(assertion.refused(), invalid);
    let in_body_twice = app.form(TOKEN, &format!("{GRANT}&{}&client_assertion=y", in_body(&client))).await;
    assert_eq!(in_body_twice.refused(), invalid);
    let request = app.raw(TOKEN, GRANT).basic_auth(&client.id, Some(&client.secret));
    let header_twice = send(request.header(header::AUTHORIZATION, "Basic YTpi")).await;
    assert_eq!(header_twice.refused(), invalid);
}

#[tokio::test]
async fn what_is_not_supported_is_named_and_not_called_missing() {
    let app = App::start().await;
    let body = format!("{GRANT}&{}", in_body(&app.demo_client()));
    let not_basic = "The Authorization header is not Basic: use client_secret_basic, or client_secret_post without the \
                     header.";
    for foreign in ["Bearer x", "Digest x", ""] {
        let answer = send(app.raw(TOKEN, &body).header(header::AUTHORIZATION, foreign)).await;
        assert_eq!(answer.refused(), (401, "invalid_client".to_owned()), "{foreign:?}");
        assert_eq!(answer.json()["error_description"], not_basic, "{foreign:?}");
    }
    let assertion = app.form(TOKEN, &format!("{GRANT}&client_assertion_type=x&client_assertion=y")).await;
    assert_eq!(assertion.refused(), (401, "invalid_client".to_owned()));
    let said = assertion.json()["error_description"].as_str().unwrap().to_owned();
    assert!(said.starts_with("A client_assertion is not supported"), "{said}");
    let nothing = app.form(TOKEN, GRANT).await;
    let said = nothing.json()["error_description"].as_str().unwrap().to_owned();
    assert!(said.starts_with("Client authentication is missing"), "{said}");
}

#[tokio::test]
async fn an_equal_client_id_beside_the_header_is_fine_and_a_different_one_is_not() {
    let app = App::start().await;
    let client = app.demo_client();
    app.token(&client, &format!("client_id={}", client.id)).await.token();
    let other = app.token(&client, "client_id=wallet-acme-legacy-import").await;
    assert_eq!(other.refused(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn the_same_pair_in_header_and_body_is_tolerated_only_where_the_deployment_says_so() {
    let app = App::with(|configuration| configuration.tolerate_duplicate_credentials = true).await;
    let client = app.demo_client();
    app.token(&client, &in_body(&client)).await.token();
    let differing = app.token(&client, &in_body(&client.with_wrong_secret())).await;
    assert_eq!(differing.refused(), (400, "invalid_request".to_owned()));
    let secret_alone = app.token(&client, &format!("client_secret={}", client.secret)).await;
    assert_eq!(secret_alone.refused(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn one_parser_serves_token_introspection_and_revocation() {
    let app = App::start().await;
    let client = app.demo_client();
    for path in [TOKEN, INTROSPECT, REVOKE] {
        let form = format!("{GRANT}&token=x");
        let by_header = app.as_client(&client, path, &form).await;
        let by_body = app.form(path, &format!("{form}&{}", in_body(&client))).await;
        assert_eq!((by_header.status.as_u16(), by_body.status.as_u16()), (200, 200), "{path}");
        let wrong = app.as_client(&client.with_wrong_secret(), path, &form).await;
        assert_eq!(wrong.refused(), (401, "invalid_client".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_failure_is_401_and_says_how_to_authenticate() {
    let app = App::start().await;
    let wrong = app.demo_client().with_wrong_secret();
    let by_header = app.token(&wrong, "").await;
    assert_eq!(by_header.refused(), (401, "invalid_client".to_owned()));
    assert!(by_header.header("www-authenticate").starts_with("Basic "), "{by_header:?}");
    let by_body = app.form(TOKEN, &format!("{GRANT}&{}", in_body(&wrong))).await;
    assert_eq!(by_body.refused(), (401, "invalid_client".to_owned()));
    let nothing = app.form(TOKEN, GRANT).await;
    assert_eq!(nothing.refused(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn unknown_disabled_deleted_and_wrong_look_the_same() {
    let app = App::start().await;
    let (disabled, deleted, off) = (app.client("disabled").await, app.client("deleted").await, app.client("off").await);
    let wrong = app.client("wrong").await;
    app.set_enabled(&disabled, false).await;
    app.delete(&deleted).await;
    app.set_secret_active(&off, false).await;
    let unknown = wrong.with_id("wallet-acme-unknown");
    let expected = app.token(&unknown, "").await;
    assert_eq!(expected.refused(), (401, "invalid_client".to_owned()));
    for client in [&disabled, &deleted, &off, &wrong.with_wrong_secret(), &off.with_id(&wrong.id)] {
        let answer = app.token(client, "").await;
        assert_eq!((answer.status, &answer.text), (expected.status, &expected.text), "{}", client.id);
    }
}

#[tokio::test]
async fn only_a_secret_that_matched_learns_that_something_has_expired() {
    let app = App::start().await;
    let start: Timestamp = START.parse().unwrap();
    let soon = plus_seconds(start, 3_600);
    let client = app.client_with("short", ClientOptions { expires_at: Some(soon), ..Default::default() }).await;
    let lasting = app.client("lasting").await;
    let expiring = NewSecret { expiry: Expiry::At(soon), ..Default::default() };
    let expiring = app.add_secret(&lasting, expiring).await;
    app.clock.advance(3_600);
    let description = async |client: &TestClient| {
        let answer = app.token(client, "").await;
        assert_eq!(answer.refused(), (401, "invalid_client".to_owned()));
        answer.json()["error_description"].as_str().unwrap().to_owned()
    };
    assert_eq!(description(&client).await, "The client has expired.");
    assert_eq!(description(&client.with_wrong_secret()).await, "Client authentication failed.");
    assert_eq!(description(&expiring).await, "The client secret has expired.");
    assert_eq!(description(&expiring.with_wrong_secret()).await, "Client authentication failed.");
    app.token(&lasting, "").await.token();
}

#[tokio::test]
async fn a_secret_works_from_its_not_before_until_the_very_second_of_its_expiry() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let start: Timestamp = START.parse().unwrap();
    let new = NewSecret {
        not_before: Some(plus_seconds(start, 60)),
        expiry: Expiry::At(plus_seconds(start, 120)),
        ..Default::default()
    };
    let secret = app.add_secret(&client, new).await;
    let mut seen = Vec::new();
    for (advance, at) in [(59, 59), (1, 60), (1, 61), (58, 119), (1, 120), (1, 121)] {
        app.clock.advance(advance);
        seen.push((at, app.token(&secret, "").await.status.as_u16()));
    }
    assert_eq!(seen, [(59, 401), (60, 200), (61, 200), (119, 200), (120, 401), (121, 401)]);
}

#[tokio::test]
async fn overlapping_secrets_work_on_their_own_and_deleting_one_touches_no_other() {
    let app = App::start().await;
    let first = app.client("billing").await;
    let second = app.add_secret(&first, NewSecret::default()).await;
    let third = app.add_secret(&first, NewSecret::default()).await;
    for secret in [&first, &second, &third] {
        app.token(secret, "").await.token();
    }
    app.delete_secret(&second).await;
    assert_eq!(app.token(&second, "").await.status, 401);
    app.token(&first, "").await.token();
    app.token(&third, "").await.token();
}

#[tokio::test]
async fn disable_delete_and_deactivate_count_at_the_very_next_request() {
    let app = App::start().await;
    let client = app.client("billing").await;
    app.token(&client, "").await.token();
    app.set_secret_active(&client, false).await;
    assert_eq!(app.token(&client, "").await.status, 401);
    app.set_secret_active(&client, true).await;
    app.token(&client, "").await.token();
    app.set_enabled(&client, false).await;
    assert_eq!(app.token(&client, "").await.status, 401);
    app.set_enabled(&client, true).await;
    app.token(&client, "").await.token();
    app.delete(&client).await;
    assert_eq!(app.token(&client, "").await.status, 401);
}

#[tokio::test]
async fn argon2_runs_once_a_secret_and_never_for_what_cannot_match() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let runs = || app.stack.token_endpoint.hasher.runs();
    let before = runs();
    for _ in 0..3 {
        app.token(&client, "").await.token();
    }
    assert_eq!(runs() - before, 1);
    let mut typo = client.clone();
    typo.secret.push('x');
    let other = app.client("other").await;
    for cannot_match in [client.with_id("wallet-acme-unknown"), typo, other.with_id(&client.id)] {
        assert_eq!(app.token(&cannot_match, "").await.status, 401);
    }
    assert_eq!(runs() - before, 1);
    assert_eq!(app.token(&client.with_wrong_secret(), "").await.status, 401);
    assert_eq!(runs() - before, 2);
}

#[tokio::test]
async fn an_overlong_body_or_secret_is_cut_off_before_any_hash() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let before = app.stack.token_endpoint.hasher.runs();
    let body = app.token(&client, &format!("x={}", "a".repeat(16 * 1024))).await;
    assert_eq!(body.refused(), (413, "invalid_request".to_owned()));
    let secret = TestClient { id: client.id.clone(), secret: "a".repeat(513) };
    assert_eq!(app.token(&secret, "").await.refused(), (401, "invalid_client".to_owned()));
    assert_eq!(app.stack.token_endpoint.hasher.runs(), before);
}

#[tokio::test]
async fn failures_are_limited_and_the_clients_own_secret_still_works_where_it_was_verified() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let other = app.client("other").await;
    app.token(&client, "").await.token();
    let wrong = client.with_wrong_secret();
    let mut statuses = Vec::new();
    for _ in 0..22 {
        statuses.push(app.token(&wrong, "").await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[19], statuses[20], statuses[21]), (401, 401, 429, 429));
    let limited = app.token(&wrong, "").await;
    assert_eq!(limited.refused(), (429, "temporarily_unavailable".to_owned()));
    let retry_after: i64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=300).contains(&retry_after));
    app.token(&client, "").await.token();
    app.token(&other, "").await.token();
    app.clock.advance(retry_after);
    assert_eq!(app.token(&wrong, "").await.status, 401);
}

#[tokio::test]
async fn an_unknown_client_is_limited_like_a_known_one() {
    let app = App::start().await;
    let unknown = app.demo_client().with_id("wallet-acme-unknown");
    for _ in 0..20 {
        assert_eq!(app.token(&unknown, "").await.status, 401);
    }
    assert_eq!(app.token(&unknown, "").await.status, 429);
}

#[tokio::test]
async fn the_last_use_of_a_secret_is_written_once_an_hour_with_its_network() {
    let app = App::start().await;
    let client = app.client("billing").await;
    let used = async || {
        app.registration(&client).await.secrets[0].last_used.clone().map(|used| (used.at.to_string(), used.network))
    };
    assert_eq!(used().await, None);
    app.token(&client, "").await.token();
    app.clock.advance(3_599);
    app.token(&client, "").await.token();
    assert_eq!(used().await, Some((START.to_owned(), "127.0.0.0/24".to_owned())));
    app.clock.advance(1);
    app.token(&client, "").await.token();
    assert_eq!(used().await.unwrap().0, "2026-03-01T13:00:00Z");
}

#[tokio::test]
async fn a_match_is_hashed_again_with_the_present_parameters() {
    use shared::domain::secret::SecretPlaintext;
    use shared::keys::hashing::HashParameters;

    let app = App::start().await;
    let client = app.client("billing").await;
    let plaintext = SecretPlaintext::parse(&client.secret).ok().unwrap();
    let old = &app.registration(&client).await.secrets[0].verifier.clone();
    let parameters = HashParameters::new(2_048, 1, 1).unwrap();
    let heavier = app.stack.hasher.hash(plaintext.expose(), parameters).await.unwrap();
    app.stack.clients.rehash(&client.client_id(), plaintext.id(), old, &heavier).await.unwrap();
    app.token(&client, "").await.token();
    let stored = app.registration(&client).await.secrets[0].verifier.clone();
    assert!(stored.as_phc().contains("m=1024,t=1,p=1"), "{}", stored.as_phc());
    app.token(&client, "").await.token();
}
