//! Every route, without a session, without the privilege, from another site and from another organization.

use management_api::{Access, ResponseHeader, Route, routes};
use reqwest::{Method, header};
use shared::domain::event::{Action, Actor, Target};
use shared::domain::privilege::Privilege;
use shared::domain::resource::AccessLevel;

use crate::management::routes::samples::{Fixture, name, person};
use crate::support::answer::{Answer, refusal, send};
use crate::support::app::App;
use crate::support::people::{CODE_SECONDS, SESSION};

#[tokio::test]
async fn every_route_works_for_an_operator_and_changes_only_for_a_page_of_this_origin() {
    let app = App::start().await;
    let mut operator = app.operator().await;
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let siblings = [("origin", "null"), ("sec-fetch-site", "same-site")];
    for (number, route) in routes().iter().enumerate().filter(|(_, route)| route.access.is_for_people()) {
        let sample = Fixture::fresh(&app, &operator, &person(&app), number).await.sample(route);
        // what says nothing is no browser, and carries no cookie that a browser would send along
        let silence: &[&[(&str, &str)]] = if route.access == Access::Public { &[] } else { &[&[]] };
        for headers in silence.iter().copied().chain([&elsewhere[..], &elsewhere[..1], &elsewhere[1..], &siblings[..]])
        {
            let answer = sample.send(route, &operator, headers).await;
            if route.method == Method::GET {
                assert!(answer.status.is_success(), "{}: {headers:?}", name(route));
            } else {
                assert_eq!(answer.problem(), refusal(403, "cross-origin"), "{}: {headers:?}", name(route));
            }
        }
        let answer = sample.send(route, &operator, &[("sec-fetch-site", "same-origin")]).await;
        assert!(answer.status.is_success(), "{}: {} {}", name(route), answer.status, answer.text);
        let named = [ResponseHeader::ETag, ResponseHeader::Location, ResponseHeader::Link, ResponseHeader::SetCookie]
            .into_iter();
        let sent: Vec<_> = named.filter(|sent| !answer.header(sent.name()).is_empty()).collect();
        assert_eq!(
            sent,
            route.headers.iter().copied().filter(|sent| *sent != ResponseHeader::Link).collect::<Vec<_>>(),
            "{}",
            name(route)
        );
        if route.path.starts_with("/v1/") {
            assert_eq!(answer.header("cache-control"), "no-store", "{}", name(route));
        }
        assert!(answer.header("x-request-id").starts_with("req_"), "{}", name(route));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", name(route));
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{}", name(route));
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{}", name(route));
        if operator.get(SESSION).await.status == 401 {
            // a step-up may have used the next code already
            app.clock.advance(2 * CODE_SECONDS);
            operator = app.operator().await;
        }
    }
}

/// What a machine with a level gets: nothing that is for people, and of the rest what its level brings.
#[track_caller]
fn check_answer_to_machine(route: &Route, level: AccessLevel, answer: &Answer) {
    let challenge = answer.header("www-authenticate");
    // what is collected takes the privileges of the change, which the route does not know
    let needed = if route.path.ends_with("/collect") { Some(AccessLevel::Change) } else { route.access.level() };
    match needed {
        None => {
            assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(route));
            assert_eq!(challenge, "", "{}: no scope brings it", name(route));
        }
        Some(needed) if level < needed => {
            assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(route));
            let expected = r#"Bearer realm="countersign", error="insufficient_scope", scope="countersign/write""#;
            assert_eq!(challenge, expected, "{}", name(route));
        }
        Some(_) => assert!(answer.status.is_success(), "{}: {} {}", name(route), answer.status, answer.text),
    }
}

#[tokio::test]
async fn every_route_answers_a_machine_as_the_table_says_wherever_the_request_seems_to_come_from() {
    let app = App::start().await;
    let operator = app.operator().await;
    let stranger = app.anonymous().with_token(&app.token(&app.demo_client(), "").await.token());
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    let routes = routes();
    let (mut number, mut refused, mut open) = (0, 0, 0);
    for level in [AccessLevel::View, AccessLevel::Change] {
        let (client, machine) = app.machine(&format!("machine-{}", level.as_str()), level).await;
        let fresh = async |number| {
            let fixture = Fixture::fresh(&app, &operator, &person(&app), number).await;
            fixture.with_requests_of(&app, &client.client_id(), level).await
        };
        let mut fixture = fresh(number).await;
        for route in routes.iter().filter(|route| route.access != Access::Public) {
            number += 1;
            let sample = fixture.sample(route);
            let answer = sample.send(route, &stranger, &[]).await;
            assert_eq!(answer.problem(), refusal(401, "invalid-token"), "{}", name(route));
            let answer = sample.send(route, &machine, if number % 2 == 0 { &elsewhere } else { &[] }).await;
            check_answer_to_machine(route, level, &answer);
            if answer.status == 403 {
                refused += 1;
                let event = app.last_event(Some("acme")).await;
                assert_eq!(
                    (event.what.action, event.what.target),
                    (Action::PrivilegeRefused, Target::Route(name(route)))
                );
                assert!(matches!(event.by.actor, Actor::Client(_)), "{}", name(route));
            } else {
                open += 1;
                if route.method != Method::GET {
                    fixture = fresh(number).await;
                }
            }
        }
    }
    assert!(refused >= 20 && open >= 20, "{refused} {open}");
}

#[test]
fn routes_for_people_are_closed_to_machines() {
    let open: Vec<_> = routes().into_iter().filter(|route| route.access.is_for_machines()).collect();
    for route in &open {
        let for_people = ["reveal", "approve", "reject", "administrators", "invitation", "account", "audit", "session"];
        assert!(!for_people.iter().any(|word| route.path.contains(word)), "{}", name(route));
        assert!(!route.path.contains("organization") || route.method == Method::GET, "{}", name(route));
    }
    assert!(open.len() >= 15, "{}", open.len());
}

#[tokio::test]
async fn without_a_session_no_route_but_the_public_ones_answers() {
    let app = App::start().await;
    let anonymous = app.anonymous();
    let made_up = app.anonymous().with_cookie(format!("{}={}", management_api::SESSION_COOKIE, "A".repeat(43)));
    let fixture = Fixture::fresh(&app, &app.operator().await, &person(&app), 0).await;
    let (public, others): (Vec<_>, Vec<_>) = routes().into_iter().partition(|route| route.access == Access::Public);
    for route in &others {
        let sample = fixture.sample(route);
        for headers in [&[("origin", app.origin.as_str())][..], &[]] {
            let answer = sample.send(route, &anonymous, headers).await;
            assert_eq!(answer.problem(), refusal(401, "not-signed-in"), "{}", name(route));
            assert!(!answer.header("www-authenticate").is_empty(), "{}", name(route));
        }
        let answer = sample.send(route, &made_up, &[("origin", &app.origin)]).await;
        assert_eq!(answer.problem(), refusal(401, "session-ended"), "{}", name(route));
    }
    let expected = [
        "GET /docs",
        "GET /docs/style.css",
        "GET /docs/errors",
        "GET /openapi.json",
        "GET /console",
        "GET /console/",
        "GET /console/{version}/{file}",
        "POST /v1/session",
        "POST /v1/invitation",
        "POST /v1/invitation/accept",
    ];
    assert_eq!(public.iter().map(name).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn without_its_privilege_no_route_answers_and_each_refusal_is_in_the_trail() {
    let app = App::start().await;
    let fixture = Fixture::fresh(&app, &app.operator().await, &person(&app), 0).await;
    let somebody = app.hire("somebody@acme.example", Some("acme"), Privilege::ALL.into()).await;
    let browser = app.signed_in(&somebody).await;
    for route in routes().into_iter().filter(|route| route.access.is_for_people()) {
        let Some(needed) = route.access.privilege() else { continue };
        let all_others = Privilege::ALL.into_iter().filter(|privilege| *privilege != needed);
        app.set_privileges(&somebody, all_others.collect()).await;
        let before = app.events(Some("acme")).await.len();
        let answer = fixture.sample(&route).send(&route, &browser, &[("origin", &app.origin)]).await;
        assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(&route));
        assert!(answer.json()["detail"].as_str().unwrap().contains(needed.as_str()), "{}", answer.text);
        let events = app.events(Some("acme")).await;
        assert_eq!(events.len(), before + 1, "{}", name(&route));
        let refused = events.last().unwrap();
        let target = Target::Route(name(&route));
        assert_eq!((refused.what.action, &refused.what.target), (Action::PrivilegeRefused, &target));
        assert_eq!(refused.by.request_id.as_str(), answer.header("x-request-id"));
    }
}

#[tokio::test]
async fn another_organizations_things_are_not_found() {
    let app = App::start().await;
    let operator = app.operator().await;
    let stranger = app.organization(&operator, "globex").await;
    let fixture = Fixture::fresh(&app, &operator, &person(&app), 0).await;
    let mut foreign = 0;
    for route in routes().into_iter().filter(|route| route.access.is_for_people()) {
        let Some(needed) = route.access.privilege() else { continue };
        let sample = fixture.sample(&route);
        let answer = sample.send(&route, &stranger, &[("origin", &app.origin)]).await;
        if needed == Privilege::PlatformOperate {
            assert_eq!(answer.problem(), refusal(403, "missing-privilege"), "{}", name(&route));
        } else if sample.is_about_acme() {
            foreign += 1;
            assert_eq!(answer.problem(), refusal(404, "not-found"), "{}", name(&route));
        } else {
            assert!(!answer.ok().to_string().contains("acme"), "{}: {}", name(&route), answer.text);
        }
    }
    assert!(foreign >= 20, "{foreign}");
    let refused = app.count_events(Some("acme"), Action::PrivilegeRefused).await;
    assert_eq!(refused, 0, "a stranger's failures stand in the stranger's trail");
}

#[tokio::test]
async fn a_foreign_client_and_a_missing_one_answer_alike() {
    let app = App::start().await;
    let stranger = app.organization(&app.operator().await, "globex").await;
    let alike = async |there: &str, nowhere: &str| {
        let without_id = |answer: Answer| {
            assert_eq!(answer.problem(), refusal(404, "not-found"));
            let mut problem = answer.json();
            problem["request_id"].take();
            problem
        };
        assert_eq!(without_id(stranger.get(there).await), without_id(stranger.get(nowhere).await));
    };
    alike("/v1/clients/wallet-acme-reporting", "/v1/clients/wallet-acme-nothing").await;
    alike("/v1/organizations/acme", "/v1/organizations/nothing").await;
    alike("/v1/clients?organization=acme", "/v1/clients?organization=nothing").await;
}

#[tokio::test]
async fn an_operator_without_the_operators_privilege_reaches_no_organization() {
    let app = App::start().await;
    let all_but_one = Privilege::ALL.into_iter().filter(|privilege| *privilege != Privilege::PlatformOperate);
    let person = app.hire("former@platform.example", None, all_but_one.collect()).await;
    let former = app.signed_in(&person).await;
    for path in ["/v1/clients/wallet-acme-reporting", "/v1/organizations/acme", "/v1/clients?organization=acme"] {
        assert_eq!(former.get(path).await.problem(), refusal(404, "not-found"), "{path}");
    }
    assert_eq!(former.get("/v1/organizations").await.wrong_fields(), ["organization"]);
}

#[tokio::test]
async fn head_answers_where_get_does() {
    let app = App::start().await;
    let owner = app.owner().await;
    for path in ["/docs/errors", "/v1/session", "/v1/clients", "/v1/clients/wallet-acme-reporting"] {
        let answer = send(owner.request(Method::HEAD, path)).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{path}");
    }
    let anonymous = send(app.anonymous().request(Method::HEAD, "/v1/clients").header(header::ACCEPT, "*/*")).await;
    assert_eq!(anonymous.status, 401);
}
